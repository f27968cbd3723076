//! Gradient descent with the classical momentum.

use downhill_tensor::{Layout, Real, Threads};

use crate::{Optimizer, Result, StateVisitor, lengths, parts, setting};

/// Gradient descent with momentum: Δθ ← αΔθ − η∇L, then θ ← θ + Δθ.
///
/// With α = 0, the default, it is plain gradient descent. The rate η is inside the remembered step
/// Δθ, so that a change of rate reaches it gradually; in [`Sgd`](crate::Sgd), PyTorch's form, it
/// acts at once. At a constant rate the two are the same. Source: Rumelhart, Hinton & Williams
/// (1986), Learning representations by back-propagating errors, equation 9. Nesterov's variant as Keras has it
/// moves θ by αΔθ − η∇L, with the new Δθ, in place of Δθ.
#[derive(Debug, Clone)]
pub struct GradientDescent<T: Real = f32> {
    rate: f64,
    momentum: f64,
    nesterov: bool,
    /// Δθ; empty without momentum.
    change: Vec<T>,
    threads: Threads,
}

impl<T: Real> GradientDescent<T> {
    /// Plain gradient descent with the learning rate η.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless the rate is finite and at least 0.
    pub fn new(rate: f64) -> Result<GradientDescent<T>> {
        let rate = setting::at_least_zero("rate", rate)?;
        Ok(GradientDescent {
            rate,
            momentum: 0.0,
            nesterov: false,
            change: Vec::new(),
            threads: Threads::single(),
        })
    }

    /// Sets the momentum α: the share of the last step that the next one repeats.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless it is finite and at least 0.
    pub fn momentum(mut self, alpha: f64) -> Result<GradientDescent<T>> {
        self.momentum = setting::at_least_zero("momentum", alpha)?;
        self.nesterov = false;
        Ok(self)
    }

    /// Sets the momentum α, in Nesterov's variant. Of this and [`momentum`](GradientDescent::momentum), the last
    /// one called holds.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless it is finite and at least 0.
    pub fn nesterov_momentum(self, alpha: f64) -> Result<GradientDescent<T>> {
        Ok(GradientDescent { nesterov: true, ..self.momentum(alpha)? })
    }
}

impl<T: Real> Optimizer<T> for GradientDescent<T> {
    fn step(&mut self, theta: &mut [T], gradient: &mut [T], layout: &Layout) -> Result<()> {
        lengths::check(theta, gradient, layout)?;
        let momentum = T::of(self.momentum);
        if self.momentum == 0.0 {
            parts::pass(
                &self.threads,
                layout,
                [theta],
                gradient,
                #[inline(always)]
                |part, [theta], gradient| {
                    let rate = parts::rate::<T>(part, self.rate);
                    for (theta, &g) in theta.iter_mut().zip(gradient) {
                        *theta -= rate * g;
                    }
                },
            );
            return Ok(());
        }
        lengths::size("change", &mut self.change, theta)?;
        // θ moves by along·Δθ − ahead·η∇L.
        let (along, ahead) = if self.nesterov { (momentum, T::one()) } else { (T::one(), T::zero()) };
        parts::pass(
            &self.threads,
            layout,
            [theta, &mut self.change],
            gradient,
            #[inline(always)]
            |part, [theta, change], gradient| {
                let rate = parts::rate::<T>(part, self.rate);
                for ((theta, &g), change) in theta.iter_mut().zip(gradient).zip(change) {
                    let step = rate * g;
                    *change = momentum * *change - step;
                    *theta += along * *change - ahead * step;
                }
            },
        );
        Ok(())
    }

    setting::own_rate!();
    setting::own_threads!();
    setting::own_momentum!(momentum: at_least_zero);

    fn state(&mut self, visitor: &mut dyn StateVisitor<T>) {
        visitor.vector("change", &mut self.change);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The gradient is 2 throughout; all numbers are exact in binary.
    #[test]
    fn the_rate_is_inside_the_remembered_step() {
        let mut optimizer = GradientDescent::new(0.25).unwrap().momentum(0.5).unwrap();
        let mut theta = [1.0_f64];
        for (rate, expected) in [
            (0.25, 0.5),      // Δ = -0.25·2 = -0.5
            (0.25, -0.25),    // Δ = -0.25 - 0.5 = -0.75
            (0.125, -0.875),  // Δ = -0.375 - 0.25 = -0.625, where PyTorch's form gives -0.4375
            (0.0, -1.1875),   // Δ = -0.3125: it rolls on
            (0.25, -1.84375), // Δ = -0.15625 - 0.5 = -0.65625
        ] {
            optimizer.set_rate(rate).unwrap();
            optimizer.step(&mut theta, &mut [2.0], &Layout::flat(1)).unwrap();
            assert_eq!(theta, [expected]);
        }
    }

    #[test]
    fn nesterov() {
        let mut optimizer = GradientDescent::new(0.25).unwrap().nesterov_momentum(0.5).unwrap();
        let mut theta = [1.0_f64];
        // Δ = -0.5, -0.75: θ moves by -0.25 - 0.5, -0.375 - 0.5.
        for expected in [0.25, -0.625] {
            optimizer.step(&mut theta, &mut [2.0], &Layout::flat(1)).unwrap();
            assert_eq!(theta, [expected]);
        }
    }

    #[test]
    fn without_momentum_it_remembers_nothing() {
        let mut optimizer = GradientDescent::new(0.25).unwrap();
        let mut theta = [1.0_f32, 2.0];
        for expected in [[0.5, 2.25], [0.0, 2.5]] {
            optimizer.step(&mut theta, &mut [2.0, -1.0], &Layout::flat(2)).unwrap();
            assert_eq!(theta, expected);
        }
        assert!(optimizer.change.is_empty());
    }
}
