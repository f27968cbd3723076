//! Steps along the mean of several gradients.

use std::num::NonZeroU64;

use downhill_tensor::{Layout, Real, vectorize};

use crate::{Optimizer, Result, StateVisitor, lengths, parts, setting};

/// An optimizer that takes one step along the mean of every few gradients, as if they were one of a larger
/// batch: made by [`Optimizer::accumulate`]. In between θ stays as it is.
///
/// An adapter within it, such as a schedule or clipping, sees the mean, and counts its steps. It does not ask
/// for a second gradient of a batch: [`Sam`](crate::Sam) within it climbs with one mean and descends with the
/// next.
#[derive(Debug, Clone)]
pub struct Accumulate<T: Real, O> {
    inner: O,
    count: NonZeroU64,
    /// The number of gradients in the sum.
    held: u64,
    sum: Vec<T>,
}

impl<T: Real, O> Accumulate<T, O> {
    pub(crate) fn new(inner: O, count: u64) -> Result<Accumulate<T, O>> {
        Ok(Accumulate { inner, count: setting::at_least_one("count", count)?, held: 0, sum: Vec::new() })
    }
}

impl<T: Real, O: Optimizer<T>> Optimizer<T> for Accumulate<T, O> {
    fn step(&mut self, theta: &mut [T], gradient: &mut [T], layout: &Layout) -> Result<()> {
        lengths::check(theta, gradient, layout)?;
        lengths::size("accumulated gradient", &mut self.sum, theta)?;
        let held = self.held.saturating_add(1);
        let last = held >= self.count.get();
        let share = T::of(1.0 / self.count.get() as f64);
        vectorize!(for range in parts::trainable(layout).map(|part| part.range()) {
            let pairs = gradient[range.clone()].iter_mut().zip(&mut self.sum[range]);
            if last {
                for (g, sum) in pairs {
                    *g = (*sum + *g) * share;
                    *sum = T::zero();
                }
            } else {
                for (g, sum) in pairs {
                    *sum += *g;
                }
            }
        });
        self.held = if last { 0 } else { held };
        if last { self.inner.step(theta, gradient, layout) } else { Ok(()) }
    }

    setting::hand_on!(rate, threads, momentum, report, average);

    fn state(&mut self, visitor: &mut dyn StateVisitor<T>) {
        visitor.counter("accumulated", &mut self.held);
        visitor.vector("accumulated gradient", &mut self.sum);
        self.inner.state(visitor);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::GradientDescent;

    #[test]
    fn every_third_moves() {
        let mut optimizer = GradientDescent::new(1.0).unwrap().accumulate(3).unwrap();
        let mut theta = [0.0_f64];
        for (g, expected) in [(1.0, 0.0), (2.0, 0.0), (6.0, -3.0), (9.0, -3.0), (0.0, -3.0), (0.0, -6.0)] {
            optimizer.step(&mut theta, &mut [g], &Layout::flat(1)).unwrap();
            assert!((theta[0] - expected).abs() < 1e-15, "{theta:?} for {expected}");
        }
    }
}
