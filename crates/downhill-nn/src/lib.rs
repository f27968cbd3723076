//! Neural networks: layers, losses, initialisers, and one flat vector θ of named parameters.
//!
//! A [`Layer`] declares its parameters and composes differentiable operations; it holds no numbers. A
//! [`Network`] is a layer whose shapes have been checked; its numbers are a [`Params`].
//!
//! ```
//! use downhill_nn::{Activation, CrossEntropy, Linear, Loss, Network, Params, Sequential, Target};
//! use downhill_nn::autodiff::{Tape, Tensor};
//!
//! // Four features in, three classes out.
//! let layers = Sequential::new().then(Linear::new(16)).then(Activation::Relu).then(Linear::new(3));
//! let network = Network::build(layers, [4])?;
//! let params: Params = network.init(42);
//! println!("{}", network.summary(&params));
//!
//! // One forward and one backward pass by hand.
//! let x = Tensor::from_rows(&[[5.1, 3.5, 1.4, 0.2], [6.7, 3.0, 5.2, 2.3]]);
//! let y = Target::Classes(Tensor::vector([0, 2]));
//! let tape = Tape::new();
//! let logits = network.forward(&tape, &params, tape.constant(x), None);
//! let loss = CrossEntropy::new().loss(logits, &y);
//! let mut gradient = vec![0.0; params.len()];
//! loss.backward_into(&mut gradient)?;
//! assert!(gradient.iter().any(|&g| g != 0.0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod any;
#[cfg(feature = "dual")]
pub mod check;
mod context;
#[cfg(feature = "dual")]
mod curvature;
mod error;
mod init;
mod layer;
pub mod layers;
pub mod loss;
mod network;
mod params;
mod predictor;
mod scalar;
mod scope;
mod summary;
mod weight_penalty;

pub use any::{AnyLayer, LayerView};
pub use context::Context;
pub use error::{Error, Result};
pub use init::Init;
pub use layer::Layer;
pub use layers::{
    Activation, Dropout, Flatten, Graph, Lambda, Linear, LogSoftmax, Parallel, Repeat, Residual, Sequential,
    Softmax,
};
pub use layers::{ActivityPenalty, DropPath, Dropout2d, GaussianNoise, Glu, Maxout, PRelu, SwiGlu};
pub use layers::{
    AdaptiveAvgPool1d, AdaptiveAvgPool2d, AdaptiveMaxPool1d, AdaptiveMaxPool2d, AvgPool1d, AvgPool2d, Conv1d,
    Conv2d, ConvTranspose1d, ConvTranspose2d, GlobalAvgPool, GlobalMaxPool, MaxPool1d, MaxPool2d, Reshape,
    Upsample, ZeroPad1d, ZeroPad2d,
};
pub use layers::{BatchNorm1d, BatchNorm2d, GroupNorm, InstanceNorm1d, InstanceNorm2d, LayerNorm, RmsNorm};
pub use layers::{
    Embedding, Gru, LearnedPositions, Lstm, Mask, MultiHeadAttention, PositionalEncoding, Recurrent, Rnn,
    States, TransformerDecoderLayer, TransformerEncoderLayer,
};
pub use loss::{
    BinaryCrossEntropy, BinaryCrossEntropyWithLogits, CrossEntropy, CrossEntropyOnProbabilities, Huber, L1,
    Link, Loss, Mse, Reduction,
};
pub use network::Network;
pub use params::{Buffer, Param, Params};
pub use predictor::Predictor;
pub use scalar::Scalar;
pub use scope::Scope;
pub use summary::{LayerSummary, Summary};
pub use weight_penalty::WeightPenalty;

pub use downhill_autodiff as autodiff;
pub use downhill_autodiff::tensor::{Layout, Target};
