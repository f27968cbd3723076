//! Tensor math for the CPU: shapes, broadcasting, matrix products, reductions and vectorised
//! functions, on top of nalgebra.
//!
//! This crate knows nothing of derivatives or networks; it is the array library under them and can be
//! used alone.
//!
//! ```
//! use downhill_tensor::Tensor;
//!
//! // Two samples of three features, and a 3 → 2 linear map.
//! let x = Tensor::from_rows(&[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
//! let w = Tensor::from_rows(&[[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]);
//! let y = x.matmul(&w)?;
//! assert_eq!(y.as_slice(), [4.0, 5.0, 10.0, 11.0]);
//!
//! // A [n, f] tensor is an f × n nalgebra matrix, one sample a column, without a copy.
//! assert_eq!(y.columns()?.column(0).as_slice(), [4.0, 5.0]);
//! # Ok::<(), downhill_tensor::Error>(())
//! ```

mod axes;
mod buffer;
mod element;
mod elementwise;
mod error;
pub mod gemm;
pub mod kernel;
mod layout;
mod linalg;
pub mod math;
mod matmul;
pub mod random;
mod real;
mod rearrange;
mod reduce;
mod serde_impls;
mod shape;
#[doc(hidden)]
pub mod simd;
mod target;
mod tensor;
mod threads;
mod workspace;

pub use axes::{Axes, AxisOrder};
pub use element::Element;
pub use error::{Error, Result};
pub use gemm::Store;
pub use layout::{Layout, Part};
pub use math::Math;
pub use real::Real;
pub use shape::Shape;
pub use target::Target;
pub use tensor::Tensor;
pub use threads::Threads;
pub use workspace::Workspace;

pub use nalgebra;
#[cfg(feature = "dual")]
pub use num_dual;
