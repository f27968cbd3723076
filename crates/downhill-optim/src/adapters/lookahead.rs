//! Lookahead.

use std::num::NonZeroU64;

use downhill_tensor::{Layout, Real, vectorize};

use crate::{Objective, Optimizer, Result, StateVisitor, lengths, parts, setting};

/// An optimizer that goes ahead a few steps and then comes back part of the way: made by
/// [`Optimizer::lookahead`].
///
/// After every k steps φ ← φ + α(θ − φ) and θ ← φ, where φ is the θ of k steps before. Source: Zhang et al. (2019),
/// Lookahead optimizer: k steps forward, 1 step back, algorithm 1, which has k = 5 and α = 0.5.
#[derive(Debug, Clone)]
pub struct Lookahead<T: Real, O> {
    inner: O,
    steps: NonZeroU64,
    share: f64,
    /// The number of steps since φ.
    ahead: u64,
    /// φ.
    slow: Vec<T>,
}

impl<T: Real, O> Lookahead<T, O> {
    pub(crate) fn new(inner: O, steps: u64, share: f64) -> Result<Lookahead<T, O>> {
        let steps = setting::at_least_one("steps", steps)?;
        let share = setting::within(share > 0.0 && share <= 1.0, "share", "above 0 and at most 1", share)?;
        Ok(Lookahead { inner, steps, share, ahead: 0, slow: Vec::new() })
    }
}

impl<T: Real, O> Lookahead<T, O> {
    /// Counts a step, and after the last one ahead comes back.
    fn count(&mut self, theta: &mut [T], layout: &Layout) {
        self.ahead = self.ahead.saturating_add(1);
        if self.ahead >= self.steps.get() {
            self.ahead = 0;
            let share = T::of(self.share);
            vectorize!(for range in parts::trainable(layout).map(|part| part.range()) {
                for (slow, theta) in self.slow[range.clone()].iter_mut().zip(&mut theta[range]) {
                    *slow += share * (*theta - *slow);
                    *theta = *slow;
                }
            });
        }
    }
}

impl<T: Real, O: Optimizer<T>> Optimizer<T> for Lookahead<T, O> {
    fn step(&mut self, theta: &mut [T], gradient: &mut [T], layout: &Layout) -> Result<()> {
        lengths::check(theta, gradient, layout)?;
        lengths::size_as_theta("slow theta", &mut self.slow, theta)?;
        self.inner.step(theta, gradient, layout)?;
        if !self.inner.halfway() {
            self.count(theta, layout);
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
        lengths::size_as_theta("slow theta", &mut self.slow, theta)?;
        let value = self.inner.step_on(theta, gradient, objective, layout)?;
        self.count(theta, layout);
        Ok(value)
    }

    setting::hand_on!(rate, threads, momentum, report, halfway, average, needs_objective);

    fn state(&mut self, visitor: &mut dyn StateVisitor<T>) {
        visitor.counter("steps ahead", &mut self.ahead);
        visitor.vector("slow theta", &mut self.slow);
        self.inner.state(visitor);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::GradientDescent;

    #[test]
    fn two_forward_and_half_of_them_back() {
        let mut optimizer = GradientDescent::new(1.0).unwrap().lookahead(2, 0.5).unwrap();
        let mut theta = [0.0_f64];
        for expected in [1.0, 1.0, 2.0, 2.0, 3.0] {
            optimizer.step(&mut theta, &mut [-1.0], &Layout::flat(1)).unwrap();
            assert_eq!(theta, [expected]);
        }
    }
}
