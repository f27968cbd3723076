//! Optimizers: ways of going downhill on a function of a flat vector θ, given its gradient.
//!
//! This crate knows nothing of networks. An [`Optimizer`] is handed θ, ∇L(θ) and the [`Layout`] of θ,
//! and moves θ. Clipping and schedules are adapters that wrap an optimizer and are one themselves;
//! [`minimise`] is all that a function of a vector needs.
//!
//! ```
//! use downhill_optim::{Adam, Optimizer, minimise, schedule::Cosine};
//!
//! // Rosenbrock's banana-shaped valley; the minimum is at (1, 1).
//! let rosenbrock = |x: &[f64], gradient: &mut [f64]| {
//!     let (slope, bend) = (1.0 - x[0], x[1] - x[0] * x[0]);
//!     gradient[0] = -2.0 * slope - 400.0 * x[0] * bend;
//!     gradient[1] = 200.0 * bend;
//!     slope * slope + 100.0 * bend * bend
//! };
//!
//! let mut optimizer = Adam::new(0.1)?.clip_norm(10.0)?.schedule(Cosine::new(2000)?);
//! let mut x = [-1.2, 1.0];
//! let value = minimise(&mut optimizer, &mut x, 2000, rosenbrock)?;
//! assert!(value < 1e-6 && (x[0] - 1.0).abs() < 1e-3 && (x[1] - 1.0).abs() < 1e-3);
//! # Ok::<(), downhill_optim::Error>(())
//! ```

mod adam;
mod adamw;
mod clip_norm;
mod clip_value;
mod error;
mod gradient_descent;
mod lengths;
mod minimise;
mod moments;
mod norm;
mod optimizer;
mod parts;
mod rms_prop;
pub mod schedule;
mod scheduled;
mod setting;
mod sgd;
mod state;

pub use adam::Adam;
pub use adamw::AdamW;
pub use clip_norm::ClipNorm;
pub use clip_value::ClipValue;
pub use error::{Error, Result};
pub use gradient_descent::GradientDescent;
pub use minimise::minimise;
pub use norm::Norm;
pub use optimizer::Optimizer;
pub use rms_prop::RmsProp;
pub use schedule::Schedule;
pub use scheduled::Scheduled;
pub use sgd::Sgd;
pub use state::{State, StateVisitor, Value, load_state, save_state};

pub use downhill_tensor::{Layout, Real};
