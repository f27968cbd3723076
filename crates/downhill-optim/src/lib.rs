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
//! | adapters of the gradient | [`ClipNorm`], [`ClipValue`], [`AdaptiveClip`], [`Centralise`], [`Noise`], [`Accumulate`], [`Sam`], [`Decayed`] |
//! | adapters of θ | [`Averaged`], [`Lookahead`] |
//! | adapters of settings | [`Scheduled`], [`ReduceOnPlateau`], [`Grouped`] |
//!
//! One gradient is all that most of these are given. Those by curvature go downhill on an [`Objective`], which they
//! evaluate where they like: [`Optimizer::step_on`], which all the others have too.
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
#![doc = include_str!("../CONVENTIONS.md")]

mod adapters;
mod curvature;
mod error;
mod first_order;
mod lengths;
mod minimise;
mod norm;
mod optimizer;
mod parts;
pub mod schedule;
mod setting;
mod state;

pub use adapters::{
    Accumulate, AdaptiveClip, Averaged, Centralise, ClipNorm, ClipValue, Decayed, Group, Grouped, Lookahead,
    Noise, Plateau, ReduceOnPlateau, Sam, Scheduled,
};
pub use curvature::{
    Conjugacy, ConjugateGradient, Function, GaussNewton, Lbfgs, LeastSquares, LevenbergMarquardt, NewtonCg,
    Objective, Sophia, lanczos,
};
pub use error::{Error, Result};
pub use first_order::{
    Adadelta, Adafactor, Adagrad, Adam, AdamW, Adamax, Adan, Asgd, BiasCorrection, Epsilon, GradientDescent,
    Lamb, Lars, Lion, Muon, NAdam, RAdam, RmsProp, Rprop, ScheduleFreeAdamW, ScheduleFreeSgd, Sgd,
};
pub use minimise::minimise;
pub use norm::Norm;
pub use optimizer::Optimizer;
pub use schedule::Schedule;
pub use state::{State, StateVisitor, Value, load_state, save_state};

pub use downhill_tensor::{Layout, Real};
