//! Clipping of the gradient beside the size of the weights.

use downhill_tensor::{Layout, Real, vectorize};

use crate::{Optimizer, Result, StateVisitor, lengths, norm, parts, setting};

/// An optimizer that sees the gradient of each unit scaled down to λ times the norm of the unit's weights: made
/// by [`Optimizer::adaptive_clip`].
///
/// A unit is a row along the first axis, one output of a layer, or all of a part with a single axis. Its gradient
/// G is scaled by min(1, λ·max(‖W‖, ε)/‖G‖). Source: Brock et al. (2021), High-performance large-scale image
/// recognition without normalization, equation 3, which leaves out the last layer; ε is the paper's 1e-3.
#[derive(Debug, Clone)]
pub struct AdaptiveClip<O> {
    inner: O,
    share: f64,
    eps: f64,
    excluded: Vec<String>,
}

impl<O> AdaptiveClip<O> {
    pub(crate) fn new(inner: O, share: f64) -> Result<AdaptiveClip<O>> {
        let share = setting::above_zero("share", share)?;
        Ok(AdaptiveClip { inner, share, eps: 1e-3, excluded: Vec::new() })
    }

    /// Sets ε, the least norm that weights count as.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless it is finite and above 0.
    pub fn eps(self, eps: f64) -> Result<AdaptiveClip<O>> {
        Ok(AdaptiveClip { eps: setting::above_zero("eps", eps)?, ..self })
    }

    /// Leaves the parts whose name matches `pattern` as they are: those of the last layer.
    #[must_use]
    pub fn exclude(mut self, pattern: impl Into<String>) -> AdaptiveClip<O> {
        self.excluded.push(pattern.into());
        self
    }
}

impl<T: Real, O: Optimizer<T>> Optimizer<T> for AdaptiveClip<O> {
    fn step(&mut self, theta: &mut [T], gradient: &mut [T], layout: &Layout) -> Result<()> {
        lengths::check(theta, gradient, layout)?;
        for part in parts::trainable(layout) {
            let (range, width) = (part.range(), parts::unit(part));
            if width == 0 || self.excluded.iter().any(|pattern| part.matches(pattern)) {
                continue;
            }
            let units = gradient[range.clone()].chunks_exact_mut(width);
            vectorize!(for (g, w) in units.zip(theta[range].chunks_exact(width)) {
                let factor = self.share * norm::l2(w).max(self.eps) / norm::l2(g);
                if factor < 1.0 {
                    let factor = T::of(factor);
                    g.iter_mut().for_each(|g| *g *= factor);
                }
            });
        }
        self.inner.step(theta, gradient, layout)
    }

    setting::hand_on!(rate, threads, momentum, report, halfway, average, state);
}

#[cfg(test)]
mod tests {
    use downhill_tensor::Shape;

    use super::*;
    use crate::GradientDescent;

    #[test]
    fn each_unit() {
        let mut layout = Layout::default();
        layout.push("weight", Shape::from([2, 2]), true);
        layout.push("bias", Shape::from([2]), true);
        layout.push("last", Shape::from([1, 1]), true);
        let descent = GradientDescent::new(1.0).unwrap();
        let clipped = descent.adaptive_clip(0.5).unwrap().eps(2.0).unwrap();
        let mut optimizer = clipped.exclude("last");
        let start = [3.0, 4.0, 0.0, 0.0, 6.0, 8.0, 1.0];
        let mut theta: [f64; 7] = start;
        // The bounds are 0.5·5, 0.5·ε and 0.5·10.
        let mut gradient = [6.0, 8.0, 0.0, 0.5, 0.0, 20.0, 9.0];
        optimizer.step(&mut theta, &mut gradient, &layout).unwrap();
        for ((theta, start), g) in theta.iter().zip(start).zip([1.5, 2.0, 0.0, 0.5, 0.0, 5.0, 9.0]) {
            assert!((start - theta - g).abs() < 1e-15, "{theta} from {start} by {g}");
        }
    }
}
