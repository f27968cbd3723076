//! Layers by name.

use downhill::nn::{
    Activation, AnyLayer, AvgPool2d, BatchNorm1d, BatchNorm2d, Conv2d, Dropout, Dropout2d, Embedding,
    Flatten, GaussianNoise, GlobalAvgPool, GlobalMaxPool, Glu, GroupNorm, Gru, LayerNorm, LearnedPositions,
    Linear, Lstm, MaxPool2d, Maxout, PRelu, Parallel, PositionalEncoding, Residual, RmsNorm, Rnn, Sequential,
    SwiGlu, TransformerEncoderLayer,
};
use serde::de::IntoDeserializer;
use serde::de::value::Error as ValueError;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// A layer, as `"relu"`, `{ linear = 64 }` or `{ residual = [...] }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LayerConfig {
    /// Fully connected, with this many outputs.
    Linear(usize),

    Relu,
    Relu6,
    LeakyRelu(f64),
    Elu(f64),
    Selu,
    Softplus,
    Tanh,
    Sigmoid,
    LogSigmoid,
    HardSigmoid,
    Softsign,
    Gelu,
    GeluTanh,
    Silu,
    Mish,
    HardSwish,
    Prelu,
    Glu,
    #[serde(rename = "swiglu")]
    SwiGlu,
    Maxout {
        outputs: usize,
        pieces: usize,
    },

    /// A convolution of images; the padding keeps their size unless it is given.
    #[serde(rename = "conv2d")]
    Conv2d {
        channels: usize,
        kernel: usize,
        #[serde(default = "one")]
        stride: usize,
        #[serde(default)]
        padding: Option<usize>,
    },
    /// The largest of each square of this size.
    #[serde(rename = "max-pool2d")]
    MaxPool2d(usize),
    /// The mean of each square of this size.
    #[serde(rename = "avg-pool2d")]
    AvgPool2d(usize),
    GlobalAvgPool,
    GlobalMaxPool,

    /// Drops numbers with this probability.
    Dropout(f64),
    /// Drops whole channels with this probability.
    #[serde(rename = "dropout2d")]
    Dropout2d(f64),
    /// Adds noise of this standard deviation.
    Noise(f64),

    #[serde(rename = "batch-norm1d")]
    BatchNorm1d,
    #[serde(rename = "batch-norm2d")]
    BatchNorm2d,
    LayerNorm,
    RmsNorm,
    GroupNorm(usize),

    /// x + layers(x).
    Residual(Vec<LayerConfig>),
    /// The outputs of several chains side by side.
    Parallel(Vec<Vec<LayerConfig>>),
    Flatten,

    Embedding {
        tokens: usize,
        width: usize,
    },
    Rnn(usize),
    Gru(usize),
    Lstm(usize),
    PositionalEncoding,
    LearnedPositions,
    TransformerEncoder {
        heads: usize,
        hidden: usize,
    },
}

fn one() -> usize {
    1
}

/// The activations that `--activation` knows.
pub(crate) const ACTIVATIONS: [&str; 15] = [
    "relu",
    "gelu",
    "silu",
    "tanh",
    "sigmoid",
    "mish",
    "selu",
    "softplus",
    "relu6",
    "prelu",
    "softsign",
    "hard-swish",
    "hard-sigmoid",
    "log-sigmoid",
    "gelu-tanh",
];

/// The activation of a name.
pub(crate) fn activation(name: &str) -> Result<LayerConfig> {
    LayerConfig::deserialize(name.into_deserializer())
        .map_err(|error: ValueError| Error::Usage(format!("--activation: {error}")))
}

/// Fully connected layers of these sizes, each with an activation and perhaps dropout behind it.
pub(super) fn perceptron(hidden: &[usize], activation: LayerConfig, dropout: f64) -> Vec<LayerConfig> {
    let mut layers = Vec::new();
    for &outputs in hidden {
        layers.extend([LayerConfig::Linear(outputs), activation.clone()]);
        if dropout != 0.0 {
            layers.push(LayerConfig::Dropout(dropout));
        }
    }
    layers
}

impl LayerConfig {
    /// The layers of a list, one after the other.
    pub(crate) fn chain(layers: &[LayerConfig]) -> Result<Sequential> {
        layers.iter().try_fold(Sequential::new(), |chain, layer| Ok(chain.then(layer.build()?)))
    }

    fn build(&self) -> Result<AnyLayer> {
        use Activation as A;
        Ok(match *self {
            LayerConfig::Linear(outputs) => Linear::new(outputs).into(),

            LayerConfig::Relu => A::Relu.into(),
            LayerConfig::Relu6 => A::Relu6.into(),
            LayerConfig::LeakyRelu(slope) => A::LeakyRelu { slope }.into(),
            LayerConfig::Elu(alpha) => A::Elu { alpha }.into(),
            LayerConfig::Selu => A::Selu.into(),
            LayerConfig::Softplus => A::Softplus { beta: 1.0, threshold: 20.0 }.into(),
            LayerConfig::Tanh => A::Tanh.into(),
            LayerConfig::Sigmoid => A::Sigmoid.into(),
            LayerConfig::LogSigmoid => A::LogSigmoid.into(),
            LayerConfig::HardSigmoid => A::HardSigmoid.into(),
            LayerConfig::Softsign => A::Softsign.into(),
            LayerConfig::Gelu => A::Gelu.into(),
            LayerConfig::GeluTanh => A::GeluTanh.into(),
            LayerConfig::Silu => A::Silu.into(),
            LayerConfig::Mish => A::Mish.into(),
            LayerConfig::HardSwish => A::HardSwish.into(),
            LayerConfig::Prelu => PRelu::new().into(),
            LayerConfig::Glu => Glu.into(),
            LayerConfig::SwiGlu => SwiGlu.into(),
            LayerConfig::Maxout { outputs, pieces } => Maxout::new(outputs, pieces).into(),

            LayerConfig::Conv2d { channels, kernel, stride, padding } => {
                Conv2d::new(channels, kernel).stride(stride).padding(padding.unwrap_or(kernel / 2)).into()
            }
            LayerConfig::MaxPool2d(size) => MaxPool2d::new(size).into(),
            LayerConfig::AvgPool2d(size) => AvgPool2d::new(size).into(),
            LayerConfig::GlobalAvgPool => GlobalAvgPool.into(),
            LayerConfig::GlobalMaxPool => GlobalMaxPool.into(),

            LayerConfig::Dropout(p) => Dropout::new(p)?.into(),
            LayerConfig::Dropout2d(p) => Dropout2d::new(p)?.into(),
            LayerConfig::Noise(deviation) => GaussianNoise::new(deviation)?.into(),

            LayerConfig::BatchNorm1d => BatchNorm1d::new().into(),
            LayerConfig::BatchNorm2d => BatchNorm2d::new().into(),
            LayerConfig::LayerNorm => LayerNorm::new().into(),
            LayerConfig::RmsNorm => RmsNorm::new().into(),
            LayerConfig::GroupNorm(groups) => GroupNorm::new(groups).into(),

            LayerConfig::Residual(ref layers) => Residual::new(LayerConfig::chain(layers)?).into(),
            LayerConfig::Parallel(ref chains) => chains
                .iter()
                .try_fold(Parallel::concat(0), |all, chain| {
                    Ok::<_, Error>(all.branch(LayerConfig::chain(chain)?))
                })?
                .into(),
            LayerConfig::Flatten => Flatten.into(),

            LayerConfig::Embedding { tokens, width } => Embedding::new(tokens, width).into(),
            LayerConfig::Rnn(hidden) => Rnn::new(hidden).into(),
            LayerConfig::Gru(hidden) => Gru::new(hidden).into(),
            LayerConfig::Lstm(hidden) => Lstm::new(hidden).into(),
            LayerConfig::PositionalEncoding => PositionalEncoding::new().into(),
            LayerConfig::LearnedPositions => LearnedPositions::new().into(),
            LayerConfig::TransformerEncoder { heads, hidden } => {
                TransformerEncoderLayer::new(heads, hidden).into()
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_activation_has_its_name() {
        for name in ACTIVATIONS {
            let chain = LayerConfig::chain(&[activation(name).unwrap()]).unwrap();
            assert_eq!(chain.len(), 1, "{name}");
        }
        assert!(activation("rleu").unwrap_err().to_string().contains("unknown variant `rleu`"));
    }
}
