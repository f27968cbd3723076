//! A rate that falls as the root of the steps.

use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};

use crate::{Result, Schedule, setting};

/// In equal steps up to base, then down as 1/√step: base · min(n/w, √(w/n)) at the n-th step, n = step + 1,
/// with w steps of warm-up. Also called Noam's.
///
/// Source: Vaswani et al. (2017), Attention is all you need, equation 3, whose peak, here base, is
/// 1/√(w·d_model).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InverseSqrt {
    warmup: NonZeroU64,
}

impl InverseSqrt {
    /// Up to base in `warmup` steps.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless `warmup` is at least 1.
    pub fn new(warmup: u64) -> Result<InverseSqrt> {
        Ok(InverseSqrt { warmup: setting::at_least_one("warmup", warmup)? })
    }
}

impl Schedule for InverseSqrt {
    fn rate(&self, base: f64, step: u64) -> f64 {
        let share = (step as f64 + 1.0) / self.warmup.get() as f64;
        base * share.min(1.0 / share.sqrt())
    }
}
