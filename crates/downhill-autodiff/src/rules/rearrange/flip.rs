//! Axes backwards.

use downhill_tensor::{Axes, Real, Result, Tensor, kernel};

use crate::Var;
use crate::rule::{Forward, Operands, Pullback, Rule};
use crate::sink::Sink;

/// The operand backwards along some axes; so is the cotangent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flip {
    /// The axes.
    pub axes: Axes,
}

impl<T: Real> Rule<T> for Flip {
    fn name(&self) -> &'static str {
        "flip"
    }

    fn forward(&self, operands: &Operands<'_, T>, cx: &mut Forward<'_, T>) -> Result<Tensor<T>> {
        let mut y = cx.take(operands.shape(0));
        kernel::flip(y.as_mut_slice(), operands.value(0).view(), self.axes, kernel::write);
        Ok(y)
    }

    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        if let Some(mut dx) = sink.destination(0) {
            let (store, dx) = dx.parts();
            kernel::flip(dx, at.cotangent_tensor().view(), self.axes, store.put());
        }
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// The elements backwards along some axes.
    #[track_caller]
    pub fn flip(self, axes: &[isize]) -> Var<'t, T> {
        match Axes::new(self.shape(), axes) {
            Ok(axes) => self.apply(Flip { axes }),
            Err(source) => self.tape.fail("flip", vec![self.shape()], source),
        }
    }
}
