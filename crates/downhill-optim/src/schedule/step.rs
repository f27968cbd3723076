//! A rate that falls in equal steps.

use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};

use crate::{Result, Schedule, setting};

/// base · γ^⌊step / size⌋: PyTorch's `StepLR`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    size: NonZeroU64,
    gamma: f64,
}

impl Step {
    /// The rate is multiplied by `gamma` after every `size` steps.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless `size` is at least 1 and `gamma` finite and at
    /// least 0.
    pub fn new(size: u64, gamma: f64) -> Result<Step> {
        Ok(Step {
            size: setting::at_least_one("size", size)?,
            gamma: setting::at_least_zero("gamma", gamma)?,
        })
    }
}

impl Schedule for Step {
    fn rate(&self, base: f64, step: u64) -> f64 {
        base * self.gamma.powf((step / self.size) as f64)
    }
}
