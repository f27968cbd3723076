//! Repetition along axes.

use downhill_tensor::{Error, Real, Result, Shape, Tensor, kernel};

use crate::Var;
use crate::rule::{Forward, Operands, Pullback, Rule};
use crate::sink::Sink;

/// The operand repeated along missing axes and those of length 1; the cotangent is summed over them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BroadcastTo {
    /// The new shape.
    pub shape: Shape,
}

impl<T: Real> Rule<T> for BroadcastTo {
    fn name(&self) -> &'static str {
        "broadcast_to"
    }

    fn forward(&self, operands: &Operands<'_, T>, cx: &mut Forward<'_, T>) -> Result<Tensor<T>> {
        let x = operands.value(0);
        if !x.shape().stretches_to(&self.shape) {
            return Err(Error::Broadcast { shapes: Box::new([x.shape(), self.shape]) });
        }
        let mut y = cx.take(self.shape);
        kernel::broadcast_to(y.as_mut_slice(), self.shape, x.view(), kernel::write);
        Ok(y)
    }

    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        if let Some(mut dx) = sink.destination(0) {
            let (store, dx) = dx.parts();
            kernel::sum_to(dx, at.shape(0), at.cotangent_tensor().view(), store);
        }
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// The same elements repeated along missing axes and those of length 1, so that the shape is this one.
    /// Operators broadcast by themselves, without the copy.
    #[track_caller]
    pub fn broadcast_to(self, shape: impl Into<Shape>) -> Var<'t, T> {
        self.apply(BroadcastTo { shape: shape.into() })
    }
}
