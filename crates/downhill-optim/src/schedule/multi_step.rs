//! A rate that falls at given steps.

use serde::{Deserialize, Serialize};

use crate::{Result, Schedule, setting};

/// base · γ^(the number of milestones up to this step): PyTorch's `MultiStepLR`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MultiStep {
    milestones: Vec<u64>,
    gamma: f64,
}

impl MultiStep {
    /// The rate is multiplied by `gamma` at each of the `milestones`, in any order; at one that is
    /// named twice, twice.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless `gamma` is finite and at least 0.
    pub fn new(milestones: impl Into<Vec<u64>>, gamma: f64) -> Result<MultiStep> {
        Ok(MultiStep { milestones: milestones.into(), gamma: setting::at_least_zero("gamma", gamma)? })
    }
}

impl Schedule for MultiStep {
    fn rate(&self, base: f64, step: u64) -> f64 {
        let passed = self.milestones.iter().filter(|&&milestone| milestone <= step).count();
        base * self.gamma.powf(passed as f64)
    }
}
