//! A part of an axis.

use std::ops::Range;

use downhill_tensor::{Real, Result, Tensor, kernel};

use crate::Var;
use crate::rule::{Forward, Operands, Pullback, Rule};
use crate::rules::known_axis;
use crate::sink::Sink;

/// Every `step`-th index of a range of an axis; the cotangent goes back to the same places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice {
    /// The axis; negative counts from the end.
    pub axis: isize,
    /// The range.
    pub range: Range<usize>,
    /// The distance from one index to the next.
    pub step: usize,
}

impl<T: Real> Rule<T> for Slice {
    fn name(&self) -> &'static str {
        "slice"
    }

    fn forward(&self, operands: &Operands<'_, T>, cx: &mut Forward<'_, T>) -> Result<Tensor<T>> {
        let x = operands.value(0);
        let axis = x.shape().axis(self.axis)?;
        let shape = kernel::slice_shape(x.shape(), axis, &self.range, self.step)?;
        let mut y = cx.take(shape);
        let y_elements = y.as_mut_slice();
        kernel::slice(y_elements, shape, x.view(), axis, self.range.start, self.step, kernel::write);
        Ok(y)
    }

    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        if let Some(mut dx) = sink.destination(0) {
            let (shape, g) = (at.shape(0), at.cotangent_tensor().view());
            let axis = known_axis(shape, self.axis);
            kernel::write_slice(dx.to_add(), shape, g, axis, self.range.start, self.step, kernel::add);
        }
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// Every `step`-th index of a range of an axis, which keeps its place.
    #[track_caller]
    pub fn slice(self, axis: isize, range: Range<usize>, step: usize) -> Var<'t, T> {
        self.apply(Slice { axis, range, step })
    }
}
