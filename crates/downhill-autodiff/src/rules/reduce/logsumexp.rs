//! The logarithm of a sum of exponentials.

use downhill_tensor::{Real, Result, Tensor, kernel};

use super::Over;
use crate::Var;
use crate::rule::{Forward, Operands, Pullback, Rule};
use crate::sink::Sink;

/// y = ln Σ exp(x), without overflow; ∂L/∂x = exp(x − y) ∂L/∂y.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogSumExp(pub Over);

impl<T: Real> Rule<T> for LogSumExp {
    fn name(&self) -> &'static str {
        "logsumexp"
    }

    fn forward(&self, operands: &Operands<'_, T>, cx: &mut Forward<'_, T>) -> Result<Tensor<T>> {
        let mut y = cx.take(self.0.reduce(operands.shape(0)));
        kernel::logsumexp(y.as_mut_slice(), operands.value(0).view(), self.0.axes, cx.threads());
        Ok(y)
    }

    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        if !sink.wants(0) {
            return;
        }
        let (shape, x) = (at.shape(0), at.value(0).view());
        let y = self.0.stretch(shape, at.output().as_slice());
        let g = self.0.stretch(shape, at.cotangent());
        let nothing = T::of(f64::NEG_INFINITY);
        let mut dx = sink.workspace().take(shape);
        kernel::zip3(
            dx.as_mut_slice(),
            shape,
            x,
            y,
            g,
            // Where every x is −∞, so is y: there exp(x − y) would be NaN.
            #[inline(always)]
            |dx, x, y, g, math| *dx = if y == nothing { T::zero() } else { g * (x - y).exp_kernel(math) },
        );
        sink.add(0, dx);
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// ln Σ exp(x) of all elements, of shape `[]`; −∞ if there are none.
    #[track_caller]
    pub fn logsumexp(self) -> Var<'t, T> {
        self.apply(LogSumExp(Over::all()))
    }

    /// ln Σ exp(x) over some axes, or over all if none is named; −∞ over no elements.
    #[track_caller]
    pub fn logsumexp_axes(self, axes: &[isize], keep_axes: bool) -> Var<'t, T> {
        self.reduce("logsumexp", axes, keep_axes, LogSumExp)
    }
}
