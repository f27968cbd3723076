//! Convolutions and pools, on sequences and images.

use downhill_autodiff::rules::convolution::{Convolution, TransposedConvolution};
use downhill_autodiff::rules::elementwise::{Elementwise, Gelu, Identity, Relu, Tanh};
use downhill_autodiff::rules::pool::{MaxPool, MeanPool};
use downhill_autodiff::rules::resize::Resize;
use downhill_autodiff::tensor::Threads;
use downhill_autodiff::tensor::kernel::{Interpolation, Span, Window};
use downhill_autodiff::{Rule, Shape, Tape, Tensor};

use crate::draw::Draw;
use crate::{Row, kinked, smooth};

/// A window, and the length of an axis that it fits at least once.
fn window(draw: &mut Draw, tap: bool) -> (Window, usize) {
    if tap {
        return (Window::default(), 1);
    }
    let window = Window {
        kernel: 1 + draw.below(3),
        stride: 1 + draw.below(3),
        dilation: 1 + draw.below(2),
        before: draw.below(3),
        after: draw.below(3),
    };
    let least = window.span().unwrap().saturating_sub(window.before + window.after).max(1);
    (window, least + draw.below(4))
}

/// The windows, and the size of what they slide over; of a sequence half of the time.
fn windows(draw: &mut Draw) -> (bool, [Window; 2], [usize; 2]) {
    let is_sequence = draw.chance();
    let ((down, height), (across, width)) = (window(draw, is_sequence), window(draw, false));
    (is_sequence, [down, across], [height, width])
}

/// `[a, b, height, width]`, without the height of a sequence.
pub(crate) fn stack(is_sequence: bool, [a, b]: [usize; 2], [height, width]: [usize; 2]) -> Shape {
    if is_sequence { [a, b, width].into() } else { [a, b, height, width].into() }
}

/// The number of groups, and of the channels of each in and out: some depthwise.
fn groups(draw: &mut Draw) -> [usize; 3] {
    if draw.chance() { [1 + draw.below(3), 1, 1] } else { [1 + draw.below(2), draw.below(3), draw.below(4)] }
}

fn convolution<F>(activation: F) -> impl Fn(&mut Draw) -> (Convolution<F>, Vec<Tensor<f64>>)
where
    F: Elementwise<f64>,
{
    move |draw| {
        let (is_sequence, windows, size) = windows(draw);
        let ([groups, inputs, outputs], n) = (groups(draw), draw.below(4));
        let kernel = windows.map(|window| window.kernel);
        let mut operands = vec![
            draw.any(stack(is_sequence, [n, groups * inputs], size)),
            draw.any(stack(is_sequence, [groups * outputs, inputs], kernel)),
        ];
        if draw.chance() {
            operands.push(draw.any([groups * outputs]));
        }
        (Convolution { windows, groups, activation }, operands)
    }
}

/// More images than there are parts of a sum.
fn many_images(draw: &mut Draw) -> (Convolution, Vec<Tensor<f64>>) {
    let window = Window { kernel: 2, before: 1, after: 1, ..Window::default() };
    let operands = vec![draw.any([18, 1, 1, 2]), draw.any([1, 1, 2, 2])];
    (Convolution { windows: [window; 2], groups: 1, activation: Identity }, operands)
}

/// Windows of one element each, so many that a plane is taken as the matrix that it is.
fn of_single_pixels(draw: &mut Draw) -> (Convolution, Vec<Tensor<f64>>) {
    let ([groups, inputs, outputs], n) = (groups(draw), draw.below(3));
    let mut operands = vec![draw.any([n, groups * inputs, 4, 9]), draw.any([groups * outputs, inputs, 1, 1])];
    if draw.chance() {
        operands.push(draw.any([groups * outputs]));
    }
    (Convolution { windows: [Window::default(); 2], groups, activation: Identity }, operands)
}

fn transposed(draw: &mut Draw) -> (TransposedConvolution, Vec<Tensor<f64>>) {
    let is_sequence = draw.chance();
    let mut axis = |tap| {
        let (window, _) = window(draw, tap);
        let more = draw.below(window.stride.max(window.dilation));
        let count = (1..).find(|&count| window.transposed(count, more).is_some()).unwrap();
        (window, more, if tap { 1 } else { count + draw.below(3) })
    };
    let ((down, below, height), (across, beside, width)) = (axis(is_sequence), axis(false));
    let ([groups, inputs, outputs], n) = (groups(draw), draw.below(4));
    let kernel = [down.kernel, across.kernel];
    let mut operands = vec![
        draw.any(stack(is_sequence, [n, groups * inputs], [height, width])),
        draw.any(stack(is_sequence, [groups * inputs, outputs], kernel)),
    ];
    if draw.chance() {
        operands.push(draw.any([groups * outputs]));
    }
    (TransposedConvolution { windows: [down, across], groups, more: [below, beside] }, operands)
}

/// What is pooled along an axis, and its length.
fn span(draw: &mut Draw, tap: bool) -> (Span, usize) {
    if tap {
        return (Span::Sliding(Window::default()), 1);
    }
    if draw.below(3) == 0 {
        return (Span::Adaptive(1 + draw.below(4)), 1 + draw.below(5));
    }
    let kernel = 1 + draw.below(3);
    let (before, after) = (draw.below(kernel), draw.below(kernel));
    let window = Window { kernel, stride: 1 + draw.below(3), dilation: 1, before, after };
    (Span::Sliding(window), kernel.saturating_sub(before + after).max(1) + draw.below(4))
}

fn pool<R>(make: impl Fn(&mut Draw, [Span; 2]) -> R) -> impl Fn(&mut Draw) -> (R, Vec<Tensor<f64>>) {
    move |draw| {
        let is_sequence = draw.chance();
        let ((down, height), (across, width)) = (span(draw, is_sequence), span(draw, false));
        let planes = [draw.below(3), draw.below(3)];
        let [x] = draw.spaced([stack(is_sequence, planes, [height, width])]);
        (make(draw, [down, across]), vec![x])
    }
}

pub(crate) fn rows() -> Vec<Row> {
    vec![
        smooth("convolution", convolution(Identity)),
        smooth("convolution, tanh", convolution(Tanh)),
        smooth("convolution, gelu", convolution(Gelu)),
        kinked("convolution, relu", convolution(Relu)),
        smooth("convolution of many images", many_images),
        smooth("convolution of single pixels", of_single_pixels),
        smooth("transposed convolution", transposed),
        smooth("max_pool", pool(|_, spans| MaxPool { spans })),
        smooth("mean_pool", pool(|draw, spans| MeanPool { spans, count_border: draw.chance() })),
    ]
}

/// Element by element, as the formula says.
fn by_hand(rule: &Convolution, x: &Tensor<f64>, w: &Tensor<f64>, y: Shape) -> Tensor<f64> {
    let (inputs, outputs) = (w.shape()[1], w.shape()[0] / rule.groups);
    let at = |t: &Tensor<f64>, place: [usize; 4]| {
        t.as_slice()[place.iter().zip(&t.shape().strides()).map(|(i, stride)| i * stride).sum::<usize>()]
    };
    Tensor::from_fn(y, |place| {
        let [n, channel, row, column] = [0, 1, 2, 3].map(|axis| place / y.strides()[axis] % y[axis]);
        let mut sum = 0.0;
        for input in 0..inputs {
            for down in 0..w.shape()[2] {
                for across in 0..w.shape()[3] {
                    let on = |window: Window, o: usize, tap: usize, length: usize| {
                        let place = (o * window.stride + tap * window.dilation).checked_sub(window.before);
                        place.filter(|&place| place < length)
                    };
                    let row = on(rule.windows[0], row, down, x.shape()[2]);
                    let column = on(rule.windows[1], column, across, x.shape()[3]);
                    if let (Some(row), Some(column)) = (row, column) {
                        let seen = at(x, [n, channel / outputs * inputs + input, row, column]);
                        sum += seen * at(w, [channel, input, down, across]);
                    }
                }
            }
        }
        sum
    })
}

#[test]
fn convolutions_are_their_formula() {
    for seed in 0..300 {
        let mut draw = Draw::new(&[], seed);
        let (rule, operands) =
            if seed % 10 == 0 { of_single_pixels(&mut draw) } else { convolution(Identity)(&mut draw) };
        let [x, w] = [0, 1].map(|operand| {
            let shape = operands[operand].shape();
            let image = if shape.len() == 3 { [shape[0], shape[1], 1, shape[2]].into() } else { shape };
            operands[operand].clone().reshape(image).unwrap()
        });
        let tape = Tape::new();
        let [vx, vw] = [&x, &w].map(|operand| tape.constant(operand.clone()));
        let y = vx.convolution(vw, None, rule).value().unwrap();
        let expected = by_hand(&rule, &x, &w, y.shape());
        for (got, expected) in y.as_slice().iter().zip(expected.as_slice()) {
            assert!((got - expected).abs() <= 1e-12, "{rule:?} of {} and {}", x.shape(), w.shape());
        }
    }
}

/// That a convolution of images is its formula, and its derivatives are the adjoints: ⟨W ∗ x, g⟩ is linear in x and in W.
fn check(draw: &mut Draw, rule: Convolution, images: [usize; 4], outputs: usize) {
    let w = draw.any([outputs, images[1] / rule.groups, rule.windows[0].kernel, rule.windows[1].kernel]);
    let (x, other_x, other_w) = (draw.any(images), draw.any(images), draw.any(w.shape()));
    let tape = Tape::new();
    let [vx, vw, vx2, vw2] = [&x, &w, &other_x, &other_w].map(|x| tape.variable(x.clone()));
    let y = vx.convolution(vw, None, rule);
    let expected = by_hand(&rule, &x, &w, y.shape());
    for (got, expected) in y.value().unwrap().as_slice().iter().zip(expected.as_slice()) {
        assert!((got - expected).abs() <= 1e-11, "{images:?} {rule:?}");
    }
    let g = draw.any(y.shape());
    let gradients = y.pullback(&g, &mut []).unwrap();
    let dot = |a: &Tensor<f64>, b: &Tensor<f64>| -> f64 {
        a.as_slice().iter().zip(b.as_slice()).map(|(a, b)| a * b).sum()
    };
    for (derivative, other, along) in
        [(vx, &other_x, vx2.convolution(vw, None, rule)), (vw, &other_w, vx.convolution(vw2, None, rule))]
    {
        let got = dot(&gradients.wrt(derivative).unwrap(), other);
        let expected = dot(&along.value().unwrap(), &g);
        assert!((got - expected).abs() <= 1e-10 * dot(&g, &g), "{images:?} {rule:?}: {got}, {expected}");
    }
}

/// Images of so many windows that they are worked on in several blocks.
#[test]
fn large_images_are_sums_of_their_blocks() {
    let mut draw = Draw::new(&[], 3);
    let window = Window { kernel: 3, before: 1, after: 1, ..Window::default() };
    for (images, stride, groups) in
        [([2, 40, 11, 13], 1, 1), ([1, 40, 27, 23], 2, 2), ([3, 1, 120, 111], 1, 1)]
    {
        let windows = [Window { stride, ..window }; 2];
        check(&mut draw, Convolution { windows, groups, activation: Identity }, images, 6);
    }
}

/// Planes so small, of so many channels, that kernels hold windows: backward, too, if there are many of them.
#[test]
fn many_channels_of_small_planes() {
    let mut draw = Draw::new(&[], 8);
    let of = |kernel, stride, dilation| Window {
        kernel,
        stride,
        dilation,
        before: kernel / 2 * dilation,
        after: kernel / 2 * dilation,
    };
    for (images, windows, groups, outputs) in [
        ([1, 32, 4, 4], [of(3, 1, 1); 2], 1, 32),
        ([13, 32, 4, 5], [of(3, 1, 1); 2], 1, 64),
        ([9, 64, 6, 5], [of(3, 1, 1); 2], 2, 64),
        ([14, 64, 8, 8], [of(3, 2, 1); 2], 1, 64),
        ([7, 64, 9, 7], [of(3, 2, 1); 2], 2, 128),
        ([8, 32, 6, 7], [of(3, 1, 2), of(3, 1, 1)], 1, 32),
        ([7, 32, 6, 6], [of(5, 1, 1), of(3, 2, 1)], 1, 32),
        ([40, 32, 1, 9], [Window::default(), of(9, 1, 1)], 1, 32),
        ([6, 33, 9, 4], [Window { after: 0, ..of(3, 1, 1) }, of(3, 3, 1)], 1, 96),
    ] {
        check(&mut draw, Convolution { windows, groups, activation: Identity }, images, outputs);
    }
}

/// Channels alone, whose windows are worked on side by side: rows of every length around that number.
#[test]
fn wide_planes_of_channels_alone() {
    let mut draw = Draw::new(&[], 7);
    for width in 1..45 {
        for (kernel, stride, dilation) in [(1, 1, 1), (2, 1, 1), (3, 1, 1), (3, 1, 2), (3, 2, 1), (5, 1, 1)] {
            let border = (kernel - 1) * dilation;
            let (before, after) = (draw.below(border + 1), border / 2 + draw.below(border + 1));
            let across = Window { kernel, stride, dilation, before, after };
            if across.count(width).is_none() {
                continue;
            }
            let down = Window { kernel: 2, after: draw.below(2), ..Window::default() };
            check(
                &mut draw,
                Convolution { windows: [down, across], groups: 2, activation: Identity },
                [1, 2, 3, width],
                2,
            );
        }
    }
}

/// The value and all derivatives, for threads of this number.
fn bits<R: Rule<f32>>(rule: R, operands: &[Tensor], threads: usize) -> Vec<Tensor> {
    let tape = Tape::new().threads(Threads::new(threads));
    let operands: Vec<_> = operands.iter().map(|x| tape.variable(x.clone())).collect();
    let y = tape.apply(rule, &operands);
    let cotangent = Tensor::from_fn(y.shape(), |i| (i as f32 * 0.7).sin());
    let gradients = y.pullback(&cotangent, &mut []).unwrap();
    let derivatives = operands.iter().map(|&x| gradients.wrt(x).unwrap());
    [y.value().unwrap()].into_iter().chain(derivatives).collect()
}

#[test]
fn the_bits_do_not_depend_on_the_threads() {
    let mut draw = Draw::new(&[], 5);
    let mut any = |shape: &[usize]| draw.any(Shape::new(shape).unwrap()).cast::<f32>();
    let window = Window { kernel: 3, before: 1, after: 1, ..Window::default() };
    let windows = [window; 2];
    let of = |groups| Convolution { windows, groups, activation: Relu };
    let images = [any(&[19, 6, 20, 20]), any(&[8, 6, 3, 3]), any(&[8])];
    let deep = [any(&[20, 8, 16, 16]), any(&[8, 1, 3, 3]), any(&[8])];
    let single = [any(&[1, 16, 40, 40]), any(&[24, 16, 3, 3])];
    let sequences = [any(&[5, 8, 500]), any(&[8, 4, 3]), any(&[8])];
    let flat = Convolution { windows: [Window::default(), window], groups: 2, activation: Relu };
    let back = TransposedConvolution { windows, groups: 2, more: [0; 2] };
    let narrow = [any(&[17, 8, 15, 15]), any(&[8, 3, 3, 3]), any(&[6])];
    let small = [any(&[9, 64, 6, 5]), any(&[64, 32, 3, 3]), any(&[64])];
    let apart = Convolution { windows: [Window { stride: 2, ..window }; 2], groups: 2, activation: Relu };
    let pooled = any(&[9, 7, 40, 40]);
    let halves = [Span::Sliding(Window { kernel: 2, stride: 2, ..Window::default() }); 2];
    for threads in [2, 3, 8] {
        assert_eq!(bits(of(1), &images, 1), bits(of(1), &images, threads));
        assert_eq!(bits(of(8), &deep, 1), bits(of(8), &deep, threads));
        assert_eq!(bits(of(1), &single, 1), bits(of(1), &single, threads));
        assert_eq!(bits(of(2), &small, 1), bits(of(2), &small, threads));
        assert_eq!(bits(apart, &small, 1), bits(apart, &small, threads));
        assert_eq!(bits(flat, &sequences, 1), bits(flat, &sequences, threads));
        assert_eq!(bits(back, &narrow, 1), bits(back, &narrow, threads));
        let pooled = std::slice::from_ref(&pooled);
        let max = MaxPool { spans: halves };
        assert_eq!(bits(max, pooled, 1), bits(max, pooled, threads));
        let mean = MeanPool { spans: [Span::Adaptive(3), Span::Adaptive(7)], count_border: true };
        assert_eq!(bits(mean, pooled, 1), bits(mean, pooled, threads));
        let resize = Resize { to: [33, 90], interpolation: Interpolation::Linear };
        assert_eq!(bits(resize, pooled, 1), bits(resize, pooled, threads));
    }
}

/// Windows that are worked on side by side, with borders and without.
fn side_by_side() -> impl Iterator<Item = (Window, usize)> {
    let of_width = |width: usize| {
        let kernels = 1..=width.min(4);
        let windows = kernels.flat_map(|kernel| {
            let strides = 1..4;
            strides.flat_map(move |stride| (0..kernel).map(move |before| (kernel, stride, before)))
        });
        windows.map(move |(kernel, stride, before)| {
            (Window { kernel, stride, before, ..Window::default() }, width)
        })
    };
    (1..45).flat_map(of_width)
}

/// The places that each window of two lines of a plane of three sees.
fn seen(window: Window, width: usize) -> Vec<Vec<usize>> {
    let Window { kernel, stride, before, .. } = window;
    let count = window.count(width).unwrap();
    let of = |place: usize| {
        let (row, start) = (place / count, place % count * stride);
        let columns = start.saturating_sub(before)..(start + kernel - before).min(width);
        [row, row + 1]
            .into_iter()
            .flat_map(|row| columns.clone().map(move |column| row * width + column))
            .collect()
    };
    (0..2 * count).map(of).collect()
}

#[test]
fn the_largest_of_wide_planes() {
    let (mut draw, down) = (Draw::new(&[], 4), Span::Sliding(Window { kernel: 2, ..Window::default() }));
    for (window, width) in side_by_side() {
        // Whole numbers: some are equal.
        let x = draw.between([1, 1, 3, width], -4.0, 4.0).map(f64::round);
        let tape = Tape::new();
        let vx = tape.variable(x.clone());
        let y = vx.max_pool([down, Span::Sliding(window)]);
        let g = draw.any(y.shape());
        let mut dx = vec![0.0; 3 * width];
        for ((seen, &y), g) in seen(window, width).iter().zip(y.value().unwrap().as_slice()).zip(g.as_slice())
        {
            let best = seen
                .iter()
                .fold(seen[0], |best, &at| if x.as_slice()[at] <= x.as_slice()[best] { best } else { at });
            assert_eq!(y, x.as_slice()[best], "{window:?} on {width}");
            dx[best] += g;
        }
        let got = y.pullback(&g, &mut []).unwrap().wrt(vx).unwrap();
        for (got, dx) in got.as_slice().iter().zip(dx) {
            assert!((got - dx).abs() < 1e-12, "{window:?} on {width}");
        }
    }
}

#[test]
fn the_mean_of_wide_planes() {
    let (mut draw, down) = (Draw::new(&[], 6), Span::Sliding(Window { kernel: 2, ..Window::default() }));
    for (window, width) in side_by_side() {
        let x = draw.any([1, 1, 3, width]);
        let tape = Tape::new();
        let vx = tape.variable(x.clone());
        let y = vx.mean_pool([down, Span::Sliding(window)], false);
        let g = draw.any(y.shape());
        let mut dx = vec![0.0; 3 * width];
        for ((seen, &y), g) in seen(window, width).iter().zip(y.value().unwrap().as_slice()).zip(g.as_slice())
        {
            let mean = seen.iter().map(|&at| x.as_slice()[at]).sum::<f64>() / seen.len() as f64;
            assert!((y - mean).abs() < 1e-12, "{window:?} on {width}");
            seen.iter().for_each(|&at| dx[at] += g / seen.len() as f64);
        }
        let got = y.pullback(&g, &mut []).unwrap().wrt(vx).unwrap();
        for (got, dx) in got.as_slice().iter().zip(dx) {
            assert!((got - dx).abs() < 1e-12, "{window:?} on {width}");
        }
    }
}

/// What lies beyond a row's end is read with it, but counts for nothing.
#[test]
fn a_nan_makes_only_what_sees_it_nan() {
    let window = Window { kernel: 3, before: 1, after: 1, ..Window::default() };
    for width in [5, 16, 21] {
        for groups in [1, 2] {
            let tape = Tape::new();
            let last = 2 * 4 * width - 1;
            let x = Tensor::from_fn([1, 2, 4, width], |i| if i == last { f64::NAN } else { 1.0 });
            let (x, w) = (tape.variable(x), tape.variable(Tensor::ones([2, 2 / groups, 3, 3])));
            let y =
                x.convolution(w, None, Convolution { windows: [window; 2], groups, activation: Identity });
            let nans = y.value().unwrap().as_slice().iter().filter(|y| y.is_nan()).count();
            assert_eq!(nans, if groups == 1 { 8 } else { 4 }, "{width}");
            let gradients = y.pullback(&Tensor::ones(y.shape()), &mut []).unwrap();
            assert!(gradients.wrt(x).unwrap().is_finite());
            // It lies in a corner, so that only the taps from the middle one on see it, down and across.
            let dw = gradients.wrt(w).unwrap();
            let nans: Vec<usize> = (0..9).filter(|tap| dw.as_slice()[dw.len() - 9 + tap].is_nan()).collect();
            assert_eq!(nans, [4, 5, 7, 8], "{width}");
        }
    }
}

#[test]
fn a_window_with_nan_has_no_largest_element() {
    let tape = Tape::new();
    let x = tape.variable(
        Tensor::new([1, 1, 6], vec![f64::NAN, 1.0, f64::NEG_INFINITY, f64::NEG_INFINITY, 2.0, 2.0]).unwrap(),
    );
    let halves = Span::Sliding(Window { kernel: 2, stride: 2, ..Window::default() });
    let y = x.max_pool([Span::Sliding(Window::default()), halves]);
    let value = y.value().unwrap();
    assert!(value.as_slice()[0].is_nan());
    assert_eq!(value.as_slice()[1..], [f64::NEG_INFINITY, 2.0]);
    // The first of equals counts.
    let gradient = y.sum().backward().unwrap().wrt(x).unwrap();
    assert_eq!(gradient.as_slice(), [1.0, 0.0, 1.0, 0.0, 1.0, 0.0]);
}

#[test]
fn what_does_not_fit_is_an_error() {
    fn message<R: Rule<f64>>(rule: R, shapes: &[&[usize]]) -> String {
        let tape = Tape::new();
        let operands: Vec<_> = shapes
            .iter()
            .map(|shape| tape.constant(Tensor::<f64>::ones(Shape::new(shape).unwrap())))
            .collect();
        tape.apply(rule, &operands).value().unwrap_err().to_string()
    }
    let three = Window { kernel: 3, ..Window::default() };
    let of = |window, groups| Convolution { windows: [window; 2], groups, activation: Identity };
    let back = |window, groups, more| TransposedConvolution { windows: [window; 2], groups, more };
    let huge = Window { before: usize::MAX, ..three };
    for (found, expected) in [
        (message(of(three, 1), &[&[2, 3], &[4, 3, 3, 3]]), "x [n, in, …]"),
        (message(of(three, 1), &[&[2, 3, 5, 5], &[4, 3, 3]]), "W [out, in/groups, …]"),
        (message(of(three, 1), &[&[2, 3, 5, 5], &[4, 3, 3, 2]]), "kernel's axes"),
        (message(of(three, 2), &[&[2, 3, 5, 5], &[4, 3, 3, 3]]), "groups that divide"),
        (message(of(three, 0), &[&[2, 3, 5, 5], &[4, 3, 3, 3]]), "groups that divide"),
        (message(of(three, 1), &[&[2, 3, 5, 5], &[4, 2, 3, 3]]), "groups that divide"),
        (message(of(three, 1), &[&[2, 3, 5, 5], &[4, 3, 3, 3], &[3]]), "bias"),
        (message(of(three, 1), &[&[2, 3, 2, 5], &[4, 3, 3, 3]]), "no larger than x"),
        (message(of(Window { stride: 0, ..three }, 1), &[&[2, 3, 5, 5], &[4, 3, 3, 3]]), "strides"),
        (message(of(Window { dilation: 0, ..three }, 1), &[&[2, 3, 5, 5], &[4, 3, 3, 3]]), "dilations"),
        (message(of(huge, 1), &[&[2, 3, 5, 5], &[4, 3, 3, 3]]), "no larger than x"),
        (message(back(three, 1, [0; 2]), &[&[2, 3, 5, 5], &[4, 3, 3, 3]]), "W [in, out/groups, …]"),
        (message(back(three, 2, [0; 2]), &[&[2, 3, 5, 5], &[3, 3, 3, 3]]), "groups that divide"),
        (message(back(three, 1, [0, 1]), &[&[2, 3, 5, 5], &[3, 4, 3, 3]]), "fewer rows and columns added"),
        (message(back(huge, 1, [0, 0]), &[&[2, 3, 5, 5], &[3, 4, 3, 3]]), "no larger than x"),
        (message(back(three, 1, [0; 2]), &[&[2, 3, 5, 5], &[3, 4, 3, 3], &[3]]), "bias"),
        (message(MaxPool { spans: [Span::Sliding(three); 2] }, &[&[2, 3, 2, 5]]), "no larger than x"),
        (message(MaxPool { spans: [Span::Adaptive(0); 2] }, &[&[2, 3, 2, 5]]), "needs a stride"),
        (
            message(MaxPool { spans: [Span::Sliding(Window { before: 3, ..three }); 2] }, &[&[2, 3, 5, 5]]),
            "border narrower than the kernel",
        ),
        (
            message(MeanPool { spans: [Span::Adaptive(2); 2], count_border: true }, &[&[2, 5]]),
            "needs x [n, channels",
        ),
        (message(Resize { to: [0, 2], interpolation: Interpolation::Linear }, &[&[2, 3, 5, 5]]), "sizes"),
        (message(Resize { to: [2, 2], interpolation: Interpolation::Nearest }, &[&[2, 3, 5]]), "sizes"),
    ] {
        assert!(found.contains(expected), "{found}: {expected}");
    }
}
