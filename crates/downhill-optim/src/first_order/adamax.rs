//! Adamax.

use downhill_tensor::{Layout, Real, Threads};

use crate::setting::{own_momentum, own_rate, own_threads, setters};
use crate::{Optimizer, Result, StateVisitor, lengths, parts, setting};

/// Adamax: [`Adam`](crate::Adam) with a fading largest size u of the gradient g in place of its root mean
/// square.
///
/// m ← β₁m + (1 − β₁)g, u ← max(β₂u, |g| + ε), θ ← θ − η/(1 − β₁ᵗ)·m/u. Source: Kingma & Ba (2015), Adam:
/// a method for stochastic optimization, algorithm 2. The defaults are the paper's, and ε = 1e-8 stands
/// where PyTorch has it: β₁ = 0.9, β₂ = 0.999, no weight decay. Keras has ε = 1e-7, beside u:
/// [`eps_outside`](Adamax::eps_outside).
#[derive(Debug, Clone)]
pub struct Adamax<T: Real = f32> {
    rate: f64,
    beta1: f64,
    beta2: f64,
    eps: f64,
    outside: bool,
    weight_decay: f64,
    /// The number of steps taken.
    step: u64,
    /// m.
    mean: Vec<T>,
    /// u.
    largest: Vec<T>,
    threads: Threads,
}

impl<T: Real> Adamax<T> {
    /// Adamax with the learning rate η.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless the rate is finite and at least 0.
    pub fn new(rate: f64) -> Result<Adamax<T>> {
        Ok(Adamax {
            rate: setting::at_least_zero("rate", rate)?,
            beta1: 0.9,
            beta2: 0.999,
            eps: 1e-8,
            outside: false,
            weight_decay: 0.0,
            step: 0,
            mean: Vec::new(),
            largest: Vec::new(),
            threads: Threads::single(),
        })
    }

    /// Adds ε to u where it divides and not to |g|: u ← max(β₂u, |g|), θ ← θ − η/(1 − β₁ᵗ)·m/(u + ε), as Keras.
    #[must_use]
    pub fn eps_outside(mut self) -> Adamax<T> {
        self.outside = true;
        self
    }
}

setters! { Adamax:
    /// Sets β₁: the share of the past in the running mean of the gradient.
    beta1: memory;
    /// Sets β₂: the share of the past in the largest size of the gradient.
    beta2: memory;
    /// Sets ε, which keeps the scaling finite where the gradient has been 0.
    eps: above_zero;
    /// Sets the weight decay λ: λθ is added to the gradient.
    weight_decay: at_least_zero;
}

impl<T: Real> Optimizer<T> for Adamax<T> {
    fn step(&mut self, theta: &mut [T], gradient: &mut [T], layout: &Layout) -> Result<()> {
        lengths::check(theta, gradient, layout)?;
        lengths::size("mean", &mut self.mean, theta)?;
        lengths::size("largest", &mut self.largest, theta)?;
        self.step = self.step.saturating_add(1);
        let rate = self.rate / (1.0 - self.beta1.powf(self.step as f64));
        let (keep, enter) = (T::of(self.beta1), T::of(1.0 - self.beta1));
        let fade = T::of(self.beta2);
        let (inside, outside) = if self.outside { (0.0, self.eps) } else { (self.eps, 0.0) };
        let (inside, outside) = (T::of(inside), T::of(outside));
        parts::pass(
            &self.threads,
            layout,
            [theta, &mut self.mean, &mut self.largest],
            gradient,
            #[inline(always)]
            |part, [theta, mean, largest], gradient| {
                let rate = parts::rate::<T>(part, rate);
                let decay = parts::decay::<T>(part, self.weight_decay);
                for (((theta, &g), m), u) in theta.iter_mut().zip(gradient).zip(mean).zip(largest) {
                    let g = g + decay * *theta;
                    *m = keep * *m + enter * g;
                    let (faded, size) = (fade * *u, g.abs() + inside);
                    *u = if faded > size { faded } else { size };
                    *theta -= rate * *m / (*u + outside);
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
        visitor.vector("largest", &mut self.largest);
    }
}
