//! Lion.

use downhill_tensor::{Layout, Real, Threads};

use super::rprop::sign;
use crate::setting::{own_momentum, own_rate, own_threads, setters};
use crate::{Optimizer, Result, StateVisitor, lengths, parts, setting};

/// Lion: steps of one size, along the sign of a mean gradient.
///
/// θ ← θ − η(sign(β₁m + (1 − β₁)g) + λθ), then m ← β₂m + (1 − β₂)g. Source: Chen et al. (2023), Symbolic
/// discovery of optimization algorithms, algorithm 2. The defaults are the paper's β₁ = 0.9 and β₂ = 0.99,
/// without weight decay. Good rates are 3 to 10 times smaller than Adam's, good decays that much larger.
#[derive(Debug, Clone)]
pub struct Lion<T: Real = f32> {
    rate: f64,
    beta1: f64,
    beta2: f64,
    weight_decay: f64,
    /// m.
    mean: Vec<T>,
    threads: Threads,
}

impl<T: Real> Lion<T> {
    /// Lion with the learning rate η.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless the rate is finite and at least 0.
    pub fn new(rate: f64) -> Result<Lion<T>> {
        let rate = setting::at_least_zero("rate", rate)?;
        Ok(Lion {
            rate,
            beta1: 0.9,
            beta2: 0.99,
            weight_decay: 0.0,
            mean: Vec::new(),
            threads: Threads::single(),
        })
    }
}

setters! { Lion:
    /// Sets β₁: the share of the mean in the direction of a step.
    beta1: memory;
    /// Sets β₂: the share of the past in the mean.
    beta2: memory;
    /// Sets the weight decay λ, which is decoupled: each step takes ηλθ off θ.
    weight_decay: at_least_zero;
}

impl<T: Real> Optimizer<T> for Lion<T> {
    fn step(&mut self, theta: &mut [T], gradient: &mut [T], layout: &Layout) -> Result<()> {
        lengths::check(theta, gradient, layout)?;
        lengths::size("mean", &mut self.mean, theta)?;
        let (along, ahead) = (T::of(self.beta1), T::of(1.0 - self.beta1));
        let (keep, enter) = (T::of(self.beta2), T::of(1.0 - self.beta2));
        parts::pass(
            &self.threads,
            layout,
            [theta, &mut self.mean],
            gradient,
            #[inline(always)]
            |part, [theta, mean], gradient| {
                let rate = parts::rate::<T>(part, self.rate);
                let decay = parts::decay::<T>(part, self.weight_decay);
                for ((theta, &g), m) in theta.iter_mut().zip(gradient).zip(mean) {
                    *theta -= rate * (sign(along * *m + ahead * g) + decay * *theta);
                    *m = keep * *m + enter * g;
                }
            },
        );
        Ok(())
    }

    own_rate!();
    own_threads!();
    own_momentum!(beta1: memory);

    fn state(&mut self, visitor: &mut dyn StateVisitor<T>) {
        visitor.vector("mean", &mut self.mean);
    }
}
