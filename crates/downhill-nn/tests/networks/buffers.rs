//! Buffers: numbers that do not learn but belong to a network.

use downhill_nn::autodiff::{Shape, Tape, Tensor, Var};
use downhill_nn::{
    AnyLayer, BatchNorm1d, Buffer, Context, Error, Init, Layer, Linear, Network, Params, Result, Scalar,
    Scope, Sequential,
};
use proptest::prelude::*;
use serde_json::json;

use crate::{between, numbers};

fn network() -> Network {
    let layers = Sequential::new().then(Linear::new(3)).then(BatchNorm1d::new()).then(BatchNorm1d::new());
    Network::build(layers, [2]).unwrap()
}

/// One training pass, after which the buffers are brought up to date.
fn pass(network: &Network, params: &mut Params<f64>, x: &Tensor<f64>) {
    let mut tape = Tape::new();
    network.forward(&tape, params, tape.constant(x.clone()), Some(1)).value().unwrap();
    tape.clear();
    params.update_buffers(&tape);
}

#[test]
fn names_and_starts_are_pytorchs() {
    let params: Params<f64> = network().init(0);
    let dict: Vec<String> = params.state_dict().map(|(name, x)| format!("{name} {:?}", x.shape())).collect();
    let expected = [
        "0.weight [3, 2]",
        "0.bias [3]",
        "1.weight [3]",
        "1.bias [3]",
        "2.weight [3]",
        "2.bias [3]",
        "1.running_mean [3]",
        "1.running_var [3]",
        "2.running_mean [3]",
        "2.running_var [3]",
    ];
    assert_eq!(dict, expected);
    assert_eq!(params.get("2.running_mean").unwrap().as_slice(), [0.0; 3]);
    assert_eq!(params.get("2.running_var").unwrap().as_slice(), [1.0; 3]);
    assert_eq!((params.len(), params.buffers().len()), (21, 12));
}

#[test]
fn they_are_read_set_cast_compared_and_written() {
    let network = network();
    let mut params: Params<f64> = network.init(0);
    let value = Tensor::vector([0.5, 1.5, 2.5]);
    let before = params.clone();
    params.set("1.running_var", &value).unwrap();
    assert_ne!(params, before);
    assert_eq!(params.get("1.running_var").unwrap(), value);
    assert_eq!(params.cast::<f32>().get("1.running_var").unwrap(), value.cast());
    assert_eq!(params.cast::<f32>().cast::<f64>().buffers(), params.buffers());
    let error = params.set("1.running_var", &Tensor::ones([2])).unwrap_err();
    assert!(matches!(error, Error::ParameterShape { .. }), "{error}");
    let error = params.get("1.running").unwrap_err().to_string();
    assert!(error.contains("2.bias, 1.running_mean"), "{error}");
    // They do not learn, and so cannot be frozen.
    assert!(params.freeze("*.running_mean").is_err());
    let read: Params<f64> = bincode::deserialize(&bincode::serialize(&params).unwrap()).unwrap();
    assert_eq!(read, params);
    network.check_params(&read).unwrap();
    let x = numbers([4, 2], 1);
    assert_ne!(network.predict(&read, &x).unwrap(), network.predict(&before, &x).unwrap());
    // Parameters without them are those of another network.
    let without = Sequential::new()
        .then(Linear::new(3))
        .then(BatchNorm1d::new().without_running_stats())
        .then(BatchNorm1d::new());
    let other: Params<f64> = Network::build(without, [2]).unwrap().init(0);
    let error = network.check_params(&other).unwrap_err().to_string();
    assert!(error.contains("1.running_mean [3]"), "{error}");
    assert!(network.predict(&other, &x).is_err(), "an error, no panic");
}

#[test]
fn made_up_buffers_are_refused() {
    let params: Params<f64> = network().init(0);
    let sound = serde_json::to_value(&params).unwrap();
    for (place, value, reason) in [
        ("/buffers/shape", json!([3, 4]), "the buffers have shape [3, 4], its layout 12 elements"),
        ("/buffer_layout/len", json!(11), "the parts have 12 elements, not 11"),
        ("/buffer_layout/parts/0/name", json!("0.weight"), "two parts are named \"0.weight\""),
    ] {
        let mut changed = sound.clone();
        *changed.pointer_mut(place).unwrap() = value;
        let error = serde_json::from_value::<Params<f64>>(changed).unwrap_err().to_string();
        assert!(error.contains(reason), "{place}: {error}");
    }
}

/// Counts its training steps in a buffer, and gives it whatever shape it is told to.
#[derive(Clone)]
struct Count {
    name: &'static str,
    shape: Shape,
    count: Buffer,
}

impl Layer for Count {
    fn build(&mut self, scope: &mut Scope<'_>, input: Shape) -> Result<Shape> {
        scope.parameter("weight", [1], Init::Zeros)?;
        self.count = scope.buffer(self.name, [1], Init::Constant(0.0))?;
        Ok(input)
    }

    fn forward<'t, T: Scalar>(&self, cx: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
        if let Ok(count) = cx.buffer(&self.count).value() {
            cx.set_buffer(&self.count, &Tensor::full(self.shape, count.as_slice()[0] + T::one()));
        }
        x
    }
}

#[test]
fn a_layer_of_ones_own_has_them() {
    let count = |name, shape: Shape| Count { name, shape, count: Buffer::default() };
    let layers = Sequential::new().then(count("steps", [1].into()));
    let network = Network::build(layers, [2]).unwrap();
    let mut params: Params<f64> = network.init(0);
    let x = numbers([2, 2], 1);
    for steps in 1..4 {
        pass(&network, &mut params, &x);
        assert_eq!(params.get("0.steps").unwrap().as_slice(), [f64::from(steps)]);
    }
    // Posted, but the tape was not cleared since.
    let tape = Tape::new();
    network.forward(&tape, &params, tape.constant(x.clone()), Some(1));
    let before = params.clone();
    params.update_buffers(&tape);
    assert_eq!(params, before);

    let error = Network::build(count("weight", [1].into()), [2]).unwrap_err();
    assert_eq!(error, Error::DuplicateName { name: "weight".into() });
    let network = Network::build(count("steps", [2].into()), [2]).unwrap();
    let error = network.predict(&network.init::<f64>(0), &x).unwrap_err().to_string();
    assert!(error.starts_with("layer Count: ") && error.contains("a buffer keeps its shape"), "{error}");
}

#[test]
fn an_undeclared_buffer_is_an_error() {
    #[derive(Clone)]
    struct Undeclared;
    impl Layer for Undeclared {
        fn build(&mut self, _: &mut Scope<'_>, input: Shape) -> Result<Shape> {
            Ok(input)
        }

        fn forward<'t, T: Scalar>(&self, cx: &Context<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
            cx.set_buffer(&Buffer::default(), &Tensor::ones([1]));
            x * cx.buffer(&Buffer::default())
        }
    }
    let network = Network::build(AnyLayer::new(Undeclared), [2]).unwrap();
    let error = network.predict(&network.init::<f64>(0), &numbers([1, 2], 1)).unwrap_err().to_string();
    assert!(error.contains("was not declared in `build`"), "{error}");
}

proptest! {
    /// running ← (1 − momentum) running + momentum · the batch's, by hand.
    #[test]
    fn running_statistics(momentum in 0.0_f64..=1.0, n in 2_usize..6, length in 1_usize..4, seed: u64) {
        let network = Network::build(BatchNorm1d::new().momentum(momentum), [2, length]).unwrap();
        let mut params: Params<f64> = network.init(0);
        let (mut mean, mut var) = ([0.0; 2], [1.0; 2]);
        for step in 0..3 {
            let x = between([n, 2, length], -3.0, 5.0, seed ^ step);
            pass(&network, &mut params, &x);
            for channel in 0..2 {
                let of_channel = |i: &usize| i / length % 2 == channel;
                let x: Vec<f64> = (0..x.len()).filter(of_channel).map(|i| x.as_slice()[i]).collect();
                let count = x.len() as f64;
                let m = x.iter().sum::<f64>() / count;
                let v = x.iter().map(|x| (x - m) * (x - m)).sum::<f64>() / (count - 1.0);
                mean[channel] += momentum * (m - mean[channel]);
                var[channel] += momentum * (v - var[channel]);
            }
        }
        for (name, expected) in [("running_mean", mean), ("running_var", var)] {
            for (got, expected) in params.get(name).unwrap().as_slice().iter().zip(expected) {
                prop_assert!((got - expected).abs() < 1e-12 * expected.abs().max(1.0), "{} {}", got, expected);
            }
        }
        // In use nothing changes.
        let before = params.clone();
        network.predict(&params, &numbers([n, 2, length], seed)).unwrap();
        prop_assert_eq!(params, before);
    }
}
