//! Adadelta.

use downhill_tensor::{Layout, Real, Threads};

use crate::setting::{own_rate, own_threads, setters};
use crate::{Optimizer, Result, StateVisitor, lengths, parts, setting};

/// Adadelta: scales each element of the gradient g by its root mean square, and by that of the steps so far,
/// so that a step has θ's unit.
///
/// v ← ρv + (1 − ρ)g², Δ = g·√(u + ε)/√(v + ε), u ← ρu + (1 − ρ)Δ², θ ← θ − ηΔ. Source: Zeiler (2012),
/// ADADELTA: an adaptive learning rate method, algorithm 1, where η = 1. The defaults are PyTorch's:
/// ρ = 0.9, ε = 1e-6, no weight decay. Keras has ρ = 0.95, ε = 1e-7.
#[derive(Debug, Clone)]
pub struct Adadelta<T: Real = f32> {
    rate: f64,
    rho: f64,
    eps: f64,
    weight_decay: f64,
    /// v.
    square: Vec<T>,
    /// u.
    change: Vec<T>,
    threads: Threads,
}

impl<T: Real> Adadelta<T> {
    /// Adadelta with the learning rate η; 1 is the paper's.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless the rate is finite and at least 0.
    pub fn new(rate: f64) -> Result<Adadelta<T>> {
        Ok(Adadelta {
            rate: setting::at_least_zero("rate", rate)?,
            rho: 0.9,
            eps: 1e-6,
            weight_decay: 0.0,
            square: Vec::new(),
            change: Vec::new(),
            threads: Threads::single(),
        })
    }
}

setters! { Adadelta:
    /// Sets ρ: the share of the past in the running means.
    rho: memory;
    /// Sets ε, which makes the first steps possible.
    eps: at_least_zero;
    /// Sets the weight decay λ: λθ is added to the gradient.
    weight_decay: at_least_zero;
}

impl<T: Real> Optimizer<T> for Adadelta<T> {
    fn step(&mut self, theta: &mut [T], gradient: &mut [T], layout: &Layout) -> Result<()> {
        lengths::check(theta, gradient, layout)?;
        lengths::size("square", &mut self.square, theta)?;
        lengths::size("change", &mut self.change, theta)?;
        let (keep, enter, eps) = (T::of(self.rho), T::of(1.0 - self.rho), T::of(self.eps));
        parts::pass(
            &self.threads,
            layout,
            [theta, &mut self.square, &mut self.change],
            gradient,
            #[inline(always)]
            |part, [theta, square, change], gradient| {
                let rate = parts::rate::<T>(part, self.rate);
                let decay = parts::decay::<T>(part, self.weight_decay);
                for (((theta, &g), v), u) in theta.iter_mut().zip(gradient).zip(square).zip(change) {
                    let g = g + decay * *theta;
                    *v = keep * *v + enter * (g * g);
                    // One root of a ratio instead of a ratio of two.
                    let change = ((*u + eps) / (*v + eps)).sqrt() * g;
                    *u = keep * *u + enter * (change * change);
                    *theta -= rate * change;
                }
            },
        );
        Ok(())
    }

    own_rate!();
    own_threads!();

    fn state(&mut self, visitor: &mut dyn StateVisitor<T>) {
        visitor.vector("square", &mut self.square);
        visitor.vector("change", &mut self.change);
    }
}
