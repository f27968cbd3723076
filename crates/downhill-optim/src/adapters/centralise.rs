//! Centralisation of the gradient.

use downhill_tensor::{Layout, Real, vectorize};

use crate::{Optimizer, Result, StateVisitor, lengths, norm, parts, setting};

/// An optimizer that sees the gradient of each unit's weights less its mean: made by
/// [`Optimizer::centralise`].
///
/// A unit is a row along the first axis of a part with at least two; other parts stay as they are. Source: Yong
/// et al. (2020), Gradient centralization: a new optimization technique for deep neural networks, equation 1.
#[derive(Debug, Clone)]
pub struct Centralise<O> {
    inner: O,
}

impl<O> Centralise<O> {
    pub(crate) fn new(inner: O) -> Centralise<O> {
        Centralise { inner }
    }
}

impl<T: Real, O: Optimizer<T>> Optimizer<T> for Centralise<O> {
    fn step(&mut self, theta: &mut [T], gradient: &mut [T], layout: &Layout) -> Result<()> {
        lengths::check(theta, gradient, layout)?;
        for part in parts::trainable(layout).filter(|part| part.shape.len() > 1) {
            let width = parts::unit(part);
            if width == 0 {
                continue;
            }
            vectorize!(for unit in gradient[part.range()].chunks_exact_mut(width) {
                let mean = T::of(norm::sum(unit) / width as f64);
                unit.iter_mut().for_each(|g| *g -= mean);
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
    fn each_row_of_a_matrix() {
        let mut layout = Layout::default();
        layout.push("kernel", Shape::from([2, 1, 2]), true);
        layout.push("bias", Shape::from([2]), true);
        let mut optimizer: Centralise<GradientDescent<f64>> = GradientDescent::new(1.0).unwrap().centralise();
        let mut theta = [0.0; 6];
        optimizer.step(&mut theta, &mut [1.0, 3.0, -4.0, 0.0, 5.0, 7.0], &layout).unwrap();
        assert_eq!(theta, [1.0, -1.0, 2.0, -2.0, -5.0, -7.0]);
    }
}
