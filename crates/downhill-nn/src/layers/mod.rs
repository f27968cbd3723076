//! The built-in layers, a file for each.

mod activation;
mod dropout;
mod flatten;
mod graph;
mod join;
mod lambda;
mod linear;
mod parallel;
mod repeat;
mod residual;
mod sequential;
mod softmax;

pub use activation::Activation;
pub use dropout::Dropout;
pub use flatten::Flatten;
pub use graph::{Graph, Node};
pub use lambda::Lambda;
pub use linear::Linear;
pub use parallel::Parallel;
pub use repeat::Repeat;
pub use residual::Residual;
pub use sequential::Sequential;
pub use softmax::{LogSoftmax, Softmax};
