//! LARS.

use downhill_tensor::{Layout, Real, vectorize};

use crate::setting::{own_momentum, own_rate, setters};
use crate::{Optimizer, Result, StateVisitor, lengths, norm, parts, setting};

/// LARS: gradient descent with momentum whose steps in each layer are in proportion to its weights; for
/// large batches.
///
/// v ← μv + ηr(∇L + λθ) with r = τ‖θ‖/(‖∇L‖ + λ‖θ‖), then θ ← θ − v, the norms being those of a part of θ.
/// r is 1 where a norm is 0, and in parts that weight decay does not act on (biases, scales), as is usual.
/// Source: You, Gitman & Ginsburg (2017), Large batch training of convolutional networks, algorithm 1. The
/// defaults are the paper's μ = 0.9 and τ = 0.001, without weight decay.
#[derive(Debug, Clone)]
pub struct Lars<T: Real = f32> {
    rate: f64,
    momentum: f64,
    trust: f64,
    weight_decay: f64,
    /// v.
    velocity: Vec<T>,
}

impl<T: Real> Lars<T> {
    /// LARS with the learning rate η.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless the rate is finite and at least 0.
    pub fn new(rate: f64) -> Result<Lars<T>> {
        let rate = setting::at_least_zero("rate", rate)?;
        Ok(Lars { rate, momentum: 0.9, trust: 0.001, weight_decay: 0.0, velocity: Vec::new() })
    }
}

setters! { Lars:
    /// Sets the momentum μ.
    momentum: at_least_zero;
    /// Sets τ: the length of a step, beside that of the weights.
    trust: above_zero;
    /// Sets the weight decay λ: λθ is added to the gradient.
    weight_decay: at_least_zero;
}

impl<T: Real> Optimizer<T> for Lars<T> {
    fn step(&mut self, theta: &mut [T], gradient: &mut [T], layout: &Layout) -> Result<()> {
        lengths::check(theta, gradient, layout)?;
        lengths::size("velocity", &mut self.velocity, theta)?;
        let momentum = T::of(self.momentum);
        for part in parts::trainable(layout) {
            let (range, decay) = (part.range(), parts::decay::<T>(part, self.weight_decay));
            let (theta, gradient) = (&mut theta[range.clone()], &gradient[range.clone()]);
            let ratio = if part.decay {
                let (weights, slope) = (norm::l2(theta), norm::l2(gradient));
                let decayed = slope + weights * self.weight_decay * part.decay_factor;
                // No gradient, no trust in its length.
                if slope > 0.0 { norm::ratio(self.trust * weights, decayed) } else { 1.0 }
            } else {
                1.0
            };
            let rate = parts::rate::<T>(part, self.rate * ratio);
            vectorize!({
                for ((theta, &g), v) in theta.iter_mut().zip(gradient).zip(&mut self.velocity[range]) {
                    *v = momentum * *v + rate * (g + decay * *theta);
                    *theta -= *v;
                }
            });
        }
        Ok(())
    }

    own_rate!();
    own_momentum!(momentum: at_least_zero);

    fn state(&mut self, visitor: &mut dyn StateVisitor<T>) {
        visitor.vector("velocity", &mut self.velocity);
    }
}
