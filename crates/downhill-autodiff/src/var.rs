//! Handles to values on a tape.

use downhill_tensor::{Real, Shape, Tensor};

use crate::rule::Rule;
use crate::{Result, Tape};

/// A value on a [`Tape`]: a `Copy` handle with operators and methods, so that code reads like the
/// formula: `(x.matmul(w) + b).tanh()`.
///
/// Operators broadcast like NumPy. Nothing here returns a `Result`: the tape keeps the first error, and
/// [`value`](Var::value) and [`backward`](Var::backward) return it.
pub struct Var<'t, T: Real = f32> {
    pub(crate) tape: &'t Tape<T>,
    pub(crate) place: u32,
}

impl<T: Real> Clone for Var<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Real> Copy for Var<'_, T> {}

impl<'t, T: Real> Var<'t, T> {
    /// The tape it is on.
    pub fn tape(self) -> &'t Tape<T> {
        self.tape
    }

    /// Its shape. After an error on the tape, the shape of some operand before it.
    pub fn shape(self) -> Shape {
        let core = self.tape.core.borrow();
        core.nodes.get(self.place as usize).map_or(Shape::SCALAR, |node| node.value.shape())
    }

    /// Its value, shared with the tape.
    ///
    /// # Errors
    /// The first error of the computation.
    pub fn value(self) -> Result<Tensor<T>> {
        self.tape.status()?;
        Ok(self.tape.core.borrow().nodes[self.place as usize].value.clone())
    }

    /// What its operation kept beside it under this place, shared with the tape: see
    /// [`Forward::keep`](crate::Forward::keep). `None` after an error on the tape.
    pub fn saved(self, place: usize) -> Option<Tensor<T>> {
        let core = self.tape.core.borrow();
        if core.failure.is_some() {
            return None;
        }
        let end = core.nodes.get(self.place as usize)?.saved_end as usize;
        let start =
            (self.place as usize).checked_sub(1).map_or(0, |before| core.nodes[before].saved_end as usize);
        core.saved[start..end].get(place).cloned()
    }

    /// Applies an operation with this as its only operand.
    #[track_caller]
    pub fn apply<R: Rule<T>>(self, rule: R) -> Var<'t, T> {
        self.tape.apply(rule, &[self])
    }

    /// Applies an operation with this and another as its operands.
    #[track_caller]
    pub fn apply2<R: Rule<T>>(self, rule: R, other: Var<'t, T>) -> Var<'t, T> {
        self.tape.apply(rule, &[self, other])
    }

    /// The same value as a constant: no derivative passes.
    #[track_caller]
    pub fn detach(self) -> Var<'t, T> {
        match self.value() {
            Ok(value) => self.tape.constant(value),
            Err(_) => self,
        }
    }
}

impl<T: Real> std::fmt::Debug for Var<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Var({:?})", self.value())
    }
}
