//! Optimizers whose rate follows a schedule.

use downhill_tensor::{Layout, Real};

use crate::{Objective, Optimizer, Result, Schedule, StateVisitor, setting};

/// An optimizer whose rate, and momentum if the schedule has one, is set from a [`Schedule`] before each step: made by
/// [`Optimizer::schedule`].
///
/// [`rate`](Optimizer::rate) is the schedule's for the next step; [`set_rate`](Optimizer::set_rate)
/// sets the base that the schedule starts from. A step is an error, and moves nothing, if its rate
/// is not finite or below 0.
#[derive(Debug, Clone)]
pub struct Scheduled<O, S> {
    inner: O,
    schedule: S,
    base: f64,
    /// The number of steps taken.
    step: u64,
}

impl<O, S: Schedule> Scheduled<O, S> {
    pub(crate) fn new(inner: O, schedule: S, base: f64) -> Scheduled<O, S> {
        Scheduled { inner, schedule, base, step: 0 }
    }
}

impl<O, S: Schedule> Scheduled<O, S> {
    fn set<T: Real>(&mut self) -> Result<()>
    where
        O: Optimizer<T>,
    {
        self.inner.set_rate(self.schedule.rate(self.base, self.step))?;
        match self.schedule.momentum(self.step) {
            Some(momentum) => self.inner.set_momentum(momentum),
            None => Ok(()),
        }
    }
}

impl<T: Real, O: Optimizer<T>, S: Schedule> Optimizer<T> for Scheduled<O, S> {
    fn step(&mut self, theta: &mut [T], gradient: &mut [T], layout: &Layout) -> Result<()> {
        self.set()?;
        self.inner.step(theta, gradient, layout)?;
        if !self.inner.halfway() {
            self.step = self.step.saturating_add(1);
        }
        Ok(())
    }

    fn step_on(
        &mut self,
        theta: &mut [T],
        gradient: &mut [T],
        objective: &mut dyn Objective<T>,
        layout: &Layout,
    ) -> Result<T> {
        self.set()?;
        let value = self.inner.step_on(theta, gradient, objective, layout)?;
        self.step = self.step.saturating_add(1);
        Ok(value)
    }

    fn rate(&self) -> f64 {
        self.schedule.rate(self.base, self.step)
    }

    fn set_rate(&mut self, rate: f64) -> Result<()> {
        self.base = setting::at_least_zero("rate", rate)?;
        Ok(())
    }

    setting::hand_on!(threads, momentum, report, halfway, average, needs_objective);

    fn state(&mut self, visitor: &mut dyn StateVisitor<T>) {
        visitor.counter("schedule step", &mut self.step);
        self.inner.state(visitor);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Error, GradientDescent};

    #[test]
    fn the_rate_follows_the_schedule() {
        let halving = |base: f64, step: u64| base / f64::from(1 << step);
        let mut optimizer = GradientDescent::new(1.0).unwrap().schedule(halving);
        let mut theta = [0.0_f64];
        let mut step = |optimizer: &mut dyn Optimizer<f64>| {
            optimizer.step(&mut theta, &mut [-1.0], &Layout::flat(1)).unwrap();
            (theta[0], optimizer.rate())
        };
        assert_eq!(step(&mut optimizer), (1.0, 0.5));
        assert_eq!(step(&mut optimizer), (1.5, 0.25));
        Optimizer::<f64>::set_rate(&mut optimizer, 8.0).unwrap();
        assert_eq!(step(&mut optimizer), (3.5, 1.0));
    }

    #[test]
    fn a_rate_below_0_is_an_error() {
        let mut optimizer = GradientDescent::new(1.0).unwrap().schedule(|base, step| base - step as f64);
        let (mut theta, layout) = ([0.0_f64], Layout::flat(1));
        optimizer.step(&mut theta, &mut [-1.0], &layout).unwrap();
        optimizer.step(&mut theta, &mut [-1.0], &layout).unwrap();
        let error = optimizer.step(&mut theta, &mut [-1.0], &layout).unwrap_err();
        assert!(matches!(error, Error::Setting { name: "rate", value: -1.0, .. }), "{error}");
        assert_eq!(theta, [1.0]);
    }
}
