//! The averaging that takes the place of a schedule.

use downhill_tensor::{Layout, Real, vectorize};

use crate::{Result, StateVisitor, lengths, parts, setting};

/// The mean x of the iterates z, both behind the point y that gradients are taken at: Defazio et al. (2024),
/// The road less scheduled, algorithm 1.
#[derive(Debug, Clone)]
pub(crate) struct Averaging<T: Real> {
    /// β: where y lies between z and x.
    pub(crate) beta: f64,
    warmup: u64,
    /// The number of steps taken.
    pub(crate) step: u64,
    /// The largest rate so far.
    largest: f64,
    /// The sum of the weights so far.
    sum: f64,
    /// z.
    pub(crate) iterate: Vec<T>,
}

impl<T: Real> Averaging<T> {
    pub(crate) fn new() -> Averaging<T> {
        Averaging { beta: 0.9, warmup: 0, step: 0, largest: 0.0, sum: 0.0, iterate: Vec::new() }
    }

    pub(crate) fn set_beta(&mut self, name: &'static str, beta: f64) -> Result<()> {
        self.beta = setting::within(beta > 0.0 && beta < 1.0, name, "above 0 and below 1", beta)?;
        Ok(())
    }

    pub(crate) fn set_warmup(&mut self, steps: u64) {
        self.warmup = steps;
    }

    /// Counts a step at this rate, and answers the rate after warm-up and c, the share of z in x.
    pub(crate) fn advance(&mut self, rate: f64, theta: &[T]) -> Result<(f64, f64)> {
        lengths::size_as_theta("iterate", &mut self.iterate, theta)?;
        self.step = self.step.saturating_add(1);
        let warm = if self.step < self.warmup { self.step as f64 / self.warmup as f64 } else { 1.0 };
        let rate = rate * warm;
        self.largest = self.largest.max(rate);
        let weight = self.largest * self.largest;
        self.sum += weight;
        Ok((rate, if self.sum > 0.0 { weight / self.sum } else { 0.0 }))
    }

    /// Turns y into x.
    pub(crate) fn average(&self, theta: &mut [T], layout: &Layout) -> Result<()> {
        lengths::equal("layout", theta.len(), layout.len())?;
        if self.iterate.is_empty() {
            return Ok(());
        }
        lengths::equal("iterate", theta.len(), self.iterate.len())?;
        let share = T::of(1.0 - 1.0 / self.beta);
        vectorize!(for range in parts::trainable(layout).map(|part| part.range()) {
            for (y, &z) in theta[range.clone()].iter_mut().zip(&self.iterate[range]) {
                *y += share * (z - *y);
            }
        });
        Ok(())
    }

    pub(crate) fn state(&mut self, visitor: &mut dyn StateVisitor<T>) {
        visitor.counter("step", &mut self.step);
        visitor.number("largest rate", &mut self.largest);
        visitor.number("sum of weights", &mut self.sum);
        visitor.vector("iterate", &mut self.iterate);
    }
}
