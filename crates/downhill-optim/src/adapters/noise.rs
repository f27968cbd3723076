//! Noise in the gradient.

use downhill_tensor::random::{add_normal, generator};
use downhill_tensor::{Layout, Real};

use crate::{Optimizer, Result, StateVisitor, lengths, parts, setting};

/// An optimizer that sees the gradient with normally distributed noise: made by [`Optimizer::noise`].
///
/// Its variance at step t, counted from 0, is η/(1 + t)^γ. Source: Neelakantan et al. (2015), Adding gradient
/// noise improves learning for very deep networks, equation 1, where γ = 0.55 and η is 0.01, 0.3 or 1. Each
/// step has a stream of random numbers of its own, so that a restored training goes on to the bit.
#[derive(Debug, Clone)]
pub struct Noise<O> {
    inner: O,
    eta: f64,
    gamma: f64,
    seed: u64,
    /// The number of steps taken.
    step: u64,
}

impl<O> Noise<O> {
    pub(crate) fn new(inner: O, eta: f64, gamma: f64, seed: u64) -> Result<Noise<O>> {
        let (eta, gamma) = (setting::at_least_zero("eta", eta)?, setting::at_least_zero("gamma", gamma)?);
        Ok(Noise { inner, eta, gamma, seed, step: 0 })
    }
}

impl<T: Real, O: Optimizer<T>> Optimizer<T> for Noise<O> {
    fn step(&mut self, theta: &mut [T], gradient: &mut [T], layout: &Layout) -> Result<()> {
        lengths::check(theta, gradient, layout)?;
        let deviation = (self.eta / (1.0 + self.step as f64).powf(self.gamma)).sqrt();
        let mut generator = generator(self.seed, self.step);
        for part in parts::trainable(layout) {
            add_normal(&mut gradient[part.range()], deviation, &mut generator);
        }
        self.inner.step(theta, gradient, layout)?;
        self.step = self.step.saturating_add(1);
        Ok(())
    }

    setting::hand_on!(rate, threads, momentum, report, halfway, average);

    fn state(&mut self, visitor: &mut dyn StateVisitor<T>) {
        visitor.counter("noise step", &mut self.step);
        self.inner.state(visitor);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::GradientDescent;

    #[test]
    fn its_variance_falls() {
        let mut optimizer = GradientDescent::new(1.0).unwrap().noise(4.0, 1.0, 7).unwrap();
        let layout = Layout::flat(20_000);
        for variance in [4.0, 2.0, 4.0 / 3.0] {
            let mut theta = vec![0.0_f64; 20_000];
            optimizer.step(&mut theta, &mut vec![0.5; 20_000], &layout).unwrap();
            let mean = theta.iter().sum::<f64>() / 20_000.0;
            let found = theta.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / 20_000.0;
            assert!((mean + 0.5).abs() < 0.1 && (found / variance - 1.0).abs() < 0.1, "{mean} {found}");
        }
    }
}
