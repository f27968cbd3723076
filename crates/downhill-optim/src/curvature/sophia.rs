//! Sophia.

use downhill_tensor::random::{add_normal, generator};
use downhill_tensor::{Layout, Real, vectorize};

use super::vectors;
use crate::parts::{self, Decay};
use crate::setting::{own_momentum, own_rate, setters};
use crate::{Objective, Optimizer, Result, StateVisitor, lengths, setting};

/// Sophia-H: steps along the mean gradient m, each element divided by the curvature h that the function has along it
/// and clipped, θ ← (1 − ηλ)θ − η·clip(m/max(γh, ε), ±1).
///
/// h is the running mean of u⊙∇²L·u for random u, Hutchinson's estimate of the diagonal of the Hessian, made of one
/// exact [product](Objective::hessian_product) in every k steps: those are taken by [`Optimizer::step_on`]. Source:
/// Liu et al. (2024), Sophia: a scalable stochastic second-order optimizer for language model pre-training, algorithm 3,
/// whose defaults these are: β₁ = 0.96, β₂ = 0.99, γ = 0.01, ε = 1e-12, k = 10; no weight decay.
#[derive(Debug, Clone)]
pub struct Sophia<T: Real = f32> {
    rate: f64,
    beta1: f64,
    beta2: f64,
    gamma: f64,
    eps: f64,
    weight_decay: f64,
    every: u64,
    seed: u64,
    /// The number of steps taken.
    step: u64,
    /// m.
    mean: Vec<T>,
    /// h.
    curvature: Vec<T>,
    /// u, and ∇²L·u.
    probe: Vec<T>,
    product: Vec<T>,
}

impl<T: Real> Sophia<T> {
    /// Sophia with the learning rate η.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless the rate is finite and at least 0.
    pub fn new(rate: f64) -> Result<Sophia<T>> {
        let rate = setting::at_least_zero("rate", rate)?;
        let none = Vec::new;
        let (mean, curvature, probe, product) = (none(), none(), none(), none());
        let (beta1, beta2, gamma, eps, weight_decay) = (0.96, 0.99, 0.01, 1e-12, 0.0);
        let (every, seed, step) = (10, 0, 0);
        Ok(Sophia {
            rate,
            beta1,
            beta2,
            gamma,
            eps,
            weight_decay,
            every,
            seed,
            step,
            mean,
            curvature,
            probe,
            product,
        })
    }

    /// Sets k: the curvature is looked at in every k-th step, beginning with the first.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless it is at least 1.
    pub fn every(mut self, steps: u64) -> Result<Sophia<T>> {
        self.every = setting::at_least_one("every", steps)?.get();
        Ok(self)
    }

    /// Sets the seed of the random vectors u.
    #[must_use]
    pub fn seed(self, seed: u64) -> Sophia<T> {
        Sophia { seed, ..self }
    }

    /// Takes a new estimate into h.
    fn look(&mut self, theta: &[T], objective: &mut dyn Objective<T>, layout: &Layout) -> Result<()> {
        vectors::room(&mut self.probe, theta.len());
        vectors::room(&mut self.product, theta.len());
        self.probe.fill(T::zero());
        let mut generator = generator(self.seed, self.step);
        for part in parts::trainable(layout) {
            add_normal(&mut self.probe[part.range()], 1.0, &mut generator);
        }
        objective.hessian_product(theta, &self.probe, &mut self.product)?;
        let (keep, enter) = (T::of(self.beta2), T::of(1.0 - self.beta2));
        vectorize!(for range in parts::trainable(layout).map(|part| part.range()) {
            let found = self.probe[range.clone()].iter().zip(&self.product[range.clone()]);
            for (h, (&u, &product)) in self.curvature[range].iter_mut().zip(found) {
                *h = keep * *h + enter * (u * product);
            }
        });
        Ok(())
    }
}

setters! { Sophia:
    /// Sets β₁: the share of the past in the running mean of the gradient.
    beta1: memory;
    /// Sets β₂: the share of the past in that of the curvature.
    beta2: memory;
    /// Sets γ: the larger it is, the fewer elements are clipped.
    gamma: at_least_zero;
    /// Sets ε, the least to divide by.
    eps: above_zero;
    /// Sets the weight decay λ, which shrinks θ itself.
    weight_decay: at_least_zero;
}

impl<T: Real> Optimizer<T> for Sophia<T> {
    setting::needs_objective!("Sophia");

    fn step_on(
        &mut self,
        theta: &mut [T],
        gradient: &mut [T],
        objective: &mut dyn Objective<T>,
        layout: &Layout,
    ) -> Result<T> {
        lengths::check(theta, gradient, layout)?;
        lengths::size("mean", &mut self.mean, theta)?;
        lengths::size("curvature", &mut self.curvature, theta)?;
        let value = objective.gradient(theta, gradient)?;
        if self.step.is_multiple_of(self.every) {
            self.look(theta, objective, layout)?;
        }
        self.step = self.step.saturating_add(1);
        let (keep, enter) = (T::of(self.beta1), T::of(1.0 - self.beta1));
        let decay = Decay { weight: self.weight_decay, decoupled: true };
        vectorize!({
            // In here, since a number from outside that is only sometimes needed keeps the loop from being vectorised.
            let (gamma, eps) = (T::of(self.gamma), T::of(self.eps));
            let (least, most) = (-T::one(), T::one());
            for part in parts::trainable(layout) {
                let (range, decay) = (part.range(), decay.of::<T>(part, self.rate));
                let rate = parts::rate::<T>(part, self.rate);
                let state = self.mean[range.clone()].iter_mut().zip(&self.curvature[range.clone()]);
                for ((theta, &g), (m, &h)) in theta[range.clone()].iter_mut().zip(&gradient[range]).zip(state)
                {
                    let g = decay.apply(theta, g);
                    *m = keep * *m + enter * g;
                    let scale = gamma * h;
                    let step = *m / if scale > eps { scale } else { eps };
                    let step = if step > most { most } else { step };
                    *theta -= rate * if step < least { least } else { step };
                }
            }
        });
        Ok(value)
    }

    own_rate!();
    own_momentum!(beta1: memory);

    fn state(&mut self, visitor: &mut dyn StateVisitor<T>) {
        visitor.counter("step", &mut self.step);
        visitor.vector("mean", &mut self.mean);
        visitor.vector("curvature", &mut self.curvature);
    }
}
