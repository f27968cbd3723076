//! Clipping of the gradient by its norm.

use downhill_tensor::{Layout, Real, vectorize};

use crate::{Norm, Optimizer, Result, StateVisitor, lengths, parts, setting};

/// An optimizer that sees the gradient scaled by min(1, max / (‖∇L‖ + 1e-6)), the norm being that of
/// all trainable parts as one vector: made by [`Optimizer::clip_norm`].
///
/// The formula is that of PyTorch's `clip_grad_norm_`; the idea that of Pascanu, Mikolov & Bengio
/// (2013), On the difficulty of training recurrent neural networks, algorithm 1. A gradient whose norm
/// is NaN is left as it is.
#[derive(Debug, Clone)]
pub struct ClipNorm<O> {
    inner: O,
    max: f64,
    norm: Norm,
}

impl<O> ClipNorm<O> {
    pub(crate) fn new(inner: O, max: f64) -> Result<ClipNorm<O>> {
        Ok(ClipNorm { inner, max: setting::above_zero("max", max)?, norm: Norm::L2 })
    }

    /// Sets the norm to clip by.
    #[must_use]
    pub fn norm(self, norm: Norm) -> ClipNorm<O> {
        ClipNorm { norm, ..self }
    }
}

impl<T: Real, O: Optimizer<T>> Optimizer<T> for ClipNorm<O> {
    fn step(&mut self, theta: &mut [T], gradient: &mut [T], layout: &Layout) -> Result<()> {
        lengths::check(theta, gradient, layout)?;
        let factor = self.max / (self.norm.of(gradient, layout)? + 1e-6);
        if factor < 1.0 {
            let factor = T::of(factor);
            vectorize!({
                for part in parts::trainable(layout) {
                    gradient[part.range()].iter_mut().for_each(|g| *g *= factor);
                }
            });
        }
        self.inner.step(theta, gradient, layout)
    }

    setting::hand_on!(rate, threads, momentum, report, halfway, average, state);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::GradientDescent;

    #[test]
    fn by_each_norm() {
        for (norm, max, expected) in [
            (Norm::L2, 2.5, [-1.5, 2.0]),
            (Norm::L2, 5.1, [-3.0, 4.0]),
            (Norm::L1, 3.5, [-1.5, 2.0]),
            (Norm::Max, 1.0, [-0.75, 1.0]),
        ] {
            let mut optimizer = GradientDescent::new(1.0).unwrap().clip_norm(max).unwrap().norm(norm);
            let mut theta = [0.0_f64; 2];
            optimizer.step(&mut theta, &mut [3.0, -4.0], &Layout::flat(2)).unwrap();
            for (got, expected) in theta.iter().zip(expected) {
                assert!((got - expected).abs() < 1e-6, "{norm:?} {max}: {theta:?}");
            }
        }
    }
}
