//! Sharpness-aware minimisation.

use downhill_tensor::{Layout, Real, vectorize};

use crate::{Norm, Optimizer, Result, StateVisitor, lengths, setting};

/// An optimizer that steps along the gradient of a point uphill, and so finds flat minima: made by
/// [`Optimizer::sam`].
///
/// Each step is two: the first climbs from θ to θ + ρ∇L/‖∇L‖, and is [`halfway`](Optimizer::halfway); the second
/// is given the gradient there, of the same batch, goes back and takes the step of the optimizer within. Source:
/// Foret et al. (2021), Sharpness-aware minimization for efficiently improving generalization, algorithm 1, where
/// ρ = 0.05.
#[derive(Debug, Clone)]
pub struct Sam<T: Real, O> {
    inner: O,
    radius: f64,
    /// 1 uphill, else 0.
    uphill: u64,
    /// θ before the climb.
    start: Vec<T>,
}

impl<T: Real, O> Sam<T, O> {
    pub(crate) fn new(inner: O, radius: f64) -> Result<Sam<T, O>> {
        Ok(Sam { inner, radius: setting::at_least_zero("radius", radius)?, uphill: 0, start: Vec::new() })
    }
}

impl<T: Real, O: Optimizer<T>> Optimizer<T> for Sam<T, O> {
    fn step(&mut self, theta: &mut [T], gradient: &mut [T], layout: &Layout) -> Result<()> {
        lengths::check(theta, gradient, layout)?;
        lengths::size("start of the climb", &mut self.start, theta)?;
        if self.uphill == 1 {
            theta.copy_from_slice(&self.start);
            self.inner.step(theta, gradient, layout)?;
            self.uphill = 0;
            return Ok(());
        }
        // A gradient of 0 leads nowhere.
        let length = Norm::L2.of(gradient, layout)? + 1e-12;
        let along = T::of(self.radius / length);
        vectorize!(for part in layout.parts() {
            let range = part.range();
            let (theta, start) = (&mut theta[range.clone()], &mut self.start[range.clone()]);
            if !part.trainable {
                start.copy_from_slice(theta);
                continue;
            }
            for ((theta, start), &g) in theta.iter_mut().zip(start).zip(&gradient[range]) {
                *start = *theta;
                *theta += along * g;
            }
        });
        self.uphill = 1;
        Ok(())
    }

    fn halfway(&self) -> bool {
        self.uphill == 1
    }

    setting::hand_on!(rate, threads, momentum, report, average);

    fn state(&mut self, visitor: &mut dyn StateVisitor<T>) {
        visitor.counter("uphill", &mut self.uphill);
        visitor.vector("start of the climb", &mut self.start);
        self.inner.state(visitor);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::GradientDescent;

    /// On ½(x² + 4y²).
    #[test]
    fn along_the_gradient_uphill() {
        let mut optimizer = GradientDescent::new(0.5).unwrap().sam(1.0).unwrap();
        let (mut theta, layout) = ([3.0_f64, 1.0], Layout::flat(2));
        let gradient = |theta: [f64; 2]| [theta[0], 4.0 * theta[1]];
        let mut uphill = gradient(theta);
        optimizer.step(&mut theta, &mut uphill, &layout).unwrap();
        // The gradient is (3, 4), of length 5.
        assert!(Optimizer::<f64>::halfway(&optimizer));
        assert!((theta[0] - 3.6).abs() < 1e-11 && (theta[1] - 1.8).abs() < 1e-11, "{theta:?}");
        let mut uphill = gradient(theta);
        optimizer.step(&mut theta, &mut uphill, &layout).unwrap();
        assert!(!Optimizer::<f64>::halfway(&optimizer));
        assert!((theta[0] - 1.2).abs() < 1e-11 && (theta[1] + 2.6).abs() < 1e-11, "{theta:?}");
    }
}
