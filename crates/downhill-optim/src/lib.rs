//! Optimizers: ways of going downhill on a function of a flat vector θ, given its gradient.
//!
//! This crate knows nothing of networks. An [`Optimizer`] is handed θ, ∇L(θ) and the [`Layout`] of θ,
//! and moves θ. Clipping and schedules are adapters that wrap an optimizer and are one themselves;
//! [`minimise`] is all that a function of a vector needs.
//!
//! | | |
//! |---|---|
//! | along the gradient | [`GradientDescent`], [`Sgd`], [`Asgd`], [`ScheduleFreeSgd`] |
//! | each element scaled | [`Adam`], [`AdamW`], [`Adamax`], [`NAdam`], [`RAdam`], [`Adan`], [`ScheduleFreeAdamW`], [`RmsProp`], [`Adagrad`], [`Adadelta`] |
//! | by signs | [`Lion`], [`Rprop`] |
//! | each layer or matrix as a whole | [`Lamb`], [`Lars`], [`Adafactor`], [`Muon`] |
//! | by curvature, with several evaluations a step | [`Lbfgs`], [`ConjugateGradient`], [`NewtonCg`], [`LevenbergMarquardt`], [`Sophia`] |
//! | adapters of the gradient | [`ClipNorm`], [`ClipValue`], [`AdaptiveClip`], [`Centralise`], [`Noise`], [`Accumulate`], [`Sam`] |
//! | adapters of θ | [`Averaged`], [`Lookahead`] |
//! | adapters of settings | [`Scheduled`], [`ReduceOnPlateau`], [`Grouped`] |
//!
//! One gradient is all that most of these are given. Those by curvature go downhill on an [`Objective`], which they
//! evaluate where they like: [`Optimizer::step_on`], which all the others have too.
//!
//! Conventions are PyTorch's unless a name or an option says otherwise: [`Epsilon`] is where Keras and ONNX differ.
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

mod accumulate;
mod adadelta;
mod adafactor;
mod adagrad;
mod adam;
mod adamax;
mod adamw;
mod adan;
mod adaptive_clip;
mod asgd;
mod averaged;
mod centralise;
mod clip_norm;
mod clip_value;
mod curvature;
mod epsilon;
mod error;
mod gradient_descent;
mod grouped;
mod lamb;
mod lars;
mod lengths;
mod lion;
mod lookahead;
mod minimise;
mod moments;
mod muon;
mod nadam;
mod noise;
mod norm;
mod optimizer;
mod parts;
mod plateau;
mod radam;
mod rms_prop;
mod rprop;
mod sam;
pub mod schedule;
mod schedule_free;
mod schedule_free_adamw;
mod schedule_free_sgd;
mod scheduled;
mod setting;
mod sgd;
mod state;

pub use accumulate::Accumulate;
pub use adadelta::Adadelta;
pub use adafactor::Adafactor;
pub use adagrad::Adagrad;
pub use adam::Adam;
pub use adamax::Adamax;
pub use adamw::AdamW;
pub use adan::Adan;
pub use adaptive_clip::AdaptiveClip;
pub use asgd::Asgd;
pub use averaged::Averaged;
pub use centralise::Centralise;
pub use clip_norm::ClipNorm;
pub use clip_value::ClipValue;
pub use curvature::{
    Conjugacy, ConjugateGradient, Function, GaussNewton, Lbfgs, LeastSquares, LevenbergMarquardt, NewtonCg,
    Objective, Sophia, lanczos,
};
pub use epsilon::Epsilon;
pub use error::{Error, Result};
pub use gradient_descent::GradientDescent;
pub use grouped::{Group, Grouped};
pub use lamb::Lamb;
pub use lars::Lars;
pub use lion::Lion;
pub use lookahead::Lookahead;
pub use minimise::minimise;
pub use muon::Muon;
pub use nadam::NAdam;
pub use noise::Noise;
pub use norm::Norm;
pub use optimizer::Optimizer;
pub use plateau::{Plateau, ReduceOnPlateau};
pub use radam::RAdam;
pub use rms_prop::RmsProp;
pub use rprop::Rprop;
pub use sam::Sam;
pub use schedule::Schedule;
pub use schedule_free_adamw::ScheduleFreeAdamW;
pub use schedule_free_sgd::ScheduleFreeSgd;
pub use scheduled::Scheduled;
pub use sgd::Sgd;
pub use state::{State, StateVisitor, Value, load_state, save_state};

pub use downhill_tensor::{Layout, Real};
