//! Means of θ over the steps.

use std::num::NonZeroU64;

use downhill_tensor::{Layout, Real, vectorize};

use crate::{Objective, Optimizer, Result, StateVisitor, lengths, parts, setting};

/// An optimizer whose [`average`](Optimizer::average) is a mean of the θ of its steps: made by
/// [`Optimizer::ema`] and [`Optimizer::swa`]. The steps themselves are as they were.
#[derive(Debug, Clone)]
pub struct Averaged<T: Real, O> {
    inner: O,
    kind: Kind,
    /// The number of steps taken.
    step: u64,
    /// The number of θ in the mean.
    held: u64,
    mean: Vec<T>,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    /// The share of the past.
    Exponential(f64),
    /// One θ in every so many steps from this one on, all alike.
    Equal { start: u64, every: NonZeroU64 },
}

impl<T: Real, O> Averaged<T, O> {
    pub(crate) fn exponential(inner: O, decay: f64) -> Result<Averaged<T, O>> {
        Ok(Averaged::new(inner, Kind::Exponential(setting::memory("decay", decay)?)))
    }

    pub(crate) fn equal(inner: O, start: u64, every: u64) -> Result<Averaged<T, O>> {
        Ok(Averaged::new(inner, Kind::Equal { start, every: setting::at_least_one("every", every)? }))
    }

    fn new(inner: O, kind: Kind) -> Averaged<T, O> {
        Averaged { inner, kind, step: 0, held: 0, mean: Vec::new() }
    }
}

impl<T: Real, O> Averaged<T, O> {
    /// Takes the θ after a step into the mean.
    fn take(&mut self, theta: &[T], layout: &Layout) {
        let step = self.step;
        self.step = step.saturating_add(1);
        let share = match self.kind {
            _ if self.held == 0 => 1.0,
            Kind::Exponential(decay) => 1.0 - decay,
            Kind::Equal { .. } => 1.0 / (self.held as f64 + 1.0),
        };
        if let Kind::Equal { start, every } = self.kind
            && step.checked_sub(start).is_none_or(|since| since % every != 0)
        {
            return;
        }
        if self.held == 0 {
            // Frozen parts too, which may learn later.
            self.mean.copy_from_slice(theta);
        }
        self.held = self.held.saturating_add(1);
        let share = T::of(share);
        vectorize!(for range in parts::trainable(layout).map(|part| part.range()) {
            for (mean, &theta) in self.mean[range.clone()].iter_mut().zip(&theta[range]) {
                *mean += share * (theta - *mean);
            }
        });
    }
}

impl<T: Real, O: Optimizer<T>> Optimizer<T> for Averaged<T, O> {
    fn step(&mut self, theta: &mut [T], gradient: &mut [T], layout: &Layout) -> Result<()> {
        lengths::check(theta, gradient, layout)?;
        lengths::size("mean of theta", &mut self.mean, theta)?;
        self.inner.step(theta, gradient, layout)?;
        if !self.inner.halfway() {
            self.take(theta, layout);
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
        lengths::check(theta, gradient, layout)?;
        lengths::size("mean of theta", &mut self.mean, theta)?;
        let value = self.inner.step_on(theta, gradient, objective, layout)?;
        self.take(theta, layout);
        Ok(value)
    }

    setting::hand_on!(rate, threads, momentum, report, halfway, needs_objective);

    fn average(&self, theta: &mut [T], layout: &Layout) -> Result<()> {
        if self.held == 0 {
            self.inner.average(theta, layout)
        } else {
            parts::copy("mean of theta", &self.mean, theta, layout)
        }
    }

    fn state(&mut self, visitor: &mut dyn StateVisitor<T>) {
        visitor.counter("averaged step", &mut self.step);
        visitor.counter("averaged", &mut self.held);
        visitor.vector("mean of theta", &mut self.mean);
        self.inner.state(visitor);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::GradientDescent;

    fn averages(mut optimizer: impl Optimizer<f64>) -> [f64; 6] {
        let (mut theta, layout) = ([0.0], Layout::flat(1));
        [1.0, 2.0, 3.0, 4.0, 5.0, 6.0].map(|expected| {
            optimizer.step(&mut theta, &mut [-1.0], &layout).unwrap();
            assert_eq!(theta, [expected]);
            let mut average = theta;
            optimizer.average(&mut average, &layout).unwrap();
            average[0]
        })
    }

    #[test]
    fn by_hand() {
        let descent = || GradientDescent::new(1.0).unwrap();
        let ema = averages(Optimizer::<f64>::ema(descent(), 0.5).unwrap());
        assert_eq!(ema, [1.0, 1.5, 2.25, 3.125, 4.0625, 5.03125]);
        // Of 2, of 2 and 4, of 2, 4 and 6.
        assert_eq!(averages(Optimizer::<f64>::swa(descent(), 1, 2).unwrap()), [1.0, 2.0, 2.0, 3.0, 3.0, 4.0]);
    }
}
