//! What the smaller layers compute, and what they refuse.

use downhill_nn::autodiff::{Shape, Tape, Tensor};
use downhill_nn::{ActivityPenalty, DropPath, Dropout2d, GaussianNoise, Glu, Maxout, PRelu, SwiGlu};
use downhill_nn::{AnyLayer, Error, Linear, Network, Params, Sequential, WeightPenalty};
use proptest::prelude::*;

use crate::{between, numbers};

fn train(layer: AnyLayer, x: &Tensor<f64>, seed: u64) -> Tensor<f64> {
    let network = Network::build(layer, x.shape().sample()).unwrap();
    let params: Params<f64> = network.init(0);
    let tape = Tape::new();
    network.forward(&tape, &params, tape.constant(x.clone()), Some(seed)).value().unwrap()
}

proptest! {
    /// What is dropped is dropped whole, as often as it should be, and the rest is scaled.
    #[test]
    fn whole_channels_and_samples_are_dropped(p in 0.0_f64..0.9, seed: u64) {
        let x = between([50, 60, 3], 1.0, 1.0, 0);
        let (whole, path) = (Dropout2d::new(p).unwrap(), DropPath::new(p).unwrap());
        for (layer, each) in [(AnyLayer::new(whole), 3), (AnyLayer::new(path), 180)] {
            let y = train(layer.clone(), &x, seed);
            let mut zeros = 0;
            for part in y.as_slice().chunks(each) {
                prop_assert!(part.iter().all(|&y| y == 0.0) || part.iter().all(|&y| y == 1.0 / (1.0 - p)));
                zeros += usize::from(part[0] == 0.0);
            }
            let parts = (y.len() / each) as f64;
            // Six standard deviations.
            let bound = 6.0 * (p * (1.0 - p) / parts).sqrt();
            prop_assert!((zeros as f64 / parts - p).abs() <= bound + 1e-12, "{} of {}", zeros, parts);
            let network = Network::build(layer, [60, 3]).unwrap();
            prop_assert_eq!(network.predict(&network.init(0), &x).unwrap(), x.clone());
        }
    }

    #[test]
    fn noise_has_its_mean_and_deviation(std in 0.1_f64..3.0, seed: u64) {
        let x = numbers([100, 100], seed);
        let layer = || AnyLayer::new(GaussianNoise::new(std).unwrap());
        let y = train(layer(), &x, seed);
        let noise: Vec<f64> = y.as_slice().iter().zip(x.as_slice()).map(|(y, x)| y - x).collect();
        let mean = noise.iter().sum::<f64>() / 1e4;
        let variance = noise.iter().map(|z| z * z).sum::<f64>() / 1e4;
        // Seven standard deviations of each.
        prop_assert!(mean.abs() < 0.07 * std, "mean {mean}");
        prop_assert!((variance / (std * std) - 1.0).abs() < 0.1, "variance {variance} for {std}");
        prop_assert_eq!(&train(layer(), &x, seed), &y);
        prop_assert_ne!(train(layer(), &x, seed ^ 1), y);
    }
}

#[test]
fn by_hand() {
    let x = Tensor::from_rows(&[[1.0, -2.0, 0.0, 3.0]]);
    let run = |layer: AnyLayer, x: &Tensor<f64>| {
        let network = Network::build(layer, x.shape().sample()).unwrap();
        network.predict(&network.init(0), x).unwrap()
    };
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    let glu = run(AnyLayer::new(Glu), &x);
    let swiglu = run(AnyLayer::new(SwiGlu), &x);
    for (got, expected) in [(&glu, [0.5, -2.0 * sigmoid(3.0)]), (&swiglu, [0.0, 3.0 * -2.0 * sigmoid(-2.0)])]
    {
        for (got, expected) in got.as_slice().iter().zip(expected) {
            assert!((got - expected).abs() < 1e-14, "{got} {expected}");
        }
    }
    assert_eq!(run(AnyLayer::new(PRelu::new()), &x).as_slice(), [1.0, -0.5, 0.0, 3.0]);

    let network = Network::build(PRelu::new().per_channel(), [2, 2]).unwrap();
    let mut params: Params<f64> = network.init(0);
    params.set("weight", &Tensor::vector([0.5, 2.0])).unwrap();
    let y = network.predict(&params, &Tensor::full([1, 2, 2], -1.0)).unwrap();
    assert_eq!(y.as_slice(), [-0.5, -0.5, -2.0, -2.0]);

    // The larger of x and −x is |x|.
    let network = Network::build(Maxout::new(1, 2).without_bias(), [1]).unwrap();
    let mut params: Params<f64> = network.init(0);
    params.set("weight", &Tensor::from_rows(&[[1.0], [-1.0]])).unwrap();
    let y = network.predict(&params, &Tensor::from_rows(&[[3.0], [-4.0]])).unwrap();
    assert_eq!((y.shape(), y.as_slice()), ([2, 1].into(), &[3.0, 4.0][..]));
}

#[test]
fn activity_penalties() {
    let layers = Sequential::new()
        .then(ActivityPenalty::new(0.5, 0.0).unwrap())
        .then(ActivityPenalty::new(0.1, 2.0).unwrap());
    let network = Network::build(layers, [2]).unwrap();
    let params: Params<f64> = network.init(0);
    let x = Tensor::from_rows(&[[1.0, -2.0], [0.0, 3.0]]);
    let mut tape = Tape::new();
    let y = network.forward(&tape, &params, tape.constant(x.clone()), Some(1));
    assert_eq!(y.value().unwrap(), x);
    let expected: f64 = (0.6 * 6.0 + 2.0 * 14.0) / 2.0;
    let penalty = tape.penalty().unwrap().value().unwrap().item().unwrap();
    assert!((penalty - expected).abs() < 1e-12, "{penalty} {expected}");
    tape.clear();
    assert!(tape.penalty().is_none());
    network.forward(&tape, &params, tape.constant(x), None);
    assert!(tape.penalty().is_none(), "not in use");
}

#[test]
fn weight_penalties() {
    let network = Network::build(Sequential::new().then(Linear::new(2)).then(Linear::new(1)), [1]).unwrap();
    let mut params: Params<f64> = network.init(0);
    params.set("0.weight", &Tensor::from_rows(&[[1.0], [-2.0]])).unwrap();
    params.set("1.weight", &Tensor::from_rows(&[[3.0, 4.0]])).unwrap();
    let penalty = WeightPenalty::new("*.weight", 0.5, 0.1).unwrap();
    penalty.check(&params).unwrap();
    let on = |params: &Params<f64>| {
        let tape = Tape::new();
        penalty.apply(&tape, params);
        let mut gradient = vec![0.0; params.len()];
        let value = tape.penalty().unwrap();
        value.backward_into(&mut gradient).unwrap();
        (value.value().unwrap().item().unwrap(), gradient)
    };
    let (value, gradient) = on(&params);
    assert!((value - (0.5 * 10.0 + 0.1 * 30.0)).abs() < 1e-12, "{value}");
    for (got, expected) in gradient.iter().zip([0.7, -0.9, 0.0, 0.0, 1.1, 1.3, 0.0]) {
        assert!((got - expected).abs() < 1e-12, "{gradient:?}");
    }
    // What does not learn costs nothing.
    params.freeze("0.*").unwrap();
    let (value, _) = on(&params);
    assert!((value - (0.5 * 7.0 + 0.1 * 25.0)).abs() < 1e-12, "{value}");
    let error = WeightPenalty::new("2.*", 0.5, 0.1).unwrap().check(&params).unwrap_err();
    assert!(matches!(error, Error::UnknownName { .. }), "{error}");
}

#[test]
fn settings_out_of_range() {
    let wrong = [-0.1, f64::NAN, f64::INFINITY];
    for value in wrong {
        let errors = [
            Dropout2d::new(value).unwrap_err(),
            DropPath::new(value).unwrap_err(),
            GaussianNoise::new(value).unwrap_err(),
            ActivityPenalty::new(value, 0.0).unwrap_err(),
            ActivityPenalty::new(0.0, value).unwrap_err(),
            WeightPenalty::new("*", value, 0.0).unwrap_err(),
            WeightPenalty::new("*", 0.0, value).unwrap_err(),
        ];
        for error in errors {
            assert!(matches!(error, Error::Setting { .. }), "{error}");
        }
    }
    assert!(Dropout2d::new(1.0).is_err() && DropPath::new(1.0).is_err());
    let cases: [(AnyLayer, Shape, &str); 7] = [
        (AnyLayer::new(Glu), [3].into(), "a last axis of even length"),
        (AnyLayer::new(SwiGlu), Shape::SCALAR, "a last axis of even length"),
        (AnyLayer::new(Maxout::new(2, 0)), [3].into(), "at least one piece"),
        (AnyLayer::new(Maxout::new(2, 3)), Shape::SCALAR, "at least one axis of features"),
        (AnyLayer::new(Maxout::new(usize::MAX, 3)), [3].into(), "too large"),
        (AnyLayer::new(Maxout::new(2, 2)), [1, 1, 1, 1, 1, 1, 3].into(), "an axis for its pieces"),
        (AnyLayer::new(PRelu::new().per_channel()), Shape::SCALAR, "samples [channels, …]"),
    ];
    for (layer, input, reason) in cases {
        let kind = format!("{layer:?}");
        let error = Network::build(layer, input).unwrap_err();
        assert!(matches!(&error, Error::Build { layer, .. } if *layer == kind), "{kind}: {error}");
        assert!(error.to_string().contains(reason), "{error}: {reason}");
    }
    assert!(Network::build(PRelu::new().start(f64::NAN), [2]).is_err());
}

/// A file may hold anything.
#[test]
fn made_up_settings_are_refused() {
    for layer in [
        r#"{"Dropout2d": {"p": 2.0}}"#,
        r#"{"DropPath": {"p": -1.0}}"#,
        r#"{"GaussianNoise": {"std": -1.0}}"#,
        r#"{"ActivityPenalty": {"l1": -1.0, "l2": 0.0}}"#,
        r#"{"Maxout": {"linear": {"outputs": 5, "affine": {"bias": true}}, "pieces": 2}}"#,
    ] {
        let error = serde_json::from_str::<Network>(&format!(r#"{{"layer": {layer}, "input": [4]}}"#));
        assert!(error.is_err(), "{layer}");
    }
}
