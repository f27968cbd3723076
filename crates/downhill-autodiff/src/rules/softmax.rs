//! The softmax and its logarithm.

use downhill_tensor::{Axes, Real, Result, Tensor, kernel};

use super::known_axis;
use crate::Var;
use crate::rule::{Forward, Operands, Pullback, Rule};
use crate::sink::Sink;

/// y = exp(x) / Σ exp(x), the sum along an axis. ∂L/∂x = y ⊙ (G − Σ G ⊙ y) with G = ∂L/∂y.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Softmax {
    /// The axis; negative counts from the end.
    pub axis: isize,
}

impl<T: Real> Rule<T> for Softmax {
    fn name(&self) -> &'static str {
        "softmax"
    }

    fn forward(&self, operands: &Operands<'_, T>, cx: &mut Forward<'_, T>) -> Result<Tensor<T>> {
        let axes = Axes::new(operands.shape(0), &[self.axis])?;
        let mut y = cx.take(operands.shape(0));
        kernel::softmax(y.as_mut_slice(), operands.value(0).view(), axes, cx.threads());
        Ok(y)
    }

    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        if !sink.wants(0) {
            return;
        }
        let (shape, y) = (at.shape(0), at.output().view());
        let mut dx = sink.workspace().take(shape);
        let axes = Axes::single(known_axis(shape, self.axis));
        kernel::softmax_backward(dx.as_mut_slice(), y, at.cotangent(), axes, at.threads());
        sink.add(0, dx);
    }
}

/// y = x − ln Σ exp(x), the sum along an axis. ∂L/∂x = G − exp(y) Σ G with G = ∂L/∂y.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogSoftmax {
    /// The axis; negative counts from the end.
    pub axis: isize,
}

impl<T: Real> Rule<T> for LogSoftmax {
    fn name(&self) -> &'static str {
        "log_softmax"
    }

    fn forward(&self, operands: &Operands<'_, T>, cx: &mut Forward<'_, T>) -> Result<Tensor<T>> {
        let axes = Axes::new(operands.shape(0), &[self.axis])?;
        let mut y = cx.take(operands.shape(0));
        kernel::log_softmax(y.as_mut_slice(), operands.value(0).view(), axes, cx.threads());
        Ok(y)
    }

    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        if !sink.wants(0) {
            return;
        }
        let (shape, y) = (at.shape(0), at.output().view());
        let mut dx = sink.workspace().take(shape);
        let axes = Axes::single(known_axis(shape, self.axis));
        kernel::log_softmax_backward(dx.as_mut_slice(), y, at.cotangent(), axes, at.threads());
        sink.add(0, dx);
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// exp(x) / Σ exp(x) along an axis: positive numbers that add up to 1.
    #[track_caller]
    pub fn softmax(self, axis: isize) -> Var<'t, T> {
        self.apply(Softmax { axis })
    }

    /// The logarithm of [`softmax`](Var::softmax), accurate where that is near 0.
    #[track_caller]
    pub fn log_softmax(self, axis: isize) -> Var<'t, T> {
        self.apply(LogSoftmax { axis })
    }
}
