//! One rise and one fall.

use std::f64::consts::PI;
use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};

use crate::{Result, Schedule, setting};

/// From a small rate up to base and down to a far smaller one, while the momentum does the opposite:
/// PyTorch's `OneCycleLR`, where base is its `max_lr`.
///
/// With S steps and a rising share p the rate rises from base/d to base until step pS − 1, and falls to
/// base/(d·f) until step S − 1; with three phases it falls to base/d as fast as it rose before. The momentum
/// moves only if [`momenta`](OneCycle::momenta) says so. Source: Smith & Topin (2018), Super-convergence:
/// very fast training of neural networks using large learning rates. The defaults are PyTorch's: p = 0.3,
/// d = 25, f = 10⁴, cosine waves, two phases.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OneCycle {
    steps: NonZeroU64,
    rising: f64,
    start: f64,
    end: f64,
    linear: bool,
    three_phases: bool,
    /// The least and the largest.
    momentum: Option<(f64, f64)>,
}

/// The three heights that a cycle goes between.
#[derive(Clone, Copy)]
enum Height {
    Start,
    Peak,
    End,
}

impl OneCycle {
    /// One cycle in `steps` steps.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless `steps` is at least 1.
    pub fn new(steps: u64) -> Result<OneCycle> {
        Ok(OneCycle {
            steps: setting::at_least_one("steps", steps)?,
            rising: 0.3,
            start: 25.0,
            end: 1e4,
            linear: false,
            three_phases: false,
            momentum: None,
        })
    }

    /// Sets p, the share of the steps in which the rate rises.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless it is at least 0 and below 1.
    pub fn rising(self, share: f64) -> Result<OneCycle> {
        Ok(OneCycle { rising: setting::memory("rising", share)?, ..self })
    }

    /// Sets d and f: the first rate is base/`start`, the last one base/(`start`·`end`).
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless both are finite and above 0.
    pub fn divisors(self, start: f64, end: f64) -> Result<OneCycle> {
        let (start, end) = (setting::above_zero("start", start)?, setting::above_zero("end", end)?);
        Ok(OneCycle { start, end, ..self })
    }

    /// Lets the rate follow straight lines instead of cosine waves.
    #[must_use]
    pub fn linear(self) -> OneCycle {
        OneCycle { linear: true, ..self }
    }

    /// Lets the rate fall to where it began as fast as it rose, and further only then.
    #[must_use]
    pub fn three_phases(self) -> OneCycle {
        OneCycle { three_phases: true, ..self }
    }

    /// Lets the momentum fall from `most` to `least` while the rate rises, and rise again while it falls;
    /// PyTorch's are 0.85 and 0.95.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless both are at least 0 and below 1.
    pub fn momenta(self, least: f64, most: f64) -> Result<OneCycle> {
        let momentum = (setting::memory("least", least)?, setting::memory("most", most)?);
        Ok(OneCycle { momentum: Some(momentum), ..self })
    }

    /// The heights that the cycle is between at a step, and how far.
    fn phase(&self, step: u64) -> (Height, Height, f64) {
        let last = (self.steps.get() - 1) as f64;
        let step = (step as f64).min(last);
        let steps = self.steps.get() as f64;
        let peak = self.rising * steps - 1.0;
        let share = |from: f64, to: f64| if to > from { ((step - from) / (to - from)).min(1.0) } else { 1.0 };
        let back = 2.0 * peak;
        if step <= peak {
            (Height::Start, Height::Peak, share(0.0, peak))
        } else if !self.three_phases {
            (Height::Peak, Height::End, share(peak, last))
        } else if step <= back {
            (Height::Peak, Height::Start, share(peak, back))
        } else {
            (Height::Start, Height::End, share(back, last))
        }
    }

    fn between(&self, from: f64, to: f64, share: f64) -> f64 {
        if self.linear {
            from + (to - from) * share
        } else {
            to + (from - to) / 2.0 * (1.0 + (PI * share).cos())
        }
    }
}

impl Schedule for OneCycle {
    fn rate(&self, base: f64, step: u64) -> f64 {
        let (from, to, share) = self.phase(step);
        let rate = |height| match height {
            Height::Start => base / self.start,
            Height::Peak => base,
            Height::End => base / self.start / self.end,
        };
        self.between(rate(from), rate(to), share)
    }

    fn momentum(&self, step: u64) -> Option<f64> {
        let (least, most) = self.momentum?;
        let (from, to, share) = self.phase(step);
        let momentum = |height| match height {
            Height::Peak => least,
            Height::Start | Height::End => most,
        };
        Some(self.between(momentum(from), momentum(to), share))
    }
}
