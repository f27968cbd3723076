//! A rate that falls along half a cosine wave.

use std::f64::consts::PI;
use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};

use crate::{Result, Schedule, setting};

/// From base down to a least rate along half a cosine wave of T steps, and up again in the next T:
/// PyTorch's `CosineAnnealingLR`, whose recursive form goes on like this past T.
///
/// The rate is min + (base − min)(1 + cos(π·step/T))/2. Source: Loshchilov & Hutter (2017), SGDR:
/// stochastic gradient descent with warm restarts, equation 5.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cosine {
    steps: NonZeroU64,
    min: f64,
}

impl Cosine {
    /// Down to 0 in T = `steps` steps.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless `steps` is at least 1.
    pub fn new(steps: u64) -> Result<Cosine> {
        Ok(Cosine { steps: setting::at_least_one("steps", steps)?, min: 0.0 })
    }

    /// Sets the rate at the wave's bottom, PyTorch's `eta_min`; it is no factor of base.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless it is finite and at least 0.
    pub fn min(self, rate: f64) -> Result<Cosine> {
        Ok(Cosine { min: setting::at_least_zero("min", rate)?, ..self })
    }
}

impl Schedule for Cosine {
    fn rate(&self, base: f64, step: u64) -> f64 {
        let angle = PI * step as f64 / self.steps.get() as f64;
        self.min + (base - self.min) * (1.0 + angle.cos()) / 2.0
    }
}
