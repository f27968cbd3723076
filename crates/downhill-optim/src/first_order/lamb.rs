//! LAMB.

use downhill_tensor::{Layout, Real, vectorize};

use crate::norm::{self, Blocks};
use crate::setting::{own_momentum, own_rate, setters};
use crate::{Optimizer, Result, StateVisitor, lengths, parts, setting};

/// LAMB: Adam's direction, stretched in each layer to the length of its weights; for large batches.
///
/// u = m̂/(√v̂ + ε) + λθ, then θ ← θ − η(‖θ‖/‖u‖)u, the norms being those of a part of θ. The ratio is 1 where
/// a norm is 0, and in parts that weight decay does not act on (biases, scales), as is usual. Source: You et
/// al. (2020), Large batch optimization for deep learning: training BERT in 76 minutes, algorithm 2. The
/// defaults are β₁ = 0.9, β₂ = 0.999, ε = 1e-6, no weight decay.
#[derive(Debug, Clone)]
pub struct Lamb<T: Real = f32> {
    rate: f64,
    beta1: f64,
    beta2: f64,
    eps: f64,
    weight_decay: f64,
    /// The number of steps taken.
    step: u64,
    /// m.
    mean: Vec<T>,
    /// v.
    square: Vec<T>,
}

impl<T: Real> Lamb<T> {
    /// LAMB with the learning rate η.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless the rate is finite and at least 0.
    pub fn new(rate: f64) -> Result<Lamb<T>> {
        Ok(Lamb {
            rate: setting::at_least_zero("rate", rate)?,
            beta1: 0.9,
            beta2: 0.999,
            eps: 1e-6,
            weight_decay: 0.0,
            step: 0,
            mean: Vec::new(),
            square: Vec::new(),
        })
    }
}

setters! { Lamb:
    /// Sets β₁: the share of the past in the running mean of the gradient.
    beta1: memory;
    /// Sets β₂: the share of the past in that of its square.
    beta2: memory;
    /// Sets ε, which keeps the scaling finite where the gradient has been 0.
    eps: at_least_zero;
    /// Sets the weight decay λ, which enters the direction u.
    weight_decay: at_least_zero;
}

impl<T: Real> Optimizer<T> for Lamb<T> {
    fn step(&mut self, theta: &mut [T], gradient: &mut [T], layout: &Layout) -> Result<()> {
        lengths::check(theta, gradient, layout)?;
        lengths::size("mean", &mut self.mean, theta)?;
        lengths::size("square", &mut self.square, theta)?;
        self.step = self.step.saturating_add(1);
        let unbiased = |beta: f64| 1.0 / (1.0 - beta.powf(self.step as f64));
        let along = T::of(unbiased(self.beta1));
        let scale = T::of(unbiased(self.beta2).sqrt());
        let eps = T::of(self.eps);
        let (keep1, enter1) = (T::of(self.beta1), T::of(1.0 - self.beta1));
        let (keep2, enter2) = (T::of(self.beta2), T::of(1.0 - self.beta2));
        for part in parts::trainable(layout) {
            let (range, decay) = (part.range(), parts::decay::<T>(part, self.weight_decay));
            let (theta, u) = (&mut theta[range.clone()], &mut gradient[range.clone()]);
            let (mean, square) = (&mut self.mean[range.clone()], &mut self.square[range]);
            // The direction takes the gradient's place; its norm is taken while it is in the cache.
            let (mut size, mut length) = (Blocks::new(), Blocks::new());
            let state = mean.chunks_mut(Blocks::LENGTH).zip(square.chunks_mut(Blocks::LENGTH));
            let blocks = theta.chunks(Blocks::LENGTH).zip(u.chunks_mut(Blocks::LENGTH)).zip(state);
            for ((theta, u), (mean, square)) in blocks {
                vectorize!({
                    for ((&theta, u), (m, v)) in theta.iter().zip(&mut *u).zip(mean.iter_mut().zip(square)) {
                        let g = *u;
                        *m = keep1 * *m + enter1 * g;
                        *v = keep2 * *v + enter2 * (g * g);
                        *u = along * *m / (v.sqrt() * scale + eps) + decay * theta;
                    }
                });
                size.add(theta);
                length.add(u);
            }
            let ratio = if part.decay { norm::ratio(size.norm(), length.norm()) } else { 1.0 };
            let rate = parts::rate::<T>(part, self.rate * ratio);
            vectorize!(theta.iter_mut().zip(&*u).for_each(|(theta, &u)| *theta -= rate * u));
        }
        Ok(())
    }

    own_rate!();
    own_momentum!(beta1: memory);

    fn state(&mut self, visitor: &mut dyn StateVisitor<T>) {
        visitor.counter("step", &mut self.step);
        visitor.vector("mean", &mut self.mean);
        visitor.vector("square", &mut self.square);
    }
}
