//! Networks of the cases' layers.

use downhill::nn::{AnyLayer, AvgPool2d, BatchNorm1d, BatchNorm2d, Conv2d, LayerNorm, MaxPool2d};
use downhill::prelude::{Activation, Flatten, Linear, Sequential};

use crate::json::Json;

/// A layer of its entry in a case.
type Build = fn(Json<'_>) -> AnyLayer;

/// The layers that the library has, by the cases' names.
const ROWS: &[(&str, Build)] = &[
    ("linear", |layer| {
        let linear = Linear::new(layer.count("out"));
        AnyLayer::new(if layer.flag("bias") { linear } else { linear.without_bias() })
    }),
    ("conv2d", |layer| {
        let conv = Conv2d::new(layer.count("out"), layer.count("kernel"));
        AnyLayer::new(conv.stride(layer.count("stride")).padding(layer.count("padding")))
    }),
    ("max_pool2d", |layer| {
        AnyLayer::new(MaxPool2d::new(layer.count("kernel")).stride(layer.count("stride")))
    }),
    ("avg_pool2d", |layer| {
        AnyLayer::new(AvgPool2d::new(layer.count("kernel")).stride(layer.count("stride")))
    }),
    ("relu", |_| AnyLayer::new(Activation::Relu)),
    ("leaky_relu", |layer| AnyLayer::new(Activation::LeakyRelu { slope: layer.number("negative_slope") })),
    ("tanh", |_| AnyLayer::new(Activation::Tanh)),
    ("gelu", |_| AnyLayer::new(Activation::Gelu)),
    ("silu", |_| AnyLayer::new(Activation::Silu)),
    ("flatten", |_| AnyLayer::new(Flatten)),
    ("layer_norm", |layer| AnyLayer::new(LayerNorm::new().eps(layer.number("eps")))),
    ("batch_norm1d", |layer| {
        let (eps, momentum) = (layer.number("eps"), layer.number("momentum"));
        AnyLayer::new(BatchNorm1d::new().eps(eps).momentum(momentum))
    }),
    ("batch_norm2d", |layer| {
        let (eps, momentum) = (layer.number("eps"), layer.number("momentum"));
        AnyLayer::new(BatchNorm2d::new().eps(eps).momentum(momentum))
    }),
];

/// The layers one after the other, or the names of those that the library lacks.
pub(crate) fn sequential(layers: Json<'_>) -> Result<Sequential, Vec<String>> {
    let mut lacking = Vec::new();
    let mut network = Sequential::new();
    for layer in layers.items() {
        let name = layer.text("layer");
        match ROWS.iter().find(|row| row.0 == name) {
            Some((_, build)) => network = network.then(build(layer)),
            None => lacking.push(name.to_string()),
        }
    }
    if lacking.is_empty() { Ok(network) } else { Err(lacking) }
}
