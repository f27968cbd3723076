//! RAdam.

use downhill_tensor::{Layout, Real, Threads};

use crate::parts::{self, Decay};
use crate::setting::{own_momentum, own_rate, own_threads, setters};
use crate::{Optimizer, Result, StateVisitor, lengths, setting};

/// RAdam: [`Adam`](crate::Adam) that trusts its scaling only as far as the squares seen so far let it; it
/// needs no warm-up.
///
/// With ρ∞ = 2/(1 − β₂) − 1 and ρₜ = ρ∞ − 2tβ₂ᵗ/(1 − β₂ᵗ), the step is η·r·m̂·√(1 − β₂ᵗ)/(√v + ε) with
/// r² = (ρₜ − 4)(ρₜ − 2)ρ∞/((ρ∞ − 4)(ρ∞ − 2)ρₜ) where ρₜ > 5, and η·m̂ before. Source: Liu et al. (2020), On
/// the variance of the adaptive learning rate and beyond, algorithm 2. Defaults and ε are PyTorch's:
/// β₁ = 0.9, β₂ = 0.999, ε = 1e-8, no weight decay.
#[derive(Debug, Clone)]
pub struct RAdam<T: Real = f32> {
    rate: f64,
    beta1: f64,
    beta2: f64,
    eps: f64,
    weight_decay: f64,
    decoupled: bool,
    /// The number of steps taken.
    step: u64,
    /// m.
    mean: Vec<T>,
    /// v.
    square: Vec<T>,
    threads: Threads,
}

impl<T: Real> RAdam<T> {
    /// RAdam with the learning rate η.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless the rate is finite and at least 0.
    pub fn new(rate: f64) -> Result<RAdam<T>> {
        Ok(RAdam {
            rate: setting::at_least_zero("rate", rate)?,
            beta1: 0.9,
            beta2: 0.999,
            eps: 1e-8,
            weight_decay: 0.0,
            decoupled: false,
            step: 0,
            mean: Vec::new(),
            square: Vec::new(),
            threads: Threads::single(),
        })
    }

    /// Lets the weight decay shrink θ itself, θ ← (1 − ηλ)θ, in place of entering the gradient.
    #[must_use]
    pub fn decoupled(mut self) -> RAdam<T> {
        self.decoupled = true;
        self
    }

    /// r·√(1 − β₂ᵗ), if ρₜ > 5.
    fn rectification(&self) -> Option<f64> {
        let step = self.step as f64;
        let power = self.beta2.powf(step);
        let most = 2.0 / (1.0 - self.beta2) - 1.0;
        let now = most - 2.0 * step * power / (1.0 - power);
        let squared = (now - 4.0) * (now - 2.0) * most / ((most - 4.0) * (most - 2.0) * now);
        (now > 5.0).then(|| squared.sqrt() * (1.0 - power).sqrt())
    }
}

setters! { RAdam:
    /// Sets β₁: the share of the past in the running mean of the gradient.
    beta1: memory;
    /// Sets β₂: the share of the past in that of its square.
    beta2: memory;
    /// Sets ε, which keeps the scaling finite where the gradient has been 0.
    eps: at_least_zero;
    /// Sets the weight decay λ: λθ is added to the gradient.
    weight_decay: at_least_zero;
}

impl<T: Real> Optimizer<T> for RAdam<T> {
    fn step(&mut self, theta: &mut [T], gradient: &mut [T], layout: &Layout) -> Result<()> {
        lengths::check(theta, gradient, layout)?;
        lengths::size("mean", &mut self.mean, theta)?;
        lengths::size("square", &mut self.square, theta)?;
        self.step = self.step.saturating_add(1);
        let along = self.rate / (1.0 - self.beta1.powf(self.step as f64));
        let rectification = self.rectification();
        let along = along * rectification.unwrap_or(1.0);
        let eps = T::of(self.eps);
        let (keep1, enter1) = (T::of(self.beta1), T::of(1.0 - self.beta1));
        let (keep2, enter2) = (T::of(self.beta2), T::of(1.0 - self.beta2));
        let decay = Decay { weight: self.weight_decay, decoupled: self.decoupled };
        parts::pass(
            &self.threads,
            layout,
            [theta, &mut self.mean, &mut self.square],
            gradient,
            #[inline(always)]
            |part, [theta, mean, square], gradient| {
                let decay = decay.of::<T>(part, self.rate);
                let along = parts::rate::<T>(part, along);
                let moments = |theta: &mut T, g: T, m: &mut T, v: &mut T| {
                    let g = decay.apply(theta, g);
                    *m = keep1 * *m + enter1 * g;
                    *v = keep2 * *v + enter2 * (g * g);
                };
                if rectification.is_some() {
                    for (((theta, &g), m), v) in theta.iter_mut().zip(gradient).zip(mean).zip(square) {
                        moments(theta, g, m, v);
                        *theta -= along * *m / (v.sqrt() + eps);
                    }
                } else {
                    for (((theta, &g), m), v) in theta.iter_mut().zip(gradient).zip(mean).zip(square) {
                        moments(theta, g, m, v);
                        *theta -= along * *m;
                    }
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
        visitor.vector("square", &mut self.square);
    }
}
