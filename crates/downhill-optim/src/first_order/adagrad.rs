//! Adagrad.

use downhill_tensor::{Layout, Real, Threads};

use crate::setting::{own_rate, own_threads, setters};
use crate::{Epsilon, Optimizer, Result, StateVisitor, lengths, parts, setting};

/// Adagrad: scales each element of the gradient g by the root of the sum of the squares it has had.
///
/// v ← v + g², then θ ← θ − η/(1 + (t − 1)δ)·g/(√v + ε) at step t. Source: Duchi, Hazan & Singer (2011),
/// Adaptive subgradient methods for online learning and stochastic optimization, section 1.1; the decay δ of
/// the rate is PyTorch's and ONNX's. The defaults are PyTorch's: ε = 1e-10, v = 0 at first, δ = 0, no weight
/// decay. Keras has v = 0.1 at first, ε = 1e-7 and [`Epsilon::Inside`].
#[derive(Debug, Clone)]
pub struct Adagrad<T: Real = f32> {
    rate: f64,
    eps: f64,
    epsilon: Epsilon,
    rate_decay: f64,
    initial: f64,
    weight_decay: f64,
    /// The number of steps taken.
    step: u64,
    /// v.
    square: Vec<T>,
    threads: Threads,
}

impl<T: Real> Adagrad<T> {
    /// Adagrad with the learning rate η.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless the rate is finite and at least 0.
    pub fn new(rate: f64) -> Result<Adagrad<T>> {
        Ok(Adagrad {
            rate: setting::at_least_zero("rate", rate)?,
            eps: 1e-10,
            epsilon: Epsilon::Outside,
            rate_decay: 0.0,
            initial: 0.0,
            weight_decay: 0.0,
            step: 0,
            square: Vec::new(),
            threads: Threads::single(),
        })
    }

    /// Sets where ε stands.
    #[must_use]
    pub fn epsilon(mut self, epsilon: Epsilon) -> Adagrad<T> {
        self.epsilon = epsilon;
        self
    }
}

setters! { Adagrad:
    /// Sets ε, which keeps the scaling finite where the gradient has been 0.
    eps: at_least_zero;
    /// Sets δ, by which the rate falls.
    rate_decay: at_least_zero;
    /// Sets what v is at first.
    initial: at_least_zero;
    /// Sets the weight decay λ: λθ is added to the gradient.
    weight_decay: at_least_zero;
}

impl<T: Real> Optimizer<T> for Adagrad<T> {
    fn step(&mut self, theta: &mut [T], gradient: &mut [T], layout: &Layout) -> Result<()> {
        lengths::check(theta, gradient, layout)?;
        lengths::size_with("square", &mut self.square, theta, T::of(self.initial))?;
        let rate = self.rate / (1.0 + self.step as f64 * self.rate_decay);
        self.step = self.step.saturating_add(1);
        let root = self.epsilon.root(self.eps, 1.0);
        parts::pass(
            &self.threads,
            layout,
            [theta, &mut self.square],
            gradient,
            #[inline(always)]
            |part, [theta, square], gradient| {
                let rate = parts::rate::<T>(part, rate);
                let decay = parts::decay::<T>(part, self.weight_decay);
                for ((theta, &g), v) in theta.iter_mut().zip(gradient).zip(square) {
                    let g = g + decay * *theta;
                    *v += g * g;
                    *theta -= rate * g / root.of(*v);
                }
            },
        );
        Ok(())
    }

    own_rate!();
    own_threads!();

    fn state(&mut self, visitor: &mut dyn StateVisitor<T>) {
        visitor.counter("step", &mut self.step);
        visitor.vector("square", &mut self.square);
    }
}
