//! A rate that rises and falls again and again.

use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};

use crate::{Result, Schedule, setting};

/// From base up to a peak along a straight line, down again, and so on: PyTorch's `CyclicLR`.
///
/// Source: Smith (2017), Cyclical learning rates for training neural networks, section 3.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cyclic {
    peak: f64,
    up: NonZeroU64,
    down: NonZeroU64,
    peaks: Peaks,
    /// The least and the largest.
    momentum: Option<(f64, f64)>,
}

/// How the peaks of a [`Cyclic`] schedule change.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Peaks {
    /// They do not: PyTorch's `triangular`.
    Same,
    /// Each is half as far above base as the one before: `triangular2`.
    Halving,
    /// The distance from base is multiplied by γ^step: `exp_range`.
    Power(f64),
}

impl Cyclic {
    /// From base to `peak` in `up` steps and back in as many.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless `peak` is finite and at least 0 and `up` at least 1.
    pub fn new(peak: f64, up: u64) -> Result<Cyclic> {
        let (peak, up) = (setting::at_least_zero("peak", peak)?, setting::at_least_one("up", up)?);
        Ok(Cyclic { peak, up, down: up, peaks: Peaks::Same, momentum: None })
    }

    /// Sets the number of steps down.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless it is at least 1.
    pub fn down(self, steps: u64) -> Result<Cyclic> {
        Ok(Cyclic { down: setting::at_least_one("down", steps)?, ..self })
    }

    /// Sets how the peaks change.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless a γ is finite and at least 0.
    pub fn peaks(self, peaks: Peaks) -> Result<Cyclic> {
        if let Peaks::Power(gamma) = peaks {
            setting::at_least_zero("gamma", gamma)?;
        }
        Ok(Cyclic { peaks, ..self })
    }

    /// Lets the momentum fall from `most` to `least` while the rate rises, and rise again while it falls.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless both are at least 0 and below 1.
    pub fn momenta(self, least: f64, most: f64) -> Result<Cyclic> {
        let momentum = (setting::memory("least", least)?, setting::memory("most", most)?);
        Ok(Cyclic { momentum: Some(momentum), ..self })
    }

    /// How far up the cycle is at a step: 1 at the peaks, but for how they change.
    fn height(&self, step: u64) -> f64 {
        let (up, down) = (self.up.get(), self.down.get());
        let length = up.saturating_add(down);
        let (cycle, at) = (step / length, step % length);
        let height = if at <= up { at as f64 / up as f64 } else { (length - at) as f64 / down as f64 };
        height
            * match self.peaks {
                Peaks::Same => 1.0,
                Peaks::Halving => 0.5_f64.powf(cycle as f64),
                Peaks::Power(gamma) => gamma.powf(step as f64),
            }
    }
}

impl Schedule for Cyclic {
    fn rate(&self, base: f64, step: u64) -> f64 {
        base + (self.peak - base) * self.height(step)
    }

    fn momentum(&self, step: u64) -> Option<f64> {
        self.momentum.map(|(least, most)| most - (most - least) * self.height(step))
    }
}
