//! The built-in layers, a file for each.

mod activation;
mod attention;
mod dropout;
mod embedding;
mod flatten;
mod lambda;
mod layer_norm;
mod linear;
mod position;
mod recurrent;
mod residual;
mod sequential;
mod softmax;
mod transformer;

pub use activation::Activation;
pub use attention::{Mask, MultiHeadAttention};
pub use dropout::Dropout;
pub use embedding::Embedding;
pub use flatten::Flatten;
pub use lambda::Lambda;
pub use layer_norm::{LayerNorm, RmsNorm};
pub use linear::Linear;
pub use position::{LearnedPositions, PositionalEncoding};
pub use recurrent::{Gru, Lstm, Recurrent, Rnn, States};
pub use residual::Residual;
pub use sequential::Sequential;
pub use softmax::{LogSoftmax, Softmax};
pub use transformer::{TransformerDecoderLayer, TransformerEncoderLayer};
