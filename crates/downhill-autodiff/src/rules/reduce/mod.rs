//! Reductions: one number of all that lie along some axes.
//!
//! Every reduction of everything is a method of its own, such as [`Var::sum`], and has a twin that names
//! axes, such as [`Var::sum_axes`]: negative axes count from the end, none named means all, and
//! `keep_axes` keeps them with length 1, so that the result broadcasts against what it came from.

mod cumsum;
mod extremum;
mod logsumexp;
mod norm;
mod prod;
mod sum;
mod variance;

pub use cumsum::Cumsum;
pub use extremum::{Max, Min};
pub use logsumexp::LogSumExp;
pub use norm::Norm;
pub use prod::Prod;
pub use sum::{Mean, Sum};
pub use variance::{StandardDeviation, Variance};

use downhill_tensor::kernel::View;
use downhill_tensor::{Axes, Error, Real, Result, Shape};

use crate::Var;
use crate::rule::Rule;

/// What a reduction runs over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Over {
    /// The axes. Those that the operand does not have are left out.
    pub axes: Axes,
    /// Whether they stay, with length 1.
    pub keep_axes: bool,
}

impl Over {
    /// Everything: the result has shape `[]`.
    pub fn all() -> Over {
        Over { axes: Axes::first(Shape::MAX_AXES), keep_axes: false }
    }

    /// What becomes of a shape.
    fn reduce(self, shape: Shape) -> Shape {
        self.axes.reduce(shape, self.keep_axes)
    }

    /// The results' numbers, to be broadcast to the operand's shape.
    fn stretch<T>(self, shape: Shape, results: &[T]) -> View<'_, T> {
        View::new(self.axes.reduce(shape, true), results)
    }

    /// That there is something to reduce, as far as there are results.
    fn check_elements(self, operation: &'static str, shape: Shape) -> Result<()> {
        if self.axes.elements(shape) == 0 {
            let rule = "needs at least one element along the reduced axes";
            return Err(Error::Operand { operation, rule, shape });
        }
        Ok(())
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// Applies a reduction over these axes, or over all if none is named.
    #[track_caller]
    fn reduce<R: Rule<T>>(
        self,
        operation: &'static str,
        axes: &[isize],
        keep_axes: bool,
        rule: impl FnOnce(Over) -> R,
    ) -> Var<'t, T> {
        match Axes::reduced(self.shape(), axes) {
            Ok(axes) => self.apply(rule(Over { axes, keep_axes })),
            Err(source) => self.tape.fail(operation, vec![self.shape()], source),
        }
    }
}
