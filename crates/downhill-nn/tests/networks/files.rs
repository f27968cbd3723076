//! Networks and parameters through serde: written, read, and made up.

use std::collections::BTreeSet;

use downhill_nn::autodiff::{Shape, Tensor};
use downhill_nn::{
    AnyLayer, Dropout, Embedding, Init, LayerView, Layout, Linear, Network, Params, Sequential,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::numbers;
use crate::table::{built_in, own};

/// The built-in layer that takes whole numbers only, which the inputs drawn for the table are not.
fn embedding() -> (AnyLayer, Shape) {
    (AnyLayer::new(Embedding::new(3, 2)), [4].into())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]
    #[test]
    fn a_network_read_again_answers_with_the_same_bits(seed: u64) {
        for (layer, sample) in built_in().into_iter().chain([embedding()]) {
            let network = Network::build(layer.clone(), sample).unwrap();
            let params: Params = network.init(seed);
            let x = numbers(sample.prepend(3).unwrap(), seed).cast::<f32>();
            let x = if matches!(layer.view(), LayerView::Embedding(_)) { x.map(|x| x.abs().floor()) } else { x };
            let y = network.predict(&params, &x).unwrap();
            let written = (&network, &params);
            let read: [(Network, Params); 2] = [
                bincode::deserialize(&bincode::serialize(&written).unwrap()).unwrap(),
                serde_json::from_str(&serde_json::to_string(&written).unwrap()).unwrap(),
            ];
            for (network, read) in read {
                prop_assert_eq!(&read, &params);
                network.check_params(&read).unwrap();
                prop_assert_eq!(network.predict(&read, &x).unwrap(), y.clone(), "{:?}", layer);
            }
        }
    }

    /// Whatever the bytes say, reading them ends well or with an error.
    #[test]
    fn damaged_bytes_never_panic(seed: u64, place: prop::sample::Index, bit in 0_u8..8) {
        let (layer, sample) = built_in().swap_remove(seed as usize % built_in().len());
        let network = Network::build(layer, sample).unwrap();
        let mut bytes = bincode::serialize(&(&network, network.init::<f32>(seed))).unwrap();
        let place = place.index(bytes.len());
        bytes[place] ^= 1 << bit;
        let _ = bincode::deserialize::<(Network, Params)>(&bytes);
        let _ = bincode::deserialize::<(Network, Params)>(&bytes[..place]);
    }
}

/// What the tests of files walk has every built-in layer.
#[test]
fn no_built_in_layer_is_left_out() {
    let place = |bytes: &[u8]| bytes.first_chunk().map(|bytes| u32::from_le_bytes(*bytes)).unwrap();
    let covered: BTreeSet<u32> = built_in()
        .iter()
        .chain([&embedding()])
        .map(|(layer, _)| place(&bincode::serialize(layer).unwrap()))
        .collect();
    // "… expected variant index 0 <= i < 35".
    let error = bincode::deserialize::<AnyLayer>(&u32::MAX.to_le_bytes()).unwrap_err().to_string();
    let count: u32 = error.rsplit(' ').next().unwrap().parse().unwrap();
    let missing: Vec<u32> = (0..count).filter(|place| !covered.contains(place)).collect();
    assert!(count > 30 && missing.is_empty(), "places in the table of any.rs: {missing:?}");
}

#[test]
fn own_layers_are_refused() {
    for (layer, sample) in own() {
        let network = Network::build(layer, sample).unwrap();
        for error in [
            bincode::serialize(&network).unwrap_err().to_string(),
            serde_json::to_string(&network).unwrap_err().to_string(),
        ] {
            assert!(error.contains("is not built in: its architecture cannot be saved"), "{error}");
            assert!(error.contains("layer Gain ") || error.contains("layer Lambda "), "{error}");
        }
        // The parameters can.
        let params: Params = network.init(1);
        let read: Params = bincode::deserialize(&bincode::serialize(&params).unwrap()).unwrap();
        network.check_params(&read).unwrap();
    }
    assert!(serde_json::from_str::<AnyLayer>("{\"Own\": null}").is_err());
}

#[test]
fn made_up_networks_are_refused() {
    let network = |layer: Value| serde_json::from_value::<Network>(json!({"layer": layer, "input": [4]}));
    let linear = |outputs: u64| {
        let none: Option<Init> = None;
        let affine = json!({"bias": true, "weight_init": none, "bias_init": none});
        json!({"Linear": {"outputs": outputs, "affine": affine}})
    };
    assert!(network(linear(3)).is_ok());
    for (layer, reason) in [
        (linear(u64::MAX), "too large"),
        (json!({"Dropout": {"p": 1.5}}), "Dropout: p must be at least 0 and below 1, got 1.5"),
        (json!({"Residual": {"body": linear(3)}}), "layer Residual: cannot take input of shape [4]"),
        (
            json!({"Sequential": {"layers": [linear(3), {"Residual": {"body": linear(2)}}]}}),
            "layer 1 (Residual)",
        ),
        (json!({"Mystery": {}}), "unknown variant `Mystery`"),
    ] {
        let error = network(layer).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
    let axes = json!({"layer": "Softmax", "input": [1, 1, 1, 1, 1, 1, 1, 1, 1]});
    assert!(serde_json::from_value::<Network>(axes).unwrap_err().to_string().contains("at most 8 axes"));
}

/// In bincode a sequential layer of one layer is a variant's number and a length, and again.
#[test]
fn bottomless_nesting_is_refused() {
    let one = bincode::serialize(&AnyLayer::new(Sequential::new().then(Sequential::new()))).unwrap();
    let empty = bincode::serialize(&AnyLayer::new(Sequential::new())).unwrap();
    let level = &one[..one.len() - empty.len()];
    let error = bincode::deserialize::<AnyLayer>(&level.repeat(1_000_000)).unwrap_err().to_string();
    assert_eq!(error, "layers are nested more than 64 deep");
    // And then all is well again.
    assert!(bincode::deserialize::<AnyLayer>(&one).is_ok());
}

#[test]
fn made_up_parameters_are_refused() {
    let network = Network::build(Sequential::new().then(Linear::new(2)), [3]).unwrap();
    let params: Params = network.init(0);
    let sound = serde_json::to_value(&params).unwrap();
    assert_eq!(serde_json::from_value::<Params>(sound.clone()).unwrap(), params);
    let changes: [(&str, Value, &str); 9] = [
        ("/theta/shape", json!([2, 4]), "θ has shape [2, 4], its layout 8 elements"),
        ("/theta", json!({"shape": [7], "elements": [0, 0, 0, 0, 0, 0, 0]}), "θ has shape [7]"),
        ("/layout/len", json!(9), "the parts have 8 elements, not 9"),
        ("/layout/parts/1/start", json!(5), "0.bias [2] begins at 5, not at 6"),
        ("/layout/parts/1/start", json!(u64::MAX), "begins at"),
        ("/layout/parts/0/shape", json!([2, 4]), "0.bias [2] begins at 6, not at 8"),
        ("/layout/parts/1/shape", json!([u64::MAX]), "is too large"),
        ("/layout/parts/1/name", json!("0.weight"), "two parts are named \"0.weight\""),
        ("/layout/parts", json!([]), "the parts have 0 elements, not 8"),
    ];
    for (place, value, reason) in changes {
        let mut changed = sound.clone();
        *changed.pointer_mut(place).unwrap() = value;
        let error = serde_json::from_value::<Params>(changed).unwrap_err().to_string();
        assert!(error.contains(reason), "{place}: {error}");
    }
    let layout: Layout = serde_json::from_value(sound["layout"].clone()).unwrap();
    assert_eq!(&layout, params.layout());
}

#[test]
fn parameters_of_another_network() {
    let network = Network::build(Linear::new(2), [3]).unwrap();
    let other: Params = Network::build(Linear::new(2).without_bias(), [3]).unwrap().init(0);
    assert_eq!(
        network.check_params(&other).unwrap_err().to_string(),
        "the network has the parameters weight [2, 3], bias [2]; these are weight [2, 3]"
    );
    // Not only the names: places and shapes.
    let wider: Params = Network::build(Linear::new(2), [4]).unwrap().init(0);
    assert!(network.check_params(&wider).is_err());
    assert!(network.predict(&wider, &Tensor::ones([1, 3])).is_err(), "an error, no panic");
    // Frozen or not, they are the same.
    let mut own: Params = network.init(0);
    own.freeze("*").unwrap();
    network.check_params(&own).unwrap();
}

#[test]
fn settings_survive() {
    let dropout = AnyLayer::new(Dropout::new(0.25).unwrap());
    assert_eq!(serde_json::to_string(&dropout).unwrap(), r#"{"Dropout":{"p":0.25}}"#);
    let linear = AnyLayer::new(Linear::new(2).without_bias().weight_init(Init::HeNormal));
    let read: AnyLayer = bincode::deserialize(&bincode::serialize(&linear).unwrap()).unwrap();
    assert!(matches!((linear.view(), read.view()), (LayerView::Linear(a), LayerView::Linear(b)) if a == b));
}
