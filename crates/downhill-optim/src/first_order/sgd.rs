//! Stochastic gradient descent as PyTorch has it.

use downhill_tensor::{Layout, Real, Threads};

use crate::{Optimizer, Result, StateVisitor, lengths, parts, setting};

/// `torch.optim.SGD`: v ← μv + (1 − d)(∇L + λθ), then θ ← θ − ηv; at the first step v is the
/// gradient itself, undamped.
///
/// The rate η is outside the velocity v, so that a change of rate acts at once; in
/// [`GradientDescent`](crate::GradientDescent), the classical form, it reaches the remembered step
/// gradually. Nesterov's variant (Sutskever et al. 2013, On the importance of initialization and
/// momentum in deep learning) steps along ∇L + λθ + μv instead of v.
#[derive(Debug, Clone)]
pub struct Sgd<T: Real = f32> {
    rate: f64,
    momentum: f64,
    dampening: f64,
    nesterov: bool,
    weight_decay: f64,
    threads: Threads,
    /// v; empty without momentum.
    velocity: Vec<T>,
}

impl<T: Real> Sgd<T> {
    /// Plain gradient descent with the learning rate η.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless the rate is finite and at least 0.
    pub fn new(rate: f64) -> Result<Sgd<T>> {
        Ok(Sgd {
            rate: setting::at_least_zero("rate", rate)?,
            momentum: 0.0,
            dampening: 0.0,
            nesterov: false,
            weight_decay: 0.0,
            threads: Threads::single(),
            velocity: Vec::new(),
        })
    }

    /// Sets the momentum μ. Of this and the next three methods, the last one called holds.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless it is finite and at least 0.
    pub fn momentum(self, mu: f64) -> Result<Sgd<T>> {
        self.dampened_momentum(mu, 0.0)
    }

    /// Sets the momentum μ, and the dampening d of the gradients that enter the velocity.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless both are finite and at least 0.
    pub fn dampened_momentum(mut self, mu: f64, dampening: f64) -> Result<Sgd<T>> {
        self.momentum = setting::at_least_zero("momentum", mu)?;
        self.dampening = setting::at_least_zero("dampening", dampening)?;
        self.nesterov = false;
        Ok(self)
    }

    /// Sets the momentum μ, in Nesterov's variant.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless it is finite and at least 0.
    pub fn nesterov_momentum(self, mu: f64) -> Result<Sgd<T>> {
        self.dampened_nesterov_momentum(mu, 0.0)
    }

    /// Sets the momentum μ and the dampening d, in Nesterov's variant: v ← μv + (1 − d)(∇L + λθ), and the step is along
    /// ∇L + λθ + μv. This is ONNX's `Momentum` in the mode `nesterov`, with α = μ and β = 1 − d; PyTorch does not have it.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless both are finite and at least 0.
    pub fn dampened_nesterov_momentum(self, mu: f64, dampening: f64) -> Result<Sgd<T>> {
        Ok(Sgd { nesterov: true, ..self.dampened_momentum(mu, dampening)? })
    }

    /// Sets the weight decay λ: λθ is added to the gradient.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless it is finite and at least 0.
    pub fn weight_decay(mut self, lambda: f64) -> Result<Sgd<T>> {
        self.weight_decay = setting::at_least_zero("weight_decay", lambda)?;
        Ok(self)
    }
}

impl<T: Real> Optimizer<T> for Sgd<T> {
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
                    let decay = parts::decay::<T>(part, self.weight_decay);
                    for (theta, &g) in theta.iter_mut().zip(gradient) {
                        *theta -= rate * (g + decay * *theta);
                    }
                },
            );
            return Ok(());
        }
        let first = self.velocity.is_empty();
        lengths::size("velocity", &mut self.velocity, theta)?;
        let entering = if first { T::one() } else { T::of(1.0 - self.dampening) };
        // The direction is along·v + ahead·(∇L + λθ).
        let (along, ahead) = if self.nesterov { (momentum, T::one()) } else { (T::one(), T::zero()) };
        parts::pass(
            &self.threads,
            layout,
            [theta, &mut self.velocity],
            gradient,
            #[inline(always)]
            |part, [theta, velocity], gradient| {
                let rate = parts::rate::<T>(part, self.rate);
                let decay = parts::decay::<T>(part, self.weight_decay);
                for ((theta, &g), v) in theta.iter_mut().zip(gradient).zip(velocity) {
                    let g = g + decay * *theta;
                    *v = momentum * *v + entering * g;
                    *theta -= rate * (along * *v + ahead * g);
                }
            },
        );
        Ok(())
    }

    setting::own_rate!();
    setting::own_threads!();
    setting::own_momentum!(momentum: at_least_zero);

    fn state(&mut self, visitor: &mut dyn StateVisitor<T>) {
        visitor.vector("velocity", &mut self.velocity);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace(mut optimizer: Sgd<f64>, rates: [f64; 3]) -> [f64; 3] {
        let mut theta = [1.0];
        rates.map(|rate| {
            optimizer.set_rate(rate).unwrap();
            optimizer.step(&mut theta, &mut [2.0], &Layout::flat(1)).unwrap();
            theta[0]
        })
    }

    /// The gradient is 2 throughout; all numbers are exact in binary.
    #[test]
    fn by_hand() {
        let sgd = Sgd::new(0.25).unwrap();
        let rates = [0.25, 0.25, 0.125];
        // v = 2, 3, 3.5
        assert_eq!(trace(sgd.clone().momentum(0.5).unwrap(), rates), [0.5, -0.25, -0.6875]);
        // v = 2, 2, 2: undamped at first, then 1 + 1
        assert_eq!(trace(sgd.clone().dampened_momentum(0.5, 0.5).unwrap(), rates), [0.5, 0.0, -0.25]);
        // 2 + 0.5v = 3, 3.5, 3.75
        assert_eq!(trace(sgd.clone().nesterov_momentum(0.5).unwrap(), rates), [0.25, -0.625, -1.09375]);
        // v = 2, 2, 2 again; 2 + 0.5v = 3, 3, 3
        assert_eq!(
            trace(sgd.clone().dampened_nesterov_momentum(0.5, 0.5).unwrap(), rates),
            [0.25, -0.5, -0.875]
        );
        // 2 + 2θ = 4, 2, 1
        assert_eq!(trace(sgd.weight_decay(2.0).unwrap(), [0.25, 0.25, 0.5]), [0.0, -0.5, -1.0]);
    }
}
