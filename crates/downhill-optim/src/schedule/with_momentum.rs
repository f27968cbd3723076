//! A schedule of the momentum beside that of the rate.

use serde::{Deserialize, Serialize};

use crate::Schedule;

/// A schedule with another one for the momentum: made by [`Schedule::with_momentum`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WithMomentum<A, B> {
    rates: A,
    base: f64,
    momenta: B,
}

impl<A, B> WithMomentum<A, B> {
    pub(super) fn new(rates: A, base: f64, momenta: B) -> WithMomentum<A, B> {
        WithMomentum { rates, base, momenta }
    }
}

impl<A: Schedule, B: Schedule> Schedule for WithMomentum<A, B> {
    fn rate(&self, base: f64, step: u64) -> f64 {
        self.rates.rate(base, step)
    }

    fn momentum(&self, step: u64) -> Option<f64> {
        Some(self.momenta.rate(self.base, step))
    }
}
