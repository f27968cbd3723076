//! Schedules: the learning rate as a function of the step.
//!
//! Each has the closed form of the PyTorch scheduler that its documentation names, and keeps nothing
//! but its settings, which are checked where it is made; of one that was deserialised, a rate out of range
//! is an error at the step. Schedules combine with [`Schedule::then`]; a closure `|base, step| ..` is a schedule
//! too.
//!
//! ```
//! use downhill_optim::schedule::{Cosine, Linear, Schedule};
//!
//! // Up to the base rate in 10 steps, then down to 0 in 90.
//! let schedule = Linear::warmup(10)?.then(10, Cosine::new(90)?);
//! assert_eq!(schedule.rate(0.5, 10), 0.5);
//! assert_eq!(schedule.rate(0.5, 55), 0.25);
//! assert_eq!(schedule.rate(0.5, 100), 0.0);
//! # Ok::<(), downhill_optim::Error>(())
//! ```

mod constant;
mod cosine;
mod cyclic;
mod exponential;
mod inverse_sqrt;
mod linear;
mod multi_step;
mod one_cycle;
mod polynomial;
mod step;
mod then;
mod warm_restarts;
mod with_momentum;

pub use constant::Constant;
pub use cosine::Cosine;
pub use cyclic::{Cyclic, Peaks};
pub use exponential::Exponential;
pub use inverse_sqrt::InverseSqrt;
pub use linear::Linear;
pub use multi_step::MultiStep;
pub use one_cycle::OneCycle;
pub use polynomial::Polynomial;
pub use step::Step;
pub use then::{Then, WarmupCosine};
pub use warm_restarts::WarmRestarts;
pub use with_momentum::WithMomentum;

/// The learning rate as a function of the step.
pub trait Schedule: Send {
    /// The rate of step `step`, counted from 0, of an optimizer whose own rate is `base`.
    fn rate(&self, base: f64, step: u64) -> f64;

    /// The momentum of step `step`, if the schedule sets that too. Then it has to be an optimizer's that has
    /// one.
    fn momentum(&self, step: u64) -> Option<f64> {
        let _ = step;
        None
    }

    /// This schedule, and beside it any other one for the momentum, which starts from `momentum`.
    fn with_momentum<M: Schedule>(self, momentum: f64, schedule: M) -> WithMomentum<Self, M>
    where
        Self: Sized,
    {
        WithMomentum::new(self, momentum, schedule)
    }

    /// This schedule for the first `steps` steps, then `next`, whose steps count from 0 again:
    /// PyTorch's `SequentialLR`.
    fn then<N: Schedule>(self, steps: u64, next: N) -> Then<Self, N>
    where
        Self: Sized,
    {
        Then::new(self, steps, next)
    }
}

impl<F: Fn(f64, u64) -> f64 + Send> Schedule for F {
    fn rate(&self, base: f64, step: u64) -> f64 {
        self(base, step)
    }
}
