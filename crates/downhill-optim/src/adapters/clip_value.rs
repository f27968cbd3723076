//! Clipping of the gradient's elements.

use downhill_tensor::{Layout, Real, vectorize};

use crate::{Optimizer, Result, StateVisitor, lengths, parts, setting};

/// The number of elements that are looked at together: in the first cache, so that memory is written only where there
/// is something to clip.
const BLOCK: usize = 1024;

/// An optimizer that sees each element of the gradient clipped to -max ..= max: made by
/// [`Optimizer::clip_value`]. NaN stays NaN.
#[derive(Debug, Clone)]
pub struct ClipValue<O> {
    inner: O,
    max: f64,
}

impl<O> ClipValue<O> {
    pub(crate) fn new(inner: O, max: f64) -> Result<ClipValue<O>> {
        Ok(ClipValue { inner, max: setting::above_zero("max", max)? })
    }
}

impl<T: Real, O: Optimizer<T>> Optimizer<T> for ClipValue<O> {
    fn step(&mut self, theta: &mut [T], gradient: &mut [T], layout: &Layout) -> Result<()> {
        lengths::check(theta, gradient, layout)?;
        vectorize!({
            let (least, max) = (T::of(-self.max), T::of(self.max));
            for part in parts::trainable(layout) {
                for block in gradient[part.range()].chunks_mut(BLOCK) {
                    let mut past = false;
                    for &g in &*block {
                        past |= g > max || g < least;
                    }
                    if past {
                        for g in block {
                            *g = if *g > max { max } else { *g };
                            *g = if *g < least { least } else { *g };
                        }
                    }
                }
            }
        });
        self.inner.step(theta, gradient, layout)
    }

    setting::hand_on!(rate, threads, momentum, report, halfway, average, state);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::GradientDescent;

    #[test]
    fn each_element() {
        let mut optimizer = GradientDescent::new(1.0).unwrap().clip_value(2.0).unwrap();
        let mut theta = [0.0_f32; 6];
        let mut gradient = [3.0, -4.0, 1.5, -0.5, f32::INFINITY, f32::NAN];
        optimizer.step(&mut theta, &mut gradient, &Layout::flat(6)).unwrap();
        assert_eq!(theta[..5], [-2.0, 2.0, -1.5, 0.5, -2.0]);
        assert!(theta[5].is_nan());
    }
}
