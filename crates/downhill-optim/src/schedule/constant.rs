//! A smaller rate at the beginning.

use serde::{Deserialize, Serialize};

use crate::{Result, Schedule, setting};

/// base · factor for a number of steps, base afterwards: PyTorch's `ConstantLR`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Constant {
    factor: f64,
    steps: u64,
}

impl Constant {
    /// base · `factor` for the first `steps` steps.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless `factor` is finite and at least 0.
    pub fn new(factor: f64, steps: u64) -> Result<Constant> {
        Ok(Constant { factor: setting::at_least_zero("factor", factor)?, steps })
    }
}

impl Schedule for Constant {
    fn rate(&self, base: f64, step: u64) -> f64 {
        if step < self.steps { base * self.factor } else { base }
    }
}
