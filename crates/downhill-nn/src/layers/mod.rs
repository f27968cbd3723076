//! The built-in layers, a file for each.

mod activation;
mod dropout;
mod flatten;
mod lambda;
mod layer_norm;
mod linear;
mod residual;
mod sequential;
mod softmax;

pub use activation::Activation;
pub use dropout::Dropout;
pub use flatten::Flatten;
pub use lambda::Lambda;
pub use layer_norm::{LayerNorm, RmsNorm};
pub use linear::Linear;
pub use residual::Residual;
pub use sequential::Sequential;
pub use softmax::{LogSoftmax, Softmax};
