//! One schedule after another.

use serde::{Deserialize, Serialize};

use super::{Cosine, Linear};
use crate::{Result, Schedule};

/// One schedule for a number of steps, then another: made by [`Schedule::then`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Then<A, B> {
    first: A,
    steps: u64,
    next: B,
}

impl<A, B> Then<A, B> {
    pub(super) fn new(first: A, steps: u64, next: B) -> Then<A, B> {
        Then { first, steps, next }
    }
}

impl<A: Schedule, B: Schedule> Schedule for Then<A, B> {
    fn rate(&self, base: f64, step: u64) -> f64 {
        match step.checked_sub(self.steps) {
            None => self.first.rate(base, step),
            Some(step) => self.next.rate(base, step),
        }
    }

    fn momentum(&self, step: u64) -> Option<f64> {
        match step.checked_sub(self.steps) {
            None => self.first.momentum(step),
            Some(step) => self.next.momentum(step),
        }
    }
}

/// A linear warm-up, then half a cosine wave.
pub type WarmupCosine = Then<Linear, Cosine>;

impl WarmupCosine {
    /// [`Linear::warmup`] in `warmup` of `steps` steps, then [`Cosine`] down to 0 in those that remain.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless `warmup` is at least 1 and `steps` above it.
    pub fn over(warmup: u64, steps: u64) -> Result<WarmupCosine> {
        Ok(Linear::warmup(warmup)?.then(warmup, Cosine::new(steps.saturating_sub(warmup))?))
    }
}
