//! Schedule-free AdamW.

use downhill_tensor::{Layout, Real, Threads};

use super::schedule_free::Averaging;
use crate::setting::{own_rate, own_threads, setters};
use crate::{Optimizer, Result, StateVisitor, lengths, parts, setting};

/// Schedule-free AdamW: an average of the iterates takes the place of a schedule that falls, and of the mean
/// gradient of [`AdamW`](crate::AdamW).
///
/// y is the θ that the gradient is taken at: z ← z − ηₜ(g/(√v̂ + ε) + λy), x ← (1 − cₜ)x + cₜz, y = (1 − β)z + βx, where cₜ is
/// the share of ηₜ² in the sum of those so far, and ηₜ grows to η in the steps of the warm-up.
/// [`average`](Optimizer::average) is x, to evaluate and to keep. Source: Defazio et al. (2024), The road less
/// scheduled, equations 5 to 7 and algorithm 1.
/// The defaults are β = β₁ = 0.9, β₂ = 0.999, ε = 1e-8, no warm-up, no weight decay.
#[derive(Debug, Clone)]
pub struct ScheduleFreeAdamW<T: Real = f32> {
    rate: f64,
    beta2: f64,
    eps: f64,
    weight_decay: f64,
    averaging: Averaging<T>,
    /// v.
    square: Vec<T>,
    threads: Threads,
}

impl<T: Real> ScheduleFreeAdamW<T> {
    /// Schedule-free AdamW with the learning rate η.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless the rate is finite and at least 0.
    pub fn new(rate: f64) -> Result<ScheduleFreeAdamW<T>> {
        Ok(ScheduleFreeAdamW {
            rate: setting::at_least_zero("rate", rate)?,
            beta2: 0.999,
            eps: 1e-8,
            weight_decay: 0.0,
            averaging: Averaging::new(),
            square: Vec::new(),
            threads: Threads::single(),
        })
    }

    /// Sets β, which takes the part of Adam's β₁.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless it is above 0 and below 1.
    pub fn beta1(mut self, beta1: f64) -> Result<ScheduleFreeAdamW<T>> {
        self.averaging.set_beta("beta1", beta1)?;
        Ok(self)
    }

    /// Sets the number of steps in which the rate grows to η.
    #[must_use]
    pub fn warmup(mut self, steps: u64) -> ScheduleFreeAdamW<T> {
        self.averaging.set_warmup(steps);
        self
    }
}

setters! { ScheduleFreeAdamW:
    /// Sets β₂: the share of the past in the running mean of the gradient's square.
    beta2: memory;
    /// Sets ε, which keeps the scaling finite where the gradient has been 0.
    eps: at_least_zero;
    /// Sets the weight decay λ, which is decoupled.
    weight_decay: at_least_zero;
}

impl<T: Real> Optimizer<T> for ScheduleFreeAdamW<T> {
    fn step(&mut self, theta: &mut [T], gradient: &mut [T], layout: &Layout) -> Result<()> {
        lengths::check(theta, gradient, layout)?;
        lengths::size("square", &mut self.square, theta)?;
        let (rate, share) = self.averaging.advance(self.rate, theta)?;
        let along = rate * (1.0 - self.averaging.beta * (1.0 - share));
        let share = T::of(share);
        let scale = T::of((1.0 / (1.0 - self.beta2.powf(self.averaging.step as f64))).sqrt());
        let eps = T::of(self.eps);
        let (keep, enter) = (T::of(self.beta2), T::of(1.0 - self.beta2));
        parts::pass(
            &self.threads,
            layout,
            [theta, &mut self.averaging.iterate, &mut self.square],
            gradient,
            #[inline(always)]
            |part, [theta, iterate, square], gradient| {
                let decay = parts::decay::<T>(part, self.weight_decay);
                let (rate, along) = (parts::rate::<T>(part, rate), parts::rate::<T>(part, along));
                for (((y, &g), z), v) in theta.iter_mut().zip(gradient).zip(iterate).zip(square) {
                    *v = keep * *v + enter * (g * g);
                    let g = g / (v.sqrt() * scale + eps) + decay * *y;
                    *y = *y + share * (*z - *y) - along * g;
                    *z -= rate * g;
                }
            },
        );
        Ok(())
    }

    own_rate!();
    own_threads!();

    fn average(&self, theta: &mut [T], layout: &Layout) -> Result<()> {
        self.averaging.average(theta, layout)
    }

    fn state(&mut self, visitor: &mut dyn StateVisitor<T>) {
        self.averaging.state(visitor);
        visitor.vector("square", &mut self.square);
    }
}
