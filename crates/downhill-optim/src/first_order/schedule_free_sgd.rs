//! Schedule-free gradient descent.

use downhill_tensor::{Layout, Real, Threads};

use super::schedule_free::Averaging;
use crate::setting::{own_rate, own_threads, setters};
use crate::{Optimizer, Result, StateVisitor, lengths, parts, setting};

/// Schedule-free gradient descent: an average of the iterates takes the place of a schedule that falls.
///
/// y is the θ that the gradient is taken at: z ← z − ηₜ(∇L(y) + λy), x ← (1 − cₜ)x + cₜz, y = (1 − β)z + βx, where cₜ is
/// the share of ηₜ² in the sum of those so far, and ηₜ grows to η in the steps of the warm-up.
/// [`average`](Optimizer::average) is x, to evaluate and to keep. Source: Defazio et al. (2024), The road less
/// scheduled, equations 5 to 7 and algorithm 1.
/// The defaults are β = 0.9, no warm-up, no weight decay. Its rates are larger than those of
/// [`Sgd`](crate::Sgd) with momentum.
#[derive(Debug, Clone)]
pub struct ScheduleFreeSgd<T: Real = f32> {
    rate: f64,
    weight_decay: f64,
    averaging: Averaging<T>,
    threads: Threads,
}

impl<T: Real> ScheduleFreeSgd<T> {
    /// Schedule-free gradient descent with the learning rate η.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless the rate is finite and at least 0.
    pub fn new(rate: f64) -> Result<ScheduleFreeSgd<T>> {
        let rate = setting::at_least_zero("rate", rate)?;
        Ok(ScheduleFreeSgd {
            rate,
            weight_decay: 0.0,
            averaging: Averaging::new(),
            threads: Threads::single(),
        })
    }

    /// Sets β, which takes the part of a momentum.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless it is above 0 and below 1.
    pub fn momentum(mut self, beta: f64) -> Result<ScheduleFreeSgd<T>> {
        self.averaging.set_beta("momentum", beta)?;
        Ok(self)
    }

    /// Sets the number of steps in which the rate grows to η.
    #[must_use]
    pub fn warmup(mut self, steps: u64) -> ScheduleFreeSgd<T> {
        self.averaging.set_warmup(steps);
        self
    }
}

setters! { ScheduleFreeSgd:
    /// Sets the weight decay λ: λy is added to the gradient.
    weight_decay: at_least_zero;
}

impl<T: Real> Optimizer<T> for ScheduleFreeSgd<T> {
    fn step(&mut self, theta: &mut [T], gradient: &mut [T], layout: &Layout) -> Result<()> {
        lengths::check(theta, gradient, layout)?;
        let (rate, share) = self.averaging.advance(self.rate, theta)?;
        let along = rate * (1.0 - self.averaging.beta * (1.0 - share));
        let share = T::of(share);
        parts::pass(
            &self.threads,
            layout,
            [theta, &mut self.averaging.iterate],
            gradient,
            #[inline(always)]
            |part, [theta, iterate], gradient| {
                let decay = parts::decay::<T>(part, self.weight_decay);
                let (rate, along) = (parts::rate::<T>(part, rate), parts::rate::<T>(part, along));
                for ((y, &g), z) in theta.iter_mut().zip(gradient).zip(iterate) {
                    let g = g + decay * *y;
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
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// x, y and z kept apart, as the paper has them; the gradient is y.
    #[test]
    fn the_papers_equations() {
        let (rate, beta) = (0.3, 0.8);
        let mut optimizer = ScheduleFreeSgd::new(rate).unwrap().momentum(beta).unwrap();
        let (mut theta, layout) = ([1.0_f64], Layout::flat(1));
        let (mut x, mut z) = (1.0, 1.0);
        for t in 1..30 {
            let y = (1.0 - beta) * z + beta * x;
            assert!((theta[0] - y).abs() < 1e-14, "step {t}: {} for {y}", theta[0]);
            z -= rate * y;
            x += (z - x) / f64::from(t);
            let mut gradient = theta;
            optimizer.step(&mut theta, &mut gradient, &layout).unwrap();
            let mut average = theta;
            optimizer.average(&mut average, &layout).unwrap();
            assert!((average[0] - x).abs() < 1e-14, "step {t}: {} for {x}", average[0]);
        }
    }
}
