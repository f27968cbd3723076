//! When to stop.

use crate::{Error, Result};

/// Ends training when the loss has not fallen for a number of epochs, and brings back the parameters of
/// the best epoch (Prechelt 1998). The loss is that on the validation set if there is one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EarlyStopping {
    pub(crate) patience: usize,
    pub(crate) min_fall: f64,
}

impl EarlyStopping {
    /// Ends training after this many epochs in a row without a lower loss; 0 means 1.
    pub fn new(patience: usize) -> EarlyStopping {
        EarlyStopping { patience, min_fall: 0.0 }
    }

    /// Lets a loss count as lower only if it is by more than this: finite and at least 0, or
    /// [`fit`](crate::Trainer::fit) refuses it.
    #[must_use]
    pub fn min_fall(mut self, fall: f64) -> EarlyStopping {
        self.min_fall = fall;
        self
    }

    pub(crate) fn check(self) -> Result<()> {
        let value = self.min_fall;
        if (0.0..f64::INFINITY).contains(&value) {
            return Ok(());
        }
        Err(Error::Setting { setting: "the fall of early stopping", rule: "finite and at least 0", value })
    }
}
