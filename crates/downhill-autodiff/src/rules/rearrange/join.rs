//! Several values made one.

use downhill_tensor::{Real, Result, Shape, Tensor, kernel};

use crate::rule::{Forward, Operands, Pullback, Rule};
use crate::rules::known_axis;
use crate::sink::Sink;
use crate::{Tape, Var};

/// Operands joined along an axis; each gets its part of the cotangent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Concat {
    /// The axis; negative counts from the end.
    pub axis: isize,
}

impl<T: Real> Rule<T> for Concat {
    fn name(&self) -> &'static str {
        "concat"
    }

    fn forward(&self, operands: &Operands<'_, T>, cx: &mut Forward<'_, T>) -> Result<Tensor<T>> {
        let shapes = (0..operands.len()).map(|operand| operands.shape(operand));
        let (shape, axis) = kernel::concat_shape(shapes, self.axis)?;
        Ok(join(operands, cx, shape, axis, |operand| operands.shape(operand)[axis]))
    }

    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        let axis = known_axis(at.output().shape(), self.axis);
        part(at, sink, axis, |operand| at.shape(operand)[axis]);
    }
}

/// Operands of one shape stacked along a new axis; each gets its part of the cotangent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stack {
    /// The new axis; negative counts from the end of the result.
    pub axis: isize,
}

impl<T: Real> Rule<T> for Stack {
    fn name(&self) -> &'static str {
        "stack"
    }

    fn forward(&self, operands: &Operands<'_, T>, cx: &mut Forward<'_, T>) -> Result<Tensor<T>> {
        let shapes = (0..operands.len()).map(|operand| operands.shape(operand));
        let (shape, axis) = kernel::stack_shape(shapes, self.axis)?;
        Ok(join(operands, cx, shape, axis, |_| 1))
    }

    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        part(at, sink, known_axis(at.output().shape(), self.axis), |_| 1);
    }
}

/// Writes the operands one after another along an axis, each as long as `length` says.
fn join<T: Real>(
    operands: &Operands<'_, T>,
    cx: &mut Forward<'_, T>,
    shape: Shape,
    axis: usize,
    length: impl Fn(usize) -> usize,
) -> Tensor<T> {
    let mut y = cx.take(shape);
    let mut start = 0;
    for operand in 0..operands.len() {
        let x = kernel::View::new(shape.with(axis, length(operand)), operands.slice(operand));
        kernel::write_slice(y.as_mut_slice(), shape, x, axis, start, 1, kernel::write);
        start += length(operand);
    }
    y
}

/// The adjoint of [`join`].
fn part<T: Real>(at: &Pullback<'_, T>, sink: &mut Sink<'_, T>, axis: usize, length: impl Fn(usize) -> usize) {
    let g = at.cotangent_tensor();
    let mut start = 0;
    for operand in 0..at.len() {
        if let Some(mut dx) = sink.destination(operand) {
            let (store, dx) = dx.parts();
            let shape = g.shape().with(axis, length(operand));
            kernel::slice(dx, shape, g.view(), axis, start, 1, store.put());
        }
        start += length(operand);
    }
}

impl<T: Real> Tape<T> {
    /// Values joined along an axis. They must agree in all others.
    #[track_caller]
    pub fn concat<'t>(&'t self, parts: &[Var<'t, T>], axis: isize) -> Var<'t, T> {
        self.apply(Concat { axis }, parts)
    }

    /// Values of one shape stacked along a new axis; a negative axis counts from the end of the result.
    #[track_caller]
    pub fn stack<'t>(&'t self, parts: &[Var<'t, T>], axis: isize) -> Var<'t, T> {
        self.apply(Stack { axis }, parts)
    }
}
