//! Networks as they are built: names, shapes, and what does not fit.

use downhill_nn::autodiff::{Shape, Tape, Var};
use downhill_nn::{
    Activation, AnyLayer, Context, Dropout, Error, Flatten, Init, Layer, Linear, Network, Params, Residual,
    Result, Scalar, Scope, Sequential, Softmax, ZeroPad2d, lambda,
};

fn names(network: &Network) -> Vec<String> {
    network.layout().parts().iter().map(ToString::to_string).collect()
}

fn nested() -> Sequential {
    let body =
        Sequential::new().then(Linear::new(6)).then(Activation::Tanh).then(Linear::new(8).without_bias());
    Sequential::new()
        .then(Flatten)
        .then(Linear::new(8))
        .then(Activation::Relu)
        .then(Residual::new(body))
        .then(Dropout::new(0.5).unwrap())
        .then(Linear::new(3))
}

#[test]
fn names_and_shapes_are_pytorchs() {
    let network = Network::build(nested(), [2, 2]).unwrap();
    let expected = [
        "1.weight [8, 4]",
        "1.bias [8]",
        "3.body.0.weight [6, 8]",
        "3.body.0.bias [6]",
        "3.body.2.weight [8, 6]",
        "5.weight [3, 8]",
        "5.bias [3]",
    ];
    assert_eq!(names(&network), expected);
    assert_eq!((network.input(), network.output()), ([2, 2].into(), [3].into()));
    let params: Params = network.init(0);
    let dict: Vec<String> = params.state_dict().map(|(name, x)| format!("{name} {}", x.shape())).collect();
    assert_eq!(dict, expected);
    assert_eq!(names(&Network::build(Linear::new(2), [5, 4]).unwrap()), ["weight [2, 4]", "bias [2]"]);
}

#[test]
fn summary() {
    let network = Network::build(nested(), [2, 2]).unwrap();
    let mut params: Params = network.init(0);
    params.freeze("1.*").unwrap();
    let expected = "\
layer     kind     output     parameters  multiply-adds
───────────────────────────────────────────────────────
input              [n, 2, 2]
0         Flatten  [n, 4]              0              0
1         Linear   [n, 8]             40             32
2         Relu     [n, 8]              0              0
3.body.0  Linear   [n, 6]             54             48
3.body.1  Tanh     [n, 6]              0              0
3.body.2  Linear   [n, 8]             48             48
4         Dropout  [n, 8]              0              0
5         Linear   [n, 3]             27             24
169 parameters, 129 trainable; 152 multiply-adds a sample";
    let summary = network.summary(&params);
    assert_eq!(summary.to_string(), expected);
    let containers: Vec<_> = summary.layers.iter().filter(|layer| layer.inner > 0).collect();
    let described: Vec<String> = containers.iter().map(|layer| format!("{layer}: {}", layer.inner)).collect();
    assert_eq!(described, ["Sequential: 10", "3 (Residual): 4", "3.body (Sequential): 3"]);
    assert_eq!(containers[2].parameters, 102);
}

/// Declares one name twice.
#[derive(Clone)]
struct Twice;

impl Layer for Twice {
    fn build(&mut self, scope: &mut Scope<'_>, input: Shape) -> Result<Shape> {
        scope.parameter("weight", [1], Init::Zeros)?;
        scope.parameter("weight", [2], Init::Zeros)?;
        Ok(input)
    }

    fn forward<'t, T: Scalar>(&self, _: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        x
    }
}

/// A layer that must not run.
fn untouchable() -> AnyLayer {
    AnyLayer::new(lambda!(|x| {
        assert_eq!(x.shape().first(), Some(&0), "no number is computed");
        x
    }))
}

#[test]
fn what_does_not_fit_is_named() {
    let inside = |layer: AnyLayer| {
        let inner = Sequential::new().then(Activation::Relu).then(layer);
        Sequential::new().then(untouchable()).then(Residual::new(inner))
    };
    let deep = (0..70).fold(Sequential::new(), |inner, _| Sequential::new().then(inner));
    let cases: Vec<(Sequential, Shape, &str, &str)> = vec![
        (
            inside(AnyLayer::new(Linear::new(5))),
            [4].into(),
            "1 (Residual)",
            "cannot take input of shape [4]: its body makes that [5]: it must keep the shape",
        ),
        (
            inside(AnyLayer::new(Linear::new(5))),
            Shape::SCALAR,
            "1.body.1 (Linear)",
            "input of shape []: it needs",
        ),
        (inside(AnyLayer::new(Softmax)), Shape::SCALAR, "1.body.1 (Softmax)", "it needs at least one axis"),
        (inside(AnyLayer::new(lambda!(|x| x.reshape([2, 2])))), [4].into(), "1.body.1 (Lambda)", "[0, 4]"),
        (
            inside(AnyLayer::new(lambda!(|x| x.sum()))),
            [4].into(),
            "1.body.1 (Lambda)",
            "the batch axis must stay",
        ),
        (
            Sequential::new().then(Linear::new(usize::MAX)),
            [4].into(),
            "0 (Linear)",
            "0.weight [18446744073709551615, 4]",
        ),
        (
            Sequential::new().then(Linear::new(usize::MAX).without_bias()),
            [0].into(),
            "0 (Linear)",
            "it makes that [18446744073709551615], which is too large",
        ),
        (
            Sequential::new().then(Linear::new(1 << 54)),
            [1].into(),
            "0 (Linear)",
            "there is no memory for 18014398509481984 numbers",
        ),
        (
            Sequential::new().then(ZeroPad2d::new([1 << 27, 1 << 27])),
            [1, 1, 1].into(),
            "0 (ZeroPad2d)",
            "there is no memory for the [1, 268435457, 268435457]",
        ),
        (Sequential::new(), [usize::MAX, 3].into(), "Sequential", "too large"),
        (
            inside(AnyLayer::new(Activation::Relu)),
            [1, 1, 1, 1, 1, 1, 1, 1].into(),
            "0 (Lambda)",
            "at most 8 axes",
        ),
        (deep, [1].into(), "0.0.0", "nested more than 64 deep"),
    ];
    for (layers, input, layer, reason) in cases {
        let error = Network::build(layers, input).unwrap_err();
        assert!(matches!(&error, Error::Build { layer: found, .. } if found.starts_with(layer)), "{error:?}");
        assert!(error.to_string().contains(reason), "{error}: {reason}");
    }
    let error = Network::build(Sequential::new().then(Twice), [1]).unwrap_err();
    assert_eq!(error, Error::DuplicateName { name: "0.weight".into() });
}

#[test]
fn as_deep_as_allowed() {
    let deep = (1..64).fold(Sequential::new(), |inner, _| Sequential::new().then(inner));
    let network = Network::build(deep, [2]).unwrap();
    let bytes = bincode::serialize(&network).unwrap();
    let read: Network = bincode::deserialize(&bytes).unwrap();
    assert_eq!(read.output(), [2]);
}

#[test]
fn building_again_is_building_anew() {
    let layers = nested();
    let (first, second) =
        (Network::build(layers.clone(), [4]).unwrap(), Network::build(layers, [2, 3]).unwrap());
    assert_eq!(names(&first)[0], "1.weight [8, 4]");
    assert_eq!(names(&second)[0], "1.weight [8, 6]");
    let rebuilt = Network::build(first.layer().clone(), [2, 3]).unwrap();
    assert_eq!(names(&rebuilt), names(&second));
}

#[test]
fn errors_while_running_name_the_layer() {
    let layers = Sequential::new().then(Activation::Relu).then(lambda!(|x| {
        // Fits no samples and two, not three.
        if x.shape()[0] < 3 { x } else { x.reshape([1, 1]) }
    }));
    let network = Network::build(layers, [2]).unwrap();
    let params: Params = network.init(0);
    assert!(network.predict(&params, &downhill_nn::autodiff::Tensor::ones([2, 2])).is_ok());
    let error = network.predict(&params, &downhill_nn::autodiff::Tensor::ones([3, 2])).unwrap_err();
    assert!(matches!(&error, Error::Layer { layer, .. } if layer == "1 (Lambda)"), "{error:?}");
    assert!(error.to_string().contains(file!()), "{error} names the line");
    // An error from elsewhere on the tape has no layer.
    let tape = Tape::<f32>::new();
    let outside = tape.constant(downhill_nn::autodiff::Tensor::ones([2])).reshape([3]).value().unwrap_err();
    assert!(matches!(network.locate(outside), Error::Tape(_)));
}
