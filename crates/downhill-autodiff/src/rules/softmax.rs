//! The softmax and its logarithm.

use downhill_tensor::{Axes, Real, Result, Store, Tensor, Workspace, kernel};

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
        let (shape, y, g) = (at.shape(0), at.output().view(), at.cotangent_tensor().view());
        let mut products = sink.workspace().take(shape);
        kernel::zip(products.as_mut_slice(), shape, y, g, |product, y, g, _| *product = y * g);
        let sums = sums_along(&products, known_axis(shape, self.axis), sink.workspace());
        let mut dx = sink.workspace().take(shape);
        kernel::zip3(dx.as_mut_slice(), shape, y, g, sums.view(), |dx, y, g, sum, _| *dx = y * (g - sum));
        sink.add(0, dx);
        sink.workspace().give(products);
        sink.workspace().give(sums);
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
        let (shape, y, g) = (at.shape(0), at.output().view(), at.cotangent_tensor().view());
        let sums = sums_along(at.cotangent_tensor(), known_axis(shape, self.axis), sink.workspace());
        let mut dx = sink.workspace().take(shape);
        kernel::zip3(
            dx.as_mut_slice(),
            shape,
            y,
            g,
            sums.view(),
            #[inline(always)]
            |dx, y, g, sum, math| *dx = g - y.exp_kernel(math) * sum,
        );
        sink.add(0, dx);
        sink.workspace().give(sums);
    }
}

/// The sums along an axis, which keeps the length 1.
fn sums_along<T: Real>(x: &Tensor<T>, axis: usize, workspace: &mut Workspace<T>) -> Tensor<T> {
    let mut sums = workspace.take(x.shape().with(axis, 1));
    kernel::sum(sums.as_mut_slice(), x.view(), Axes::single(axis), Store::Write);
    sums
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
