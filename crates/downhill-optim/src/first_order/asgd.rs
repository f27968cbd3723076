//! Averaged stochastic gradient descent.

use downhill_tensor::{Layout, Real, Threads};

use crate::setting::{own_rate, own_threads, setters};
use crate::{Optimizer, Result, StateVisitor, lengths, parts, setting};

/// Averaged stochastic gradient descent: falling steps, and the mean of where they lead.
///
/// θ ← (1 − λₐηₜ)θ − ηₜ(∇L + λθ) with ηₜ = η/(1 + λₐη(t − 1))^α at step t. [`average`](Optimizer::average)
/// is the mean θ̄ of the θ since step t₀. Source: Polyak & Juditsky (1992), Acceleration of stochastic
/// approximation by averaging; Bottou (2012), Stochastic gradient descent tricks, section 5.1, as in PyTorch.
/// The defaults are PyTorch's: λₐ = 1e-4, α = 0.75, t₀ = 10⁶, no weight decay λ.
#[derive(Debug, Clone)]
pub struct Asgd<T: Real = f32> {
    rate: f64,
    lambda: f64,
    alpha: f64,
    start: f64,
    weight_decay: f64,
    /// The number of steps taken.
    step: u64,
    /// θ̄.
    mean: Vec<T>,
    threads: Threads,
}

impl<T: Real> Asgd<T> {
    /// Averaged stochastic gradient descent with the learning rate η.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless the rate is finite and at least 0.
    pub fn new(rate: f64) -> Result<Asgd<T>> {
        Ok(Asgd {
            rate: setting::at_least_zero("rate", rate)?,
            lambda: 1e-4,
            alpha: 0.75,
            start: 1e6,
            weight_decay: 0.0,
            step: 0,
            mean: Vec::new(),
            threads: Threads::single(),
        })
    }
}

setters! { Asgd:
    /// Sets λₐ, by which θ shrinks and the rate falls.
    lambda: at_least_zero;
    /// Sets α, the power by which the rate falls.
    alpha: at_least_zero;
    /// Sets t₀, the step that the mean begins at.
    start: at_least_zero;
    /// Sets the weight decay λ: λθ is added to the gradient.
    weight_decay: at_least_zero;
}

impl<T: Real> Optimizer<T> for Asgd<T> {
    fn step(&mut self, theta: &mut [T], gradient: &mut [T], layout: &Layout) -> Result<()> {
        lengths::check(theta, gradient, layout)?;
        lengths::size_as_theta("mean", &mut self.mean, theta)?;
        let before = self.step as f64;
        self.step = self.step.saturating_add(1);
        let rate = self.rate / (1.0 + self.lambda * self.rate * before).powf(self.alpha);
        // In single precision, as PyTorch keeps it: its runs in double precision are matched to their last digits.
        let rate = f64::from(rate as f32);
        let share = T::of(1.0 / (before - self.start).max(1.0));
        parts::pass(
            &self.threads,
            layout,
            [theta, &mut self.mean],
            gradient,
            #[inline(always)]
            |part, [theta, mean], gradient| {
                let decay = parts::decay::<T>(part, self.weight_decay);
                let keep = T::of(1.0 - self.lambda * rate * part.rate_factor);
                let rate = parts::rate::<T>(part, rate);
                for ((theta, &g), mean) in theta.iter_mut().zip(gradient).zip(mean) {
                    let g = g + decay * *theta;
                    *theta = keep * *theta - rate * g;
                    *mean += share * (*theta - *mean);
                }
            },
        );
        Ok(())
    }

    own_rate!();
    own_threads!();

    fn average(&self, theta: &mut [T], layout: &Layout) -> Result<()> {
        parts::copy("mean", &self.mean, theta, layout)
    }

    fn state(&mut self, visitor: &mut dyn StateVisitor<T>) {
        visitor.counter("step", &mut self.step);
        visitor.vector("mean", &mut self.mean);
    }
}
