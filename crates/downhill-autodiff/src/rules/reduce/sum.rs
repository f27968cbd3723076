//! Sums and means.

use downhill_tensor::{Real, Result, Store, Tensor, kernel};

use super::Over;
use crate::Var;
use crate::rule::{Forward, Operands, Pullback, Rule};
use crate::sink::Sink;

/// y = Σ x; ∂L/∂x is ∂L/∂y, repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sum(pub Over);

impl<T: Real> Rule<T> for Sum {
    fn name(&self) -> &'static str {
        "sum"
    }

    fn forward(&self, operands: &Operands<'_, T>, cx: &mut Forward<'_, T>) -> Result<Tensor<T>> {
        let mut y = cx.take(self.0.reduce(operands.shape(0)));
        kernel::sum(y.as_mut_slice(), operands.value(0).view(), self.0.axes, Store::Write);
        Ok(y)
    }

    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        if let Some(mut dx) = sink.destination(0) {
            let (store, dx) = dx.parts();
            let g = self.0.stretch(at.shape(0), at.cotangent());
            kernel::broadcast_to(dx, at.shape(0), g, store.put());
        }
    }
}

/// y = Σ x / n, NaN for n = 0; ∂L/∂x is ∂L/∂y / n, repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mean(pub Over);

impl<T: Real> Rule<T> for Mean {
    fn name(&self) -> &'static str {
        "mean"
    }

    fn forward(&self, operands: &Operands<'_, T>, cx: &mut Forward<'_, T>) -> Result<Tensor<T>> {
        let mut y = cx.take(self.0.reduce(operands.shape(0)));
        kernel::mean(y.as_mut_slice(), operands.value(0).view(), self.0.axes);
        Ok(y)
    }

    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        if let Some(mut dx) = sink.destination(0) {
            let (store, dx) = dx.parts();
            let g = self.0.stretch(at.shape(0), at.cotangent());
            let count = T::of(self.0.axes.elements(at.shape(0)) as f64);
            let put = store.put();
            kernel::broadcast_to(dx, at.shape(0), g, |dx, g| put(dx, g / count));
        }
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// The sum of all elements, of shape `[]`.
    #[track_caller]
    pub fn sum(self) -> Var<'t, T> {
        self.apply(Sum(Over::all()))
    }

    /// The sum over some axes, or over all if none is named.
    #[track_caller]
    pub fn sum_axes(self, axes: &[isize], keep_axes: bool) -> Var<'t, T> {
        self.reduce("sum", axes, keep_axes, Sum)
    }

    /// The mean of all elements, of shape `[]`; NaN if there are none.
    #[track_caller]
    pub fn mean(self) -> Var<'t, T> {
        self.apply(Mean(Over::all()))
    }

    /// The mean over some axes, or over all if none is named; NaN over no elements.
    #[track_caller]
    pub fn mean_axes(self, axes: &[isize], keep_axes: bool) -> Var<'t, T> {
        self.reduce("mean", axes, keep_axes, Mean)
    }
}
