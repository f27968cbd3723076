//! Normalisations: what they promise of their output, and what they refuse.

use downhill_nn::autodiff::tensor::Threads;
use downhill_nn::autodiff::{Shape, Tape, Tensor};
use downhill_nn::{AnyLayer, Error, Network, Params};
use downhill_nn::{BatchNorm1d, BatchNorm2d, GroupNorm, InstanceNorm1d, InstanceNorm2d, LayerNorm, RmsNorm};
use proptest::prelude::*;

use crate::between;

/// The output in training.
fn train(layer: AnyLayer, x: &Tensor<f64>, threads: usize) -> Tensor<f64> {
    let network = Network::build(layer, x.shape().sample()).unwrap();
    let params: Params<f64> = network.init(0);
    let tape = Tape::new().threads(Threads::new(threads));
    network.forward(&tape, &params, tape.constant(x.clone()), Some(1)).value().unwrap()
}

/// That the elements which `group` gives the same number have mean 0 and variance v/(v + ε).
fn assert_normal(x: &Tensor<f64>, y: &Tensor<f64>, groups: usize, group: impl Fn(usize) -> usize, eps: f64) {
    // The number, mean and variance of each group.
    let of = |x: &Tensor<f64>| {
        let mut found = vec![(0.0, 0.0, 0.0); groups];
        let elements = || x.as_slice().iter().enumerate();
        for (i, x) in elements() {
            let (count, sum, _) = &mut found[group(i)];
            (*count, *sum) = (*count + 1.0, *sum + x);
        }
        for (count, mean, _) in &mut found {
            *mean /= *count;
        }
        for (i, x) in elements() {
            let (count, mean, variance) = &mut found[group(i)];
            *variance += (x - *mean) * (x - *mean) / *count;
        }
        found
    };
    for ((_, _, before), (_, mean, variance)) in of(x).into_iter().zip(of(y)) {
        assert!(mean.abs() < 1e-9, "mean {mean}");
        assert!((variance - before / (before + eps)).abs() < 1e-9, "variance {variance} of {before}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Mean 0 and variance 1, whatever the shape, with a common offset.
    #[test]
    fn mean_and_variance(
        [n, channels, height, width] in [1..20_usize, 1..40_usize, 1..6_usize, 1..6_usize],
        offset in -1e3..1e3_f64,
        seed: u64,
    ) {
        let eps = 1e-5;
        let x = between([n, channels, height, width], offset - 2.0, offset + 2.0, seed);
        let (inner, flat) = (height * width, x.reshape([n, channels * height * width]).unwrap());
        if n * inner > 1 {
            let y = train(AnyLayer::new(BatchNorm2d::new()), &x, 1);
            assert_normal(&x, &y, channels, |i| i / inner % channels, eps);
        }
        if n > 1 {
            let y = train(AnyLayer::new(BatchNorm1d::new()), &flat, 1);
            assert_normal(&flat, &y, flat.shape()[1], |i| i % flat.shape()[1], eps);
        }
        if inner > 1 {
            let y = train(AnyLayer::new(InstanceNorm2d::new()), &x, 1);
            assert_normal(&x, &y, n * channels, |i| i / inner, eps);
        }
        let sample = channels * inner;
        if sample > 1 {
            for layer in [AnyLayer::new(GroupNorm::new(1)), AnyLayer::new(LayerNorm::new().axes(3))] {
                assert_normal(&x, &train(layer, &x, 1), n, |i| i / sample, eps);
            }
            let y = train(AnyLayer::new(RmsNorm::new().axes(3).eps(eps)), &x, 1);
            for row in 0..n {
                let square = |x: &Tensor<f64>| {
                    x.rows(row..row + 1).unwrap().as_slice().iter().map(|x| x * x).sum::<f64>() / sample as f64
                };
                prop_assert!((square(&y) - square(&x) / (square(&x) + eps)).abs() < 1e-9);
            }
        }
        if channels % 2 == 0 && sample > 2 {
            let y = train(AnyLayer::new(GroupNorm::new(2)), &x, 1);
            assert_normal(&x, &y, 2 * n, |i| i / (sample / 2), eps);
        }
    }
}

/// Large enough to be shared out: output and gradients have the same bits on any number of threads.
#[test]
fn threads_change_no_bit() {
    let layers: [(AnyLayer, Shape); 7] = [
        (AnyLayer::new(LayerNorm::new()), [300, 200].into()),
        (AnyLayer::new(RmsNorm::new()), [2000, 33].into()),
        (AnyLayer::new(BatchNorm1d::new()), [300, 200].into()),
        (AnyLayer::new(BatchNorm1d::new()), [64, 7, 130].into()),
        (AnyLayer::new(BatchNorm2d::new()), [16, 9, 24, 24].into()),
        (AnyLayer::new(GroupNorm::new(3)), [16, 9, 24, 24].into()),
        (AnyLayer::new(InstanceNorm2d::new().with_affine()), [16, 9, 24, 24].into()),
    ];
    for (layer, shape) in layers {
        let network = Network::build(layer.clone(), shape.sample()).unwrap();
        let params: Params = network.init(0);
        let x = between(shape, -1.0, 3.0, 5).cast::<f32>();
        let run = |threads| {
            let mut tape = Tape::new().threads(Threads::new(threads));
            let input = tape.variable(x.clone());
            let y = network.forward(&tape, &params, input, Some(1));
            let mut gradient = vec![0.0; params.len()];
            let cotangent = between(shape, -1.0, 1.0, 6).cast();
            let gradients = y.pullback(&cotangent, &mut gradient).unwrap();
            let found = (y.value().unwrap(), gradients.wrt(input).unwrap(), gradient);
            let mut params = params.clone();
            tape.clear();
            params.update_buffers(&tape);
            (found, params.buffers().clone())
        };
        let expected = run(1);
        for threads in [2, 3, 8] {
            assert!(run(threads) == expected, "{layer:?} on {threads} threads");
        }
    }
}

#[test]
fn what_does_not_fit_is_named() {
    let eps = |eps: f64| -> Vec<(AnyLayer, Shape, String)> {
        let reason = format!("eps must be positive and finite, got {eps}");
        vec![
            (AnyLayer::new(LayerNorm::new().eps(eps)), [4].into(), reason.clone()),
            (AnyLayer::new(RmsNorm::new().eps(eps)), [4].into(), reason.clone()),
            (AnyLayer::new(BatchNorm1d::new().eps(eps)), [4].into(), reason.clone()),
            (AnyLayer::new(BatchNorm2d::new().eps(eps)), [4, 2, 2].into(), reason.clone()),
            (AnyLayer::new(GroupNorm::new(1).eps(eps)), [4].into(), reason.clone()),
            (AnyLayer::new(InstanceNorm1d::new().eps(eps)), [4, 2].into(), reason),
        ]
    };
    let momentum = |momentum: f64| {
        let layer = AnyLayer::new(BatchNorm1d::new().momentum(momentum));
        (layer, Shape::from([4]), format!("momentum must be from 0 to 1, got {momentum}"))
    };
    let mut cases: Vec<(AnyLayer, Shape, String)> =
        [0.0, -1.0, f64::NAN, f64::INFINITY].into_iter().flat_map(eps).collect();
    cases.extend([-0.1, 1.1, f64::NAN].map(momentum));
    let mut add = |layer, shape, reason: &str| cases.push((layer, shape, reason.into()));
    add(AnyLayer::new(LayerNorm::new()), Shape::SCALAR, "the last 1 axes of a sample");
    add(AnyLayer::new(LayerNorm::new().axes(0)), [4].into(), "at least one axis");
    add(AnyLayer::new(RmsNorm::new().axes(3)), [4, 2].into(), "the last 3 axes of a sample");
    add(AnyLayer::new(LayerNorm::new()), [4, 0].into(), "an axis of length 0");
    add(AnyLayer::new(BatchNorm1d::new()), [4, 2, 2].into(), "[channels] or [channels, length]");
    add(AnyLayer::new(BatchNorm1d::new()), [0].into(), "not empty");
    add(AnyLayer::new(BatchNorm2d::new()), [4, 2].into(), "[channels, height, width]");
    add(AnyLayer::new(BatchNorm2d::new()), [4, 0, 2].into(), "not empty");
    add(AnyLayer::new(InstanceNorm1d::new()), [4].into(), "[channels, length]");
    add(AnyLayer::new(InstanceNorm2d::new()), [4, 1, 1].into(), "a single element has no variance");
    add(AnyLayer::new(GroupNorm::new(3)), [4, 2].into(), "3 groups do not divide 4 channels");
    add(AnyLayer::new(GroupNorm::new(0)), [4, 2].into(), "0 groups do not divide 4 channels");
    add(AnyLayer::new(GroupNorm::new(4)), [4].into(), "a single element has no variance");
    add(AnyLayer::new(GroupNorm::new(1)), Shape::SCALAR, "samples [channels, …]");
    for (layer, input, reason) in cases {
        let kind = format!("{layer:?}");
        let error = Network::build(layer, input).unwrap_err();
        assert!(matches!(&error, Error::Build { layer, .. } if *layer == kind), "{kind}: {error}");
        assert!(error.to_string().contains(&reason), "{error}: {reason}");
    }
}

#[test]
fn one_element_has_no_variance() {
    for (layer, shape) in [
        (AnyLayer::new(BatchNorm1d::new()), Shape::from([1, 4])),
        (AnyLayer::new(BatchNorm2d::new()), [1, 4, 1, 1].into()),
    ] {
        let network = Network::build(layer.clone(), shape.sample()).unwrap();
        let params: Params<f64> = network.init(0);
        let tape = Tape::new();
        let y = network.forward(&tape, &params, tape.constant(Tensor::ones(shape)), Some(1));
        let error = network.locate(y.value().unwrap_err()).to_string();
        let start = format!("layer {layer:?}: ");
        assert!(
            error.starts_with(&start) && error.contains("more than one element of each channel"),
            "{error}"
        );
        // In use a single sample is as good as any.
        assert!(network.predict(&params, &Tensor::ones(shape)).unwrap().is_finite());
    }
}

#[test]
fn unit_vectors() {
    let tape = Tape::new();
    let x = tape.constant(Tensor::from_rows(&[[3.0, 4.0], [0.0, 0.0]]));
    let y = x.normalize(1, 2.0, 1e-12).value().unwrap();
    assert_eq!(y.as_slice(), [0.6, 0.8, 0.0, 0.0]);
    for (p, eps) in [(0.5, 1e-12), (f64::NAN, 1e-12), (2.0, -1.0), (2.0, f64::NAN)] {
        let tape = Tape::new();
        let y = tape.constant(Tensor::<f64>::ones([2])).normalize(0, p, eps);
        assert!(y.value().is_err(), "p {p}, eps {eps}");
    }
}
