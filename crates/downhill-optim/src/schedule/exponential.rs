//! A rate that falls by the same factor each step.

use serde::{Deserialize, Serialize};

use crate::{Result, Schedule, setting};

/// base · γ^step: PyTorch's `ExponentialLR`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Exponential {
    gamma: f64,
}

impl Exponential {
    /// The rate is multiplied by `gamma` after each step.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless `gamma` is finite and at least 0.
    pub fn new(gamma: f64) -> Result<Exponential> {
        Ok(Exponential { gamma: setting::at_least_zero("gamma", gamma)? })
    }
}

impl Schedule for Exponential {
    fn rate(&self, base: f64, step: u64) -> f64 {
        base * self.gamma.powf(step as f64)
    }
}
