//! Reverse-mode automatic differentiation: one rule per operation, and a tape that chains them.
//!
//! A [`Tape`] records a computation made of small functions; [`Var::backward`] walks it from the result
//! backwards by the chain rule. Each operation is a [`Rule`]: how to compute it and how to carry a
//! derivative back through it, side by side. `check` proves a rule against dual numbers and
//! differences (feature `dual`).
//!
//! ```
//! use downhill_autodiff::{Tape, Tensor};
//!
//! // f(x, w) = Σ tanh(x·w)²
//! let tape = Tape::new();
//! let x = tape.constant(Tensor::from_rows(&[[1.0, 2.0], [3.0, 4.0]]));
//! let w = tape.variable(Tensor::from_rows(&[[0.1], [-0.2]]));
//! let f = x.matmul(w).tanh().square().sum();
//! let gradient = f.backward()?.wrt(w)?;
//! assert_eq!(gradient.shape(), [2, 1]);
//!
//! // Shapes that do not fit are found where the result is asked for, and say where they were written.
//! let wrong = w.matmul(x).value().unwrap_err().to_string();
//! assert!(wrong.contains("matmul") && wrong.contains("[2, 1]"), "{wrong}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod backward;
#[cfg(feature = "dual")]
pub mod check;
pub mod derivative;
mod error;
mod rule;
pub mod rules;
mod sink;
mod tape;
mod var;
mod weights;

pub use backward::Gradients;
pub use error::{Error, Origin, Result};
pub use rule::{Forward, Operands, Pullback, Rule};
pub use sink::{Destination, Sink};
pub use tape::Tape;
pub use var::Var;

pub use downhill_tensor as tensor;
pub use downhill_tensor::{Real, Shape, Tensor};
