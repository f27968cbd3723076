//! A rate that falls when training no longer gets better.

use downhill_tensor::{Layout, Real};
use serde::{Deserialize, Serialize};

use crate::{Objective, Optimizer, Result, StateVisitor, setting};

/// When and how far a rate falls on a plateau: PyTorch's `ReduceLROnPlateau`, with its defaults. A value is
/// better if it is below (1 − 1e-4) times the best one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plateau {
    factor: f64,
    patience: u64,
    threshold: f64,
    absolute: bool,
    rising: bool,
    cooldown: u64,
    min: f64,
    least_fall: f64,
}

impl Plateau {
    /// The rate is multiplied by `factor` after more than `patience` values without a better one.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless `factor` is at least 0 and below 1.
    pub fn new(factor: f64, patience: u64) -> Result<Plateau> {
        Ok(Plateau {
            factor: setting::memory("factor", factor)?,
            patience,
            threshold: 1e-4,
            absolute: false,
            rising: false,
            cooldown: 0,
            min: 0.0,
            least_fall: 1e-8,
        })
    }

    /// For a metric that is better when it is larger.
    #[must_use]
    pub fn rising(self) -> Plateau {
        Plateau { rising: true, ..self }
    }

    /// Sets how much better counts as better: this share of the best value.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless it is finite and at least 0.
    pub fn relative_threshold(self, share: f64) -> Result<Plateau> {
        Ok(Plateau { threshold: setting::at_least_zero("threshold", share)?, absolute: false, ..self })
    }

    /// Sets how much better counts as better: this difference from the best value.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless it is finite and at least 0.
    pub fn absolute_threshold(self, difference: f64) -> Result<Plateau> {
        Ok(Plateau { threshold: setting::at_least_zero("threshold", difference)?, absolute: true, ..self })
    }

    /// Sets the number of values after a fall that do not count.
    #[must_use]
    pub fn cooldown(self, values: u64) -> Plateau {
        Plateau { cooldown: values, ..self }
    }

    /// Sets the rate that no fall goes below.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless it is finite and at least 0.
    pub fn min(self, rate: f64) -> Result<Plateau> {
        Ok(Plateau { min: setting::at_least_zero("min", rate)?, ..self })
    }

    /// Sets the least fall that is worth it: a smaller one is left out.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless it is finite and at least 0.
    pub fn least_fall(self, rate: f64) -> Result<Plateau> {
        Ok(Plateau { least_fall: setting::at_least_zero("least_fall", rate)?, ..self })
    }

    fn better(&self, value: f64, best: f64) -> bool {
        match (self.rising, self.absolute) {
            (false, false) => value < best * (1.0 - self.threshold),
            (false, true) => value < best - self.threshold,
            (true, false) => value > best * (1.0 + self.threshold),
            (true, true) => value > best + self.threshold,
        }
    }
}

/// An optimizer whose rate falls on a [`Plateau`] of the values it is told of: made by
/// [`Optimizer::reduce_on_plateau`].
///
/// The fall is a factor on its rate, so that a schedule around it goes on as it would.
#[derive(Debug, Clone)]
pub struct ReduceOnPlateau<O> {
    inner: O,
    plateau: Plateau,
    base: f64,
    /// The share of base that is left.
    left: f64,
    best: f64,
    /// The number of values since the best one.
    waited: u64,
    /// The number of values that still do not count.
    cooling: u64,
}

impl<O> ReduceOnPlateau<O> {
    pub(crate) fn new(inner: O, plateau: Plateau, base: f64) -> ReduceOnPlateau<O> {
        let best = if plateau.rising { f64::NEG_INFINITY } else { f64::INFINITY };
        ReduceOnPlateau { inner, plateau, base, left: 1.0, best, waited: 0, cooling: 0 }
    }

    fn left_of(&self, share: f64) -> f64 {
        (self.base * share).max(self.plateau.min.min(self.base))
    }
}

impl<T: Real, O: Optimizer<T>> Optimizer<T> for ReduceOnPlateau<O> {
    fn step(&mut self, theta: &mut [T], gradient: &mut [T], layout: &Layout) -> Result<()> {
        self.inner.set_rate(self.left_of(self.left))?;
        self.inner.step(theta, gradient, layout)
    }

    fn step_on(
        &mut self,
        theta: &mut [T],
        gradient: &mut [T],
        objective: &mut dyn Objective<T>,
        layout: &Layout,
    ) -> Result<T> {
        self.inner.set_rate(self.left_of(self.left))?;
        self.inner.step_on(theta, gradient, objective, layout)
    }

    fn rate(&self) -> f64 {
        self.left_of(self.left)
    }

    fn set_rate(&mut self, rate: f64) -> Result<()> {
        self.base = setting::at_least_zero("rate", rate)?;
        Ok(())
    }

    fn report(&mut self, value: f64) {
        self.inner.report(value);
        if self.plateau.better(value, self.best) {
            (self.best, self.waited) = (value, 0);
        } else {
            self.waited = self.waited.saturating_add(1);
        }
        if self.cooling > 0 {
            (self.cooling, self.waited) = (self.cooling - 1, 0);
        }
        if self.waited > self.plateau.patience {
            let next = self.left * self.plateau.factor;
            if self.left_of(self.left) - self.left_of(next) > self.plateau.least_fall {
                self.left = next;
            }
            (self.cooling, self.waited) = (self.plateau.cooldown, 0);
        }
    }

    setting::hand_on!(threads, momentum, halfway, average, needs_objective);

    fn state(&mut self, visitor: &mut dyn StateVisitor<T>) {
        visitor.number("plateau left", &mut self.left);
        visitor.number("plateau best", &mut self.best);
        visitor.counter("plateau waited", &mut self.waited);
        visitor.counter("plateau cooling", &mut self.cooling);
        self.inner.state(visitor);
    }
}
