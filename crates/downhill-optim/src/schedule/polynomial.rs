//! A rate that falls to 0 as a power of the steps that remain.

use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};

use crate::{Result, Schedule, setting};

/// base · (1 − step / steps)^power, and 0 from step `steps` on: PyTorch's `PolynomialLR`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Polynomial {
    power: f64,
    steps: NonZeroU64,
}

impl Polynomial {
    /// Down to 0 in `steps` steps; a straight line if `power` is 1.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless `power` is finite and above 0 and `steps` at
    /// least 1.
    pub fn new(power: f64, steps: u64) -> Result<Polynomial> {
        Ok(Polynomial {
            power: setting::above_zero("power", power)?,
            steps: setting::at_least_one("steps", steps)?,
        })
    }
}

impl Schedule for Polynomial {
    fn rate(&self, base: f64, step: u64) -> f64 {
        let share = step.min(self.steps.get()) as f64 / self.steps.get() as f64;
        base * (1.0 - share).powf(self.power)
    }
}
