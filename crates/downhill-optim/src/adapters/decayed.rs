//! Weight decay around an optimizer.

use downhill_tensor::{Layout, Part, Real, vectorize};

use crate::{Optimizer, Result, StateVisitor, lengths, parts, setting};

/// An optimizer with weight decay λ, whichever it is: made by [`Optimizer::coupled_decay`],
/// [`Optimizer::decoupled_decay`] and [`Optimizer::final_decay`].
///
/// It acts on the parts that weight decay acts on, times their factors. Where an optimizer has a `weight_decay` of its own,
/// that is the same and saves a pass over memory.
#[derive(Debug, Clone)]
pub struct Decayed<T: Real, O> {
    inner: O,
    decay: f64,
    place: Place,
    /// θ before a step, while a decoupled one lasts.
    start: Vec<T>,
}

/// Where a weight decay enters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// ∇L + λθ is the gradient.
    Coupled,
    /// A step takes ηλθ off too, of the θ that it begins at.
    Decoupled,
    /// After a step θ ← (1 − λ)θ.
    Final,
}

impl<T: Real, O> Decayed<T, O> {
    pub(crate) fn new(inner: O, decay: f64, place: Place) -> Result<Decayed<T, O>> {
        Ok(Decayed { inner, decay: setting::at_least_zero("decay", decay)?, place, start: Vec::new() })
    }
}

/// y ← y + share·x in each part that learns.
fn add<T: Real>(y: &mut [T], x: &[T], layout: &Layout, share: impl Fn(&Part) -> T) {
    vectorize!(for part in parts::trainable(layout) {
        let (range, share) = (part.range(), share(part));
        for (y, &x) in y[range.clone()].iter_mut().zip(&x[range]) {
            *y += share * x;
        }
    });
}

impl<T: Real, O: Optimizer<T>> Optimizer<T> for Decayed<T, O> {
    fn step(&mut self, theta: &mut [T], gradient: &mut [T], layout: &Layout) -> Result<()> {
        lengths::check(theta, gradient, layout)?;
        let rate = self.inner.rate();
        match self.place {
            Place::Coupled => add(gradient, theta, layout, |part| parts::decay(part, self.decay)),
            Place::Decoupled if self.inner.halfway() => {
                lengths::equal("start of the decay", theta.len(), self.start.len())?;
            }
            // A copy, so that nothing has moved if the step fails.
            Place::Decoupled => {
                self.start.clear();
                self.start.extend_from_slice(theta);
            }
            Place::Final => {}
        }
        self.inner.step(theta, gradient, layout)?;
        if self.inner.halfway() {
            return Ok(());
        }
        match self.place {
            Place::Coupled => {}
            Place::Decoupled => {
                add(theta, &self.start, layout, |part| {
                    -parts::rate::<T>(part, rate) * parts::decay(part, self.decay)
                });
                self.start.clear();
            }
            Place::Final => vectorize!(for part in parts::trainable(layout) {
                let keep = T::one() - parts::decay::<T>(part, self.decay);
                theta[part.range()].iter_mut().for_each(|theta| *theta *= keep);
            }),
        }
        Ok(())
    }

    setting::hand_on!(rate, threads, momentum, report, halfway, average);

    fn state(&mut self, visitor: &mut dyn StateVisitor<T>) {
        visitor.vector("start of the decay", &mut self.start);
        self.inner.state(visitor);
    }
}

#[cfg(test)]
mod tests {
    use downhill_tensor::Shape;

    use super::*;
    use crate::{GradientDescent, Group};

    /// η = 0.5, λ = 0.25, and the gradient is 2; "b" does not decay, and "c" has twice the rate and the decay.
    #[test]
    fn by_hand() {
        let mut layout = Layout::default();
        for (name, decay) in [("a", true), ("b", false), ("c", true)] {
            layout.push(name, Shape::from([1]), decay);
        }
        let twice = Group::new().rate(2.0).unwrap().decay(2.0).unwrap();
        let descent = || GradientDescent::new(0.5).unwrap();
        let optimizers: [(Box<dyn Optimizer<f64>>, [f64; 3]); 3] = [
            // 4 - 0.5·(2 + 1), 4 - 1·(2 + 2)
            (Box::new(descent().coupled_decay(0.25).unwrap().group("c", twice)), [2.5, 3.0, 0.0]),
            // 4 - 0.5·2 - 0.125·4, 4 - 2 - 0.5·4
            (Box::new(descent().decoupled_decay(0.25).unwrap().group("c", twice)), [2.5, 3.0, 0.0]),
            // 0.75·3, 0.5·2
            (Box::new(descent().final_decay(0.25).unwrap().group("c", twice)), [2.25, 3.0, 1.0]),
        ];
        for (mut optimizer, expected) in optimizers {
            let mut theta = [4.0; 3];
            optimizer.step(&mut theta, &mut [2.0; 3], &layout).unwrap();
            assert_eq!(theta, expected, "{expected:?}");
        }
    }

    #[test]
    fn once_in_a_step_of_two_halves() {
        let layout = Layout::flat(1);
        // SAM climbs from 4 by 1, and the gradient there is 2: 4 - 0.5·2 - 0.5·0.25·4, 0.75·3.
        let sam = || GradientDescent::new(0.5).unwrap().sam(1.0).unwrap();
        let optimizers: [(Box<dyn Optimizer<f64>>, f64); 2] = [
            (Box::new(sam().decoupled_decay(0.25).unwrap()), 2.5),
            (Box::new(sam().final_decay(0.25).unwrap()), 2.25),
        ];
        for (mut optimizer, expected) in optimizers {
            let mut theta = [4.0];
            for _ in 0..2 {
                optimizer.step(&mut theta, &mut [2.0], &layout).unwrap();
            }
            assert_eq!(theta, [expected]);
        }
    }
}
