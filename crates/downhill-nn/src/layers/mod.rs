//! The built-in layers, a file for each.

mod activation;
mod activity_penalty;
mod affine;
mod attention;
mod batch_norm;
mod convolution;
mod dropout;
mod embedding;
mod extent;
mod flatten;
mod gated;
mod graph;
mod join;
mod lambda;
mod layer_norm;
mod linear;
mod noise;
mod parallel;
mod pool;
mod position;
mod prelu;
mod recurrent;
mod repeat;
mod reshape;
mod residual;
mod sequential;
mod softmax;
mod transformer;
mod transposed_convolution;
mod upsample;
mod zero_pad;

pub use activation::Activation;
pub use activity_penalty::ActivityPenalty;
pub use attention::{Mask, MultiHeadAttention};
pub use batch_norm::{
    BatchNorm, BatchNorm1d, BatchNorm2d, GroupNorm, InstanceNorm, InstanceNorm1d, InstanceNorm2d,
};
pub use convolution::{Conv, Conv1d, Conv2d};
pub use dropout::{DropPath, Dropout, Dropout2d};
pub use embedding::Embedding;
pub use extent::Extent;
pub use flatten::Flatten;
pub use gated::{Glu, Maxout, SwiGlu};
pub use graph::{Graph, Node};
pub use lambda::Lambda;
pub use layer_norm::{LayerNorm, RmsNorm};
pub use linear::Linear;
pub use noise::GaussianNoise;
pub use parallel::Parallel;
pub use pool::{
    AdaptiveAvgPool, AdaptiveAvgPool1d, AdaptiveAvgPool2d, AdaptiveMaxPool, AdaptiveMaxPool1d,
    AdaptiveMaxPool2d, AvgPool, AvgPool1d, AvgPool2d, GlobalAvgPool, GlobalMaxPool, MaxPool, MaxPool1d,
    MaxPool2d,
};
pub use position::{LearnedPositions, PositionalEncoding};
pub use prelu::PRelu;
pub use recurrent::{Gru, Lstm, Recurrent, Rnn, States};
pub use repeat::Repeat;
pub use reshape::Reshape;
pub use residual::Residual;
pub use sequential::Sequential;
pub use softmax::{LogSoftmax, Softmax};
pub use transformer::{TransformerDecoderLayer, TransformerEncoderLayer};
pub use transposed_convolution::{ConvTranspose, ConvTranspose1d, ConvTranspose2d};
pub use upsample::Upsample;
pub use zero_pad::{ZeroPad, ZeroPad1d, ZeroPad2d};
