//! A fully connected layer or a convolution and the activation behind it run as one operation, with the results of two.

use downhill_nn::autodiff::{Shape, Tape, Tensor};
use downhill_nn::{
    AnyLayer, Conv1d, Conv2d, LayerView, Linear, Network, Params, Reshape, Sequential, lambda,
};
use proptest::prelude::*;

use crate::numbers;
use crate::table::ACTIVATIONS;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn fused_is_unfused(n in 0_usize..5, inputs in 0_usize..5, outputs in 1_usize..20, bias: bool, seed: u64) {
        let linear = if bias { Linear::new(outputs) } else { Linear::new(outputs).without_bias() };
        let mut layers = vec![AnyLayer::new(linear)];
        if inputs > 0 {
            let (conv1d, conv2d) = (Conv1d::new(outputs, 3).padding(1), Conv2d::new(2 * outputs, [1, 2]).same());
            layers.push(AnyLayer::new(if bias { conv1d } else { conv1d.without_bias() }));
            layers.push(AnyLayer::new(if bias { conv2d.groups(2) } else { conv2d.without_bias() }));
        }
        let x = numbers([n, 2 * inputs], seed);
        for (layer, activation) in layers.iter().flat_map(|layer| ACTIVATIONS.map(|activation| (layer, activation))) {
            let shape: Shape = match layer.view() {
                LayerView::Conv1d(_) => [2, inputs].into(),
                LayerView::Conv2d(_) => [2, 1, inputs].into(),
                _ => [2 * inputs].into(),
            };
            let behind = || Sequential::new().then(Reshape::new(shape)).then(layer.clone());
            let fused = behind().then(activation);
            // A layer in between that does nothing keeps the two apart.
            let apart = behind().then(lambda!(|x| x)).then(activation);
            let [(y, dx, dtheta), expected] = [fused, apart].map(|layers| {
                let network = Network::build(layers, [2 * inputs]).unwrap();
                let params: Params<f64> = network.init(seed);
                let tape = Tape::new();
                let input = tape.variable(x.clone());
                let y = network.forward(&tape, &params, input, None);
                let mut gradient = vec![0.0; params.len()];
                let cotangent = numbers(y.shape(), seed ^ 1);
                let gradients = y.pullback(&cotangent, &mut gradient).unwrap();
                (y.value().unwrap(), gradients.wrt(input).unwrap(), Tensor::vector(gradient))
            });
            for (name, got, expected) in [("y", y, expected.0), ("dx", dx, expected.1), ("dθ", dtheta, expected.2)] {
                prop_assert_eq!(got.shape(), expected.shape());
                for (got, expected) in got.as_slice().iter().zip(expected.as_slice()) {
                    let close = (got - expected).abs() <= 1e-13 * expected.abs().max(1.0);
                    prop_assert!(close, "{:?} {:?}: {} is {} fused and {} not", layer, activation, name, got, expected);
                }
            }
        }
    }
}

#[test]
fn it_is_one_operation() {
    let network = Network::build(Sequential::new().then(Linear::new(2)).then(ACTIVATIONS[0]), [2]).unwrap();
    let params: Params = network.init(0);
    let nodes = |network: &Network| {
        let tape = Tape::new();
        network.forward(&tape, &params, tape.constant(Tensor::ones([1, 2])), None);
        format!("{tape:?}").matches("Node").count()
    };
    // The input, the weight, the bias and the one operation.
    assert_eq!(nodes(&network), 4);
}
