//! The same elements in another shape.

use downhill_tensor::{Error, Real, Result, Shape, Tensor};

use crate::Var;
use crate::rule::{Forward, Operands, Pullback, Rule};
use crate::sink::Sink;

/// The same elements, in row-major order, in another shape. Nothing is copied, in either direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reshape {
    /// The new shape.
    pub shape: Shape,
}

impl<T: Real> Rule<T> for Reshape {
    fn name(&self) -> &'static str {
        "reshape"
    }

    fn forward(&self, operands: &Operands<'_, T>, _: &mut Forward<'_, T>) -> Result<Tensor<T>> {
        operands.value(0).reshape(self.shape)
    }

    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        sink.add(0, at.cotangent_tensor().clone());
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// The same elements, in row-major order, in another shape with as many; O(1).
    #[track_caller]
    pub fn reshape(self, shape: impl Into<Shape>) -> Var<'t, T> {
        self.apply(Reshape { shape: shape.into() })
    }

    /// All axes from this one on made one; O(1). `x.flatten_from(1)` makes a row of each sample.
    #[track_caller]
    pub fn flatten_from(self, axis: isize) -> Var<'t, T> {
        self.reshape_with("flatten_from", |shape| {
            let axis = shape.axis(axis)?;
            Ok(Shape::new(&shape[..=axis])?.with(axis, shape[axis..].iter().product()))
        })
    }

    /// With an axis of length 1 put in; O(1). A negative axis counts from the end of the result.
    #[track_caller]
    pub fn unsqueeze(self, axis: isize) -> Var<'t, T> {
        self.reshape_with("unsqueeze", |shape| Ok(shape.insert(axis)?.0))
    }

    /// Without an axis of length 1; O(1).
    #[track_caller]
    pub fn squeeze(self, axis: isize) -> Var<'t, T> {
        self.reshape_with("squeeze", |shape| {
            let axis = shape.axis(axis)?;
            if shape[axis] != 1 {
                let rule = "the axis must have length 1";
                return Err(Error::Operand { operation: "squeeze", rule, shape });
            }
            Ok(shape.without(axis))
        })
    }

    #[track_caller]
    fn reshape_with(self, operation: &'static str, to: impl FnOnce(Shape) -> Result<Shape>) -> Var<'t, T> {
        match to(self.shape()) {
            Ok(shape) => self.reshape(shape),
            Err(source) => self.tape.fail(operation, vec![self.shape()], source),
        }
    }
}
