//! Half cosine waves one after another.

use std::f64::consts::PI;
use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};

use crate::{Result, Schedule, setting};

/// From base down to a least rate along half a cosine wave, then at once up to base again, each wave a number
/// of times as long as the last: PyTorch's `CosineAnnealingWarmRestarts`.
///
/// Source: Loshchilov & Hutter (2017), SGDR: stochastic gradient descent with warm restarts, equation 5.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WarmRestarts {
    steps: NonZeroU64,
    times: NonZeroU64,
    min: f64,
}

impl WarmRestarts {
    /// A first wave of `steps` steps; each further one is `times` times as long as the one before.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless `steps` and `times` are at least 1.
    pub fn new(steps: u64, times: u64) -> Result<WarmRestarts> {
        let (steps, times) = (setting::at_least_one("steps", steps)?, setting::at_least_one("times", times)?);
        Ok(WarmRestarts { steps, times, min: 0.0 })
    }

    /// Sets the rate that a wave ends at, PyTorch's `eta_min`; it is no factor of base.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless it is finite and at least 0.
    pub fn min(self, rate: f64) -> Result<WarmRestarts> {
        Ok(WarmRestarts { min: setting::at_least_zero("min", rate)?, ..self })
    }
}

impl Schedule for WarmRestarts {
    fn rate(&self, base: f64, step: u64) -> f64 {
        let (mut at, mut length) = (step, self.steps.get());
        if self.times.get() == 1 {
            at %= length;
        }
        while at >= length {
            at -= length;
            length = length.saturating_mul(self.times.get());
        }
        let angle = PI * at as f64 / length as f64;
        self.min + (base - self.min) * (1.0 + angle.cos()) / 2.0
    }
}
