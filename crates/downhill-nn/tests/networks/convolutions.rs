//! Convolutions, pools and changes of size: shapes and names, starts, and what is refused.

use downhill_nn::autodiff::{Shape, Tensor};
use downhill_nn::{
    Activation, AdaptiveAvgPool2d, AdaptiveMaxPool1d, AnyLayer, AvgPool1d, AvgPool2d, Conv1d, Conv2d,
    ConvTranspose1d, ConvTranspose2d, Flatten, GlobalAvgPool, GlobalMaxPool, Linear, MaxPool2d, Reshape,
    Upsample, ZeroPad1d, ZeroPad2d,
};
use downhill_nn::{Error, Network, Params, Sequential};
use serde_json::{Value, json};

use crate::numbers;

fn run(layer: AnyLayer, x: Tensor<f64>) -> Tensor<f64> {
    let network = Network::build(layer, x.shape().sample()).unwrap();
    network.predict(&network.init(0), &x).unwrap()
}

#[test]
fn summary() {
    let layers = Sequential::new()
        .then(Conv2d::new(6, 5).padding(2))
        .then(Activation::Relu)
        .then(MaxPool2d::new(2))
        .then(Conv2d::new(16, 5))
        .then(AvgPool2d::new(2))
        .then(ConvTranspose2d::new(4, 2).stride(2).groups(2))
        .then(Conv2d::depthwise(3).same().without_bias())
        .then(GlobalAvgPool)
        .then(Flatten)
        .then(Linear::new(10));
    let network = Network::build(layers, [1, 28, 28]).unwrap();
    let expected = "\
layer  kind             output           parameters  multiply-adds
──────────────────────────────────────────────────────────────────
input                   [n, 1, 28, 28]
0      Conv2d           [n, 6, 28, 28]          156         117600
1      Relu             [n, 6, 28, 28]            0              0
2      MaxPool2d        [n, 6, 14, 14]            0              0
3      Conv2d           [n, 16, 10, 10]        2416         240000
4      AvgPool2d        [n, 16, 5, 5]             0              0
5      ConvTranspose2d  [n, 4, 10, 10]          132           3200
6      Conv2d           [n, 4, 10, 10]           36           3600
7      GlobalAvgPool    [n, 4, 1, 1]              0              0
8      Flatten          [n, 4]                    0              0
9      Linear           [n, 10]                  50             40
2790 parameters, 2790 trainable; 364440 multiply-adds a sample";
    let params: Params = network.init(0);
    assert_eq!(network.summary(&params).to_string(), expected);
    let names: Vec<String> = network.layout().parts().iter().map(ToString::to_string).collect();
    let expected = [
        "0.weight [6, 1, 5, 5]",
        "0.bias [6]",
        "3.weight [16, 6, 5, 5]",
        "3.bias [16]",
        "5.weight [16, 2, 2, 2]",
        "5.bias [4]",
        "6.weight [4, 1, 3, 3]",
        "9.weight [10, 4]",
        "9.bias [10]",
    ];
    assert_eq!(names, expected);
}

/// Parameters start uniform in PyTorch's bounds, and reach nearly as far.
#[test]
fn starts() {
    for (layer, input, bound) in [
        (AnyLayer::new(Conv2d::new(40, [3, 2]).groups(2)), Shape::from([8, 5, 5]), 24.0),
        (AnyLayer::new(Conv1d::new(40, 5)), [20, 5].into(), 100.0),
        (AnyLayer::new(ConvTranspose2d::new(8, [3, 2]).groups(2)), [60, 5, 5].into(), 24.0),
        (AnyLayer::new(ConvTranspose1d::new(20, 5)), [40, 5].into(), 100.0),
    ] {
        let bound = 1.0 / f64::sqrt(bound);
        let network = Network::build(layer, input).unwrap();
        let params: Params<f64> = network.init(3);
        for (name, part) in params.state_dict() {
            let largest = part.as_slice().iter().fold(0.0, |largest: f64, x| largest.max(x.abs()));
            assert!(
                largest <= bound && (name == "bias" || largest > 0.98 * bound),
                "{name}: {largest} {bound}"
            );
        }
    }
}

/// Windows over every element, for odd and even kernels and all strides.
#[test]
fn as_many_windows_as_elements() {
    for length in 1..9 {
        for kernel in 1..5 {
            for stride in 1..4 {
                let layer = Conv1d::new(1, kernel).same().dilation(2).stride(stride);
                let network = Network::build(layer, [1, length]).unwrap();
                assert_eq!(network.output(), [1, length.div_ceil(stride)], "{length} {kernel} {stride}");
            }
        }
    }
    // The wider side is behind.
    let network = Network::build(Conv1d::new(1, 2).same().without_bias(), [1, 3]).unwrap();
    let mut params: Params<f64> = network.init(0);
    params.set("weight", &Tensor::new([1, 1, 2], vec![1.0, 10.0]).unwrap()).unwrap();
    let y = network.predict(&params, &Tensor::new([1, 1, 3], vec![1.0, 2.0, 3.0]).unwrap()).unwrap();
    assert_eq!(y.as_slice(), [21.0, 32.0, 3.0]);
}

#[test]
fn by_hand() {
    let x = Tensor::from_fn([1, 1, 2, 3], |i| i as f64);
    for (layer, shape, expected) in [
        (
            AnyLayer::new(Upsample::nearest(2)),
            [1, 1, 4, 6],
            &[0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 0.0, 0.0, 1.0, 1.0, 2.0, 2.0][..],
        ),
        (
            AnyLayer::new(Upsample::bilinear(1).to_size([1, 6])),
            [1, 1, 1, 6],
            &[1.5, 1.75, 2.25, 2.75, 3.25, 3.5],
        ),
        (
            AnyLayer::new(Upsample::bilinear(1).align_corners().to_size([2, 5])),
            [1, 1, 2, 5],
            &[0.0, 0.5, 1.0, 1.5, 2.0],
        ),
        (
            AnyLayer::new(ZeroPad2d::uneven([1, 0], 1)),
            [1, 1, 4, 4],
            &[0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 0.0, 3.0],
        ),
        (AnyLayer::new(GlobalMaxPool), [1, 1, 1, 1], &[5.0]),
        (AnyLayer::new(GlobalAvgPool), [1, 1, 1, 1], &[2.5]),
        (AnyLayer::new(AdaptiveAvgPool2d::new([1, 2])), [1, 1, 1, 2], &[2.0, 3.0]),
        (AnyLayer::new(AvgPool2d::new(2).padding(1)), [1, 1, 2, 2], &[0.0, 0.75, 0.75, 2.25]),
        (AnyLayer::new(AvgPool2d::new(2).padding(1).without_border()), [1, 1, 2, 2], &[0.0, 1.5, 3.0, 4.5]),
        (AnyLayer::new(Reshape::new([3, 2, 1])), [1, 3, 2, 1], &[0.0, 1.0]),
    ] {
        let kind = format!("{layer:?}");
        let y = run(layer, x.clone());
        assert_eq!(y.shape(), shape, "{kind}");
        assert_eq!(y.as_slice()[..expected.len()], *expected, "{kind}");
    }
}

/// A transposed convolution is the adjoint of the convolution with the same weights.
#[test]
fn transposed_is_the_adjoint() {
    let conv = || Conv2d::new(4, 3).stride(2).padding(1).without_bias();
    let back = ConvTranspose2d::new(3, 3).stride(2).padding(1).output_padding([1, 0]).without_bias();
    let (there, back) =
        (Network::build(conv(), [3, 6, 7]).unwrap(), Network::build(back, [4, 3, 4]).unwrap());
    assert_eq!((there.output(), back.output()), ([4, 3, 4].into(), [3, 6, 7].into()));
    let params: Params<f64> = there.init(1);
    let mut of_back: Params<f64> = back.init(2);
    of_back.set("weight", &params.get("weight").unwrap()).unwrap();
    let (x, g) = (numbers([2, 3, 6, 7], 1), numbers([2, 4, 3, 4], 2));
    let dot = |a: &Tensor<f64>, b: &Tensor<f64>| -> f64 {
        a.as_slice().iter().zip(b.as_slice()).map(|(a, b)| a * b).sum()
    };
    let left = dot(&there.predict(&params, &x).unwrap(), &g);
    let right = dot(&x, &back.predict(&of_back, &g).unwrap());
    assert!((left - right).abs() < 1e-12, "{left} {right}");
}

#[test]
fn what_does_not_fit_is_refused() {
    let image = Shape::from([4, 5, 5]);
    let sequence = Shape::from([4, 5]);
    let mut cases: Vec<(AnyLayer, Shape, &str)> = Vec::new();
    let mut add = |layer, shape, reason| cases.push((layer, shape, reason));
    add(AnyLayer::new(Conv2d::new(2, 3)), [4, 5].into(), "[channels, height, width]");
    add(AnyLayer::new(Conv1d::new(2, 3)), image, "[channels, length]");
    add(AnyLayer::new(Conv2d::new(2, 3)), [4, 0, 5].into(), "not empty");
    add(AnyLayer::new(Conv2d::new(2, [3, 6])), image, "its kernel [3, 6] with stride [1, 1]");
    add(
        AnyLayer::new(Conv1d::new(2, 6)),
        sequence,
        "its kernel [6] with stride [1] and dilation [1] is larger",
    );
    add(AnyLayer::new(Conv1d::new(2, 3).dilation(3)), sequence, "is larger than the input with its border");
    add(AnyLayer::new(Conv2d::new(2, 0)), image, "its kernel is [0, 0]: at least 1");
    add(AnyLayer::new(Conv2d::new(2, 3).stride([1, 0])), image, "its stride is [1, 0]: at least 1");
    add(AnyLayer::new(Conv2d::new(2, 3).stride(0).same()), image, "its stride is [0, 0]: at least 1");
    add(AnyLayer::new(Conv1d::new(2, 3).dilation(0)), sequence, "its dilation is [0]: at least 1");
    add(AnyLayer::new(Conv2d::new(2, 3).padding(usize::MAX)), image, "with its border");
    add(AnyLayer::new(Conv2d::new(6, 3).groups(3)), image, "3 groups do not divide 4 channels in and 6 out");
    add(AnyLayer::new(Conv2d::new(6, 3).groups(4)), image, "4 groups do not divide 4 channels in and 6 out");
    add(AnyLayer::new(Conv2d::new(6, 3).groups(0)), image, "0 groups do not divide");
    add(AnyLayer::new(Conv2d::new(usize::MAX, 3)), image, "too large");
    add(AnyLayer::new(Conv2d::new(1, 3).padding(1 << 40)), image, "too large");
    add(AnyLayer::new(ConvTranspose2d::new(6, 3).groups(3)), image, "3 groups do not divide");
    add(AnyLayer::new(ConvTranspose2d::new(6, 3).stride(0)), image, "its stride is [0, 0]");
    add(AnyLayer::new(ConvTranspose1d::new(6, 3).padding(4)), sequence, "its padding [4] leaves nothing");
    add(
        AnyLayer::new(ConvTranspose1d::new(6, 3).output_padding(1)),
        sequence,
        "its output padding [1] must be less",
    );
    add(
        AnyLayer::new(ConvTranspose2d::new(6, 3).stride([2, 1]).output_padding(1)),
        image,
        "must be less than the stride",
    );
    add(AnyLayer::new(MaxPool2d::new(6)), image, "its kernel [6, 6] with stride [6, 6]");
    add(
        AnyLayer::new(MaxPool2d::new(2).padding(2)),
        image,
        "its padding [2, 2] must be narrower than its kernel [2, 2]",
    );
    add(AnyLayer::new(MaxPool2d::new(2).stride(0)), image, "its stride is [0, 0]");
    add(AnyLayer::new(AvgPool1d::new(0)), sequence, "its kernel is [0]");
    add(AnyLayer::new(AvgPool1d::new(2)), image, "[channels, length]");
    add(AnyLayer::new(AdaptiveMaxPool1d::new(0)), sequence, "it makes that [0] windows");
    add(AnyLayer::new(GlobalMaxPool), [4].into(), "needs x [n, channels");
    add(AnyLayer::new(GlobalAvgPool), [4, 0].into(), "needs a stride");
    add(AnyLayer::new(AdaptiveAvgPool2d::new([usize::MAX, 3])), image, "too large");
    add(AnyLayer::new(Upsample::nearest(0)), image, "at least 1");
    add(AnyLayer::new(Upsample::nearest(usize::MAX)), image, "too large");
    add(AnyLayer::new(Upsample::bilinear(2)), [4].into(), "[channels, length] or [channels, height, width]");
    add(AnyLayer::new(Upsample::bilinear(2).to_size([3, 3])), sequence, "[3, 3] has no length for each axis");
    add(AnyLayer::new(ZeroPad1d::new(1)), image, "[channels, length]");
    add(AnyLayer::new(ZeroPad2d::new(usize::MAX)), image, "too large");
    add(AnyLayer::new(Reshape::new([3, 3])), [8].into(), "its 8 elements do not fit [3, 3]");
    add(AnyLayer::new(Reshape::new([1, 1, 1, 1, 1, 1, 1, 8])), [8].into(), "at most 8 axes");
    // Found by the fuzzer of model files: empty batches of such images overflowed the size of a plane.
    for input in [[1, 1 << 40, 1 << 40], [0, 1 << 40, 1 << 40]] {
        let error = Network::build(GlobalAvgPool, input).unwrap_err();
        assert!(error.to_string().contains("too large"), "{error}");
    }
    for (layer, input, reason) in cases {
        let kind = format!("{layer:?}");
        let layers = Sequential::new().then(Sequential::new()).then(layer);
        let error = Network::build(layers, input).unwrap_err();
        let named = format!("1 ({kind})");
        assert!(matches!(&error, Error::Build { layer, .. } if *layer == named), "{named}: {error}");
        assert!(error.to_string().contains(reason), "{error}: {reason}");
    }
}

/// A file may hold anything.
#[test]
fn made_up_settings_are_refused() {
    let conv = serde_json::to_value(AnyLayer::new(Conv1d::new(2, 3))).unwrap();
    let changed = |place: &str, value: Value| {
        let mut layer = conv.clone();
        *layer.pointer_mut(place).unwrap() = value;
        serde_json::from_value::<Network>(json!({"layer": layer, "input": [4, 5]}))
    };
    assert!(changed("/Conv1d/groups", json!(2)).is_ok());
    for (place, value) in [
        ("/Conv1d/kernel", json!([2, 3])),
        ("/Conv1d/kernel", json!([1, u64::MAX])),
        ("/Conv1d/stride", json!([0, 1])),
        ("/Conv1d/dilation", json!([1, u64::MAX])),
        ("/Conv1d/groups", json!(0)),
        ("/Conv1d/outputs", json!(u64::MAX)),
        ("/Conv1d/border", json!({"Wide": [0, u64::MAX]})),
    ] {
        assert!(changed(place, value.clone()).is_err(), "{place} {value}");
    }
}
