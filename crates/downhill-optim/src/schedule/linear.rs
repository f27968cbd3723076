//! A rate that changes along a straight line.

use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};

use crate::{Result, Schedule, setting};

/// From base · start to base · end along a straight line, constant afterwards: PyTorch's `LinearLR`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Linear {
    start: f64,
    end: f64,
    steps: NonZeroU64,
}

impl Linear {
    /// From base · `start` at step 0 to base · `end` at step `steps`.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless `start` and `end` are finite and at least 0 and
    /// `steps` at least 1.
    pub fn new(start: f64, end: f64, steps: u64) -> Result<Linear> {
        Ok(Linear {
            start: setting::at_least_zero("start", start)?,
            end: setting::at_least_zero("end", end)?,
            steps: setting::at_least_one("steps", steps)?,
        })
    }

    /// The usual warm-up: `steps` equal steps up to base, the first of which is not 0. The rate of
    /// step s is base · (s + 1) / (`steps` + 1), and base from step `steps` on.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless `steps` is at least 1.
    pub fn warmup(steps: u64) -> Result<Linear> {
        Linear::new(1.0 / (steps as f64 + 1.0), 1.0, steps)
    }
}

impl Schedule for Linear {
    fn rate(&self, base: f64, step: u64) -> f64 {
        let share = step.min(self.steps.get()) as f64 / self.steps.get() as f64;
        base * (self.start + (self.end - self.start) * share)
    }
}
