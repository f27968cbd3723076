//! The differentiation rules, a file for each operation or family.

pub mod attention;
pub mod convolution;
pub mod cross_entropy;
pub mod elementwise;
pub mod embedding;
mod gated;
pub mod linear;
pub mod matmul;
pub mod normalize;
pub mod pairwise;
pub mod pool;
pub mod rearrange;
pub mod recurrent;
pub mod reduce;
pub mod resize;
pub mod softmax;

use downhill_tensor::Shape;

/// The place of an axis that the forward pass has found to exist.
fn known_axis(shape: Shape, axis: isize) -> usize {
    shape.axis(axis).unwrap_or_default()
}
