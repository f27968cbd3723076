//! Adan.

use downhill_tensor::{Layout, Real, Threads};

use crate::setting::{own_momentum, own_rate, own_threads, setters};
use crate::{Optimizer, Result, StateVisitor, lengths, parts, setting};

/// Adan: Nesterov's momentum from the differences of gradients, scaled by a root mean square.
///
/// With d = g − g₋₁, which is 0 at the first step: m ← β₁m + (1 − β₁)g, w ← β₂w + (1 − β₂)d,
/// n ← β₃n + (1 − β₃)(g + β₂d)², θ ← (θ − η(m̂ + β₂ŵ)/(√n̂ + ε))/(1 + ηλ), where a hat divides by 1 − βᵗ.
/// Source: Xie et al. (2022), Adan: adaptive Nesterov momentum algorithm for faster optimizing deep models,
/// algorithm 1, with the corrections and the names of the authors' code: its β are 1 minus the paper's. The
/// defaults are β = 0.98, 0.92, 0.99, ε = 1e-8, no weight decay.
#[derive(Debug, Clone)]
pub struct Adan<T: Real = f32> {
    rate: f64,
    beta1: f64,
    beta2: f64,
    beta3: f64,
    eps: f64,
    weight_decay: f64,
    /// The number of steps taken.
    step: u64,
    /// m.
    mean: Vec<T>,
    /// w.
    difference: Vec<T>,
    /// n.
    square: Vec<T>,
    /// g₋₁.
    previous: Vec<T>,
    threads: Threads,
}

impl<T: Real> Adan<T> {
    /// Adan with the learning rate η.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless the rate is finite and at least 0.
    pub fn new(rate: f64) -> Result<Adan<T>> {
        Ok(Adan {
            rate: setting::at_least_zero("rate", rate)?,
            beta1: 0.98,
            beta2: 0.92,
            beta3: 0.99,
            eps: 1e-8,
            weight_decay: 0.0,
            step: 0,
            mean: Vec::new(),
            difference: Vec::new(),
            square: Vec::new(),
            previous: Vec::new(),
            threads: Threads::single(),
        })
    }
}

setters! { Adan:
    /// Sets β₁: the share of the past in the running mean of the gradient.
    beta1: memory;
    /// Sets β₂: the share of the past in that of its differences.
    beta2: memory;
    /// Sets β₃: the share of the past in that of the squares.
    beta3: memory;
    /// Sets ε, which keeps the scaling finite where the gradient has been 0.
    eps: at_least_zero;
    /// Sets the weight decay λ: each step divides θ by 1 + ηλ.
    weight_decay: at_least_zero;
}

impl<T: Real> Optimizer<T> for Adan<T> {
    fn step(&mut self, theta: &mut [T], gradient: &mut [T], layout: &Layout) -> Result<()> {
        lengths::check(theta, gradient, layout)?;
        lengths::size("mean", &mut self.mean, theta)?;
        lengths::size("difference", &mut self.difference, theta)?;
        lengths::size("square", &mut self.square, theta)?;
        if self.previous.is_empty() {
            self.previous.extend_from_slice(gradient);
        }
        lengths::equal("previous", theta.len(), self.previous.len())?;
        self.step = self.step.saturating_add(1);
        let unbiased = |beta: f64| 1.0 / (1.0 - beta.powf(self.step as f64));
        let by_mean = self.rate * unbiased(self.beta1);
        let by_difference = self.rate * self.beta2 * unbiased(self.beta2);
        let scale = T::of(unbiased(self.beta3).sqrt());
        let eps = T::of(self.eps);
        let (keep1, enter1) = (T::of(self.beta1), T::of(1.0 - self.beta1));
        let (keep2, enter2) = (T::of(self.beta2), T::of(1.0 - self.beta2));
        let (keep3, enter3) = (T::of(self.beta3), T::of(1.0 - self.beta3));
        parts::pass(
            &self.threads,
            layout,
            [theta, &mut self.mean, &mut self.difference, &mut self.square, &mut self.previous],
            gradient,
            #[inline(always)]
            |part, [theta, mean, difference, square, previous], gradient| {
                let by_mean = parts::rate::<T>(part, by_mean);
                let by_difference = parts::rate::<T>(part, by_difference);
                let keep = T::one()
                    / (T::one() + parts::rate::<T>(part, self.rate) * parts::decay(part, self.weight_decay));
                for (((((theta, &g), m), w), n), previous) in
                    theta.iter_mut().zip(gradient).zip(mean).zip(difference).zip(square).zip(previous)
                {
                    let d = g - *previous;
                    *previous = g;
                    *m = keep1 * *m + enter1 * g;
                    *w = keep2 * *w + enter2 * d;
                    let ahead = g + keep2 * d;
                    *n = keep3 * *n + enter3 * (ahead * ahead);
                    let step = (by_mean * *m + by_difference * *w) / (n.sqrt() * scale + eps);
                    *theta = (*theta - step) * keep;
                }
            },
        );
        Ok(())
    }

    own_rate!();
    own_threads!();
    own_momentum!(beta1: memory);

    fn state(&mut self, visitor: &mut dyn StateVisitor<T>) {
        visitor.counter("step", &mut self.step);
        visitor.vector("mean", &mut self.mean);
        visitor.vector("difference", &mut self.difference);
        visitor.vector("square", &mut self.square);
        visitor.vector("previous", &mut self.previous);
    }
}
