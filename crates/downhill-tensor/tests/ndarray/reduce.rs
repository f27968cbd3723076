use downhill_tensor::kernel::{self};
use downhill_tensor::{Axes, Shape, Store, Tensor, Threads};
use proptest::prelude::*;

use crate::*;

/// The elements that each result of a reduction is made of.
fn groups(x: &Tensor<f64>, axes: Axes, keep_axes: bool) -> (Shape, Vec<Vec<f64>>) {
    let kept = axes.reduce(x.shape(), true);
    let mut groups = vec![Vec::new(); kept.elements()];
    for index in indices(x.shape()) {
        let place = index.iter().zip(kept.iter()).fold(0, |p, (&i, &n)| p * n + if n == 1 { 0 } else { i });
        groups[place].push(x.at(&index).unwrap());
    }
    (axes.reduce(x.shape(), keep_axes), groups)
}

fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len() as f64
}

fn logsumexp(x: &[f64]) -> f64 {
    x.iter().map(|x| x.exp()).sum::<f64>().ln()
}

fn check(x: &Tensor<f64>, axes: &[isize], keep_axes: bool) {
    let set = Axes::reduced(x.shape(), axes).unwrap();
    let (shape, groups) = groups(x, set, keep_axes);
    let expected = |f: &dyn Fn(&[f64]) -> f64| {
        Tensor::new(shape, groups.iter().map(|group| f(group)).collect()).unwrap()
    };
    assert_eq!(x.sum(axes, keep_axes).unwrap(), expected(&|x| x.iter().sum()));
    assert_close(&x.mean(axes, keep_axes).unwrap(), &expected(&mean), 0.0);
    for correction in [0, 1] {
        let var = |x: &[f64]| {
            let mean = mean(x);
            let sum: f64 = x.iter().map(|x| (x - mean) * (x - mean)).sum();
            sum / x.len().saturating_sub(correction) as f64
        };
        assert_close(&x.var(axes, keep_axes, correction).unwrap(), &expected(&var), 1e-11);
    }
    assert_close(&x.logsumexp(axes, keep_axes).unwrap(), &expected(&logsumexp), 1e-13);
    if set.elements(x.shape()) > 0 {
        let max = expected(&|x| x.iter().copied().fold(f64::NEG_INFINITY, f64::max));
        assert_eq!(x.max(axes, keep_axes).unwrap(), max);
        assert_eq!(x.min(axes, keep_axes).unwrap(), x.neg().max(axes, keep_axes).unwrap().neg());
    }
    let mut sum = expected(&|_| 1.0);
    kernel::sum(sum.as_mut_slice(), x.view(), set, Store::Add);
    assert_eq!(sum, expected(&|x| x.iter().sum::<f64>() + 1.0));
}

fn check_axis(x: &Tensor<f64>, axis: isize) {
    let set = Axes::new(x.shape(), &[axis]).unwrap();
    let place = x.shape().axis(axis).unwrap();
    let line = |index: &[usize]| -> Vec<f64> {
        let mut index = index.to_vec();
        (0..x.shape()[place])
            .map(|i| {
                index[place] = i;
                x.at(&index).unwrap()
            })
            .collect()
    };
    let expected = |f: &dyn Fn(&[f64], usize) -> f64| by_index(x.shape(), |i| f(&line(i), i[place]));
    assert_close(&x.softmax(axis).unwrap(), &expected(&|x, i| (x[i] - logsumexp(x)).exp()), 1e-13);
    assert_close(&x.log_softmax(axis).unwrap(), &expected(&|x, i| x[i] - logsumexp(x)), 1e-13);
    assert_eq!(x.cumsum(axis).unwrap(), expected(&|x, i| x[..=i].iter().sum()));
    let mut back = Tensor::ones(x.shape());
    kernel::cumsum(back.as_mut_slice(), x.view(), place, true, Store::Add);
    assert_eq!(back, expected(&|x, i| 1.0 + x[i..].iter().sum::<f64>()));
    let (shape, groups) = groups(x, set, false);
    let products = groups.iter().map(|group| group.iter().product()).collect();
    assert_close(&x.prod(axis, false).unwrap(), &Tensor::new(shape, products).unwrap(), 1e-13);
    if x.shape()[place] > 0 {
        let first = |x: &Vec<f64>, best: f64| x.iter().position(|&x| x == best).unwrap();
        let max = |x: &Vec<f64>| first(x, x.iter().copied().fold(f64::NEG_INFINITY, f64::max));
        let min = |x: &Vec<f64>| first(x, x.iter().copied().fold(f64::INFINITY, f64::min));
        let argmax = Tensor::new(shape, groups.iter().map(max).collect()).unwrap();
        let argmin = Tensor::new(shape, groups.iter().map(min).collect()).unwrap();
        assert_eq!(x.argmax(axis).unwrap(), argmax);
        assert_eq!(x.argmin(axis).unwrap(), argmin);
    }
}

proptest! {
    #[test]
    fn any_axes(shape in shapes(), mask in 0u32..64, keep_axes: bool, seed in 0usize..100) {
        let axes: Vec<isize> = (0..shape.len() as isize).filter(|axis| mask & (1 << axis) != 0).collect();
        check(&whole(shape, seed), &axes, keep_axes);
    }

    #[test]
    fn one_axis((shape, axis) in shapes_and_axis(), seed in 0usize..100) {
        check_axis(&whole(shape, seed), axis);
    }
}

/// Lengths around and above those at which tiles, chunks and accumulators end.
#[test]
fn long_axes() {
    for shape in
        [&[63][..], &[64], &[65], &[9000], &[300, 70], &[9000, 3], &[3, 4500], &[2, 33, 65], &[5, 130, 7]]
    {
        let x = whole(Shape::new(shape).unwrap(), 3);
        check(&x, &[], false);
        for axis in 0..shape.len() as isize {
            check(&x, &[axis], true);
            if x.len() * shape[axis as usize] < 1_000_000 {
                check_axis(&x, axis);
            }
        }
        if shape.len() == 3 {
            check(&x, &[0, 2], false);
            check(&x, &[1, 2], false);
            check(&x, &[0, 1], false);
        }
    }
}

#[test]
fn sums_in_f32_are_accurate() {
    let tenth = 0.1f32;
    for shape in [[1_000_000, 1], [1, 1_000_000], [100_000, 10], [1000, 1000], [10_000, 100]] {
        let x = Tensor::full(shape, tenth);
        for axes in [&[0isize][..], &[1], &[0, 1]] {
            let sum = x.sum(axes, false).unwrap();
            let exact = f64::from(tenth) * (x.len() / sum.len()) as f64;
            let error = (f64::from(sum.as_slice()[0]) / exact - 1.0).abs();
            assert!(error < 1e-6, "{shape:?} {axes:?}: {error:e}");
        }
    }
}

/// Wherever in a row it stands, whichever accumulator takes it up.
#[test]
fn a_nan_is_the_largest_and_the_smallest() {
    for length in (1..70).chain([600]) {
        for place in 0..length {
            let x = Tensor::from_fn([2, length], |i| if i == length + place { f64::NAN } else { i as f64 });
            for result in
                [x.max(&[1], false), x.min(&[1], false), x.sum(&[1], false), x.logsumexp(&[1], false)]
            {
                let result = result.unwrap();
                assert!(
                    !result.as_slice()[0].is_nan() && result.as_slice()[1].is_nan(),
                    "{place} of {length}"
                );
            }
        }
    }
}

#[test]
fn the_ends_of_the_line() {
    const INF: f64 = f64::INFINITY;
    for (x, expected) in [
        (vec![-INF, -INF], -INF),
        (vec![INF, 0.0], INF),
        (vec![1000.0, 1000.0], 1000.0 + std::f64::consts::LN_2),
        (vec![-1000.0, -INF], -1000.0),
        (vec![], -INF),
    ] {
        assert_eq!(Tensor::vector(x).logsumexp(&[0], false).unwrap().item().unwrap(), expected);
    }
    assert!(Tensor::vector([0.0, f64::NAN, 1.0]).logsumexp(&[], false).unwrap().item().unwrap().is_nan());
    assert_eq!(Tensor::vector([1000.0, 1000.0, -INF]).softmax(0).unwrap().as_slice(), [0.5, 0.5, 0.0]);
    assert_eq!(Tensor::vector([-1000.0, -INF]).log_softmax(0).unwrap().as_slice(), [0.0, -INF]);
}

/// Row lengths and numbers of rows around those at which the kernels change their way of working.
#[test]
fn the_parts_of_a_softmax_are_the_softmax() {
    let (one, several) = (&Threads::single(), &Threads::new(3));
    for columns in 1..40 {
        // The last ones are shared out.
        let many = if columns % 8 <= 1 { 40_000 / columns } else { 100 };
        for rows in (0..40).chain([many]) {
            for shape in [Shape::from([rows, columns]), Shape::from([rows.min(5), columns, 3])] {
                let (x, axes) = (whole(shape, columns + rows), Axes::single(1));
                let positions = axes.reduce(shape, false);
                let (mut p, mut wanted) = (Tensor::ones(shape), Tensor::ones(shape));
                let (mut shifts, mut logs) = (Tensor::ones(positions), Tensor::ones(positions));
                let parts = |p: Option<&mut [f64]>, shifts: &mut Tensor<f64>, logs: &mut Tensor<f64>| {
                    kernel::softmax_parts(
                        p,
                        shifts.as_mut_slice(),
                        logs.as_mut_slice(),
                        x.view(),
                        axes,
                        several,
                    );
                };
                parts(Some(p.as_mut_slice()), &mut shifts, &mut logs);
                kernel::softmax(wanted.as_mut_slice(), x.view(), axes, one);
                assert_eq!(p, wanted, "{shape}");
                kernel::softmax(p.as_mut_slice(), x.view(), axes, several);
                assert_eq!(p, wanted, "{shape}");
                let (mut other_shifts, mut other_logs) = (Tensor::ones(positions), Tensor::ones(positions));
                parts(None, &mut other_shifts, &mut other_logs);
                assert_eq!((&shifts, &logs), (&other_shifts, &other_logs), "{shape}");
                let wide = axes.reduce(shape, true);
                let [shifts, logs] = [shifts, logs].map(|tensor| tensor.reshape(wide).unwrap());
                let ln_p = x.sub(&shifts).unwrap().sub(&logs).unwrap();
                assert_eq!(ln_p, x.log_softmax(1).unwrap(), "{shape}");
                kernel::log_softmax(p.as_mut_slice(), x.view(), axes, several);
                assert_eq!(ln_p, p, "{shape}");
                let mut sums = Tensor::ones(positions);
                kernel::logsumexp(sums.as_mut_slice(), x.view(), axes, several);
                assert_eq!(sums, x.logsumexp(&[1], false).unwrap(), "{shape}");
            }
        }
    }
}

/// Along rows, several of them a task, over all axes, and over one that has others behind it.
#[test]
fn the_derivatives_of_a_softmax_are_their_formulas() {
    let (one, several) = (&Threads::single(), &Threads::new(3));
    for (shape, axes) in [
        (Shape::from([900, 37]), &[1][..]),
        ([3, 5].into(), &[1]),
        ([40, 30, 41].into(), &[1, 2]),
        ([4, 70, 3].into(), &[1]),
        ([4, 9, 300].into(), &[0]),
        ([5, 3, 7].into(), &[0, 2]),
        ([6, 7].into(), &[0, 1]),
        ([0, 3].into(), &[1]),
        ([3, 0].into(), &[1]),
    ] {
        let (x, g, axes) = (whole(shape, 3), whole(shape, 7), Axes::new(shape, axes).unwrap());
        let (mut y, mut dx, mut other) = (Tensor::ones(shape), Tensor::ones(shape), Tensor::ones(shape));
        let sums = |of: &Tensor<f64>| {
            let mut sums = Tensor::ones(axes.reduce(shape, true));
            kernel::sum(sums.as_mut_slice(), of.view(), axes, Store::Write);
            sums
        };
        let near = |got: &Tensor<f64>, expected: &Tensor<f64>| {
            let mut pairs = got.as_slice().iter().zip(expected.as_slice());
            assert!(pairs.all(|(got, expected)| (got - expected).abs() <= 1e-12), "{shape}, {axes:?}");
        };

        kernel::softmax(y.as_mut_slice(), x.view(), axes, one);
        kernel::softmax_backward(dx.as_mut_slice(), y.view(), g.as_slice(), axes, one);
        kernel::softmax_backward(other.as_mut_slice(), y.view(), g.as_slice(), axes, several);
        assert_eq!(dx, other, "{shape}, {axes:?}");
        near(&dx, &y.mul(&g.sub(&sums(&g.mul(&y).unwrap())).unwrap()).unwrap());

        kernel::log_softmax(y.as_mut_slice(), x.view(), axes, one);
        kernel::log_softmax_backward(dx.as_mut_slice(), y.view(), g.as_slice(), axes, one);
        kernel::log_softmax_backward(other.as_mut_slice(), y.view(), g.as_slice(), axes, several);
        assert_eq!(dx, other, "{shape}, {axes:?}");
        near(&dx, &g.sub(&y.exp().mul(&sums(&g)).unwrap()).unwrap());
    }
}

/// Axes that the shape lacks do not count.
#[test]
fn axes_past_the_end() {
    let x = whole(Shape::from([3, 4]), 1);
    for (axes, axes_there) in [(Axes::first(6), Axes::first(2)), (Axes::single(5), Axes::default())] {
        let shape = axes_there.reduce(x.shape(), false);
        let (mut sum, mut expected) = (Tensor::zeros(shape), Tensor::zeros(shape));
        kernel::sum(sum.as_mut_slice(), x.view(), axes, Store::Write);
        kernel::sum(expected.as_mut_slice(), x.view(), axes_there, Store::Write);
        assert_eq!(sum, expected);
    }
}

#[test]
fn nan_in_reductions() {
    for place in [0, 1, 70, 199] {
        let x = Tensor::from_fn([200], |i| if i == place || i == 150 { f64::NAN } else { i as f64 });
        assert!(x.max(&[], false).unwrap().item().unwrap().is_nan());
        assert!(x.min(&[], false).unwrap().item().unwrap().is_nan());
        let first = place.min(150);
        assert_eq!(x.argmax(0).unwrap().item().unwrap(), first);
        assert_eq!(x.argmin(-1).unwrap().item().unwrap(), first);
    }
}
