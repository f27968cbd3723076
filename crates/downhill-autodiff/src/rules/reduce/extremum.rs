//! The largest and the smallest element.

use downhill_tensor::{Real, Result, Store, Tensor, kernel};

use super::Over;
use crate::Var;
use crate::rule::{Forward, Operands, Pullback, Rule};
use crate::sink::Sink;

/// y = max x, NaN if any is. ∂L/∂x is ∂L/∂y for the largest and 0 for all others; equals share it evenly,
/// as with PyTorch's `amax`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Max(pub Over);

impl<T: Real> Rule<T> for Max {
    fn name(&self) -> &'static str {
        "max"
    }

    fn forward(&self, operands: &Operands<'_, T>, cx: &mut Forward<'_, T>) -> Result<Tensor<T>> {
        self.0.check_elements("max", operands.shape(0))?;
        let mut y = cx.take(self.0.reduce(operands.shape(0)));
        kernel::max(y.as_mut_slice(), operands.value(0).view(), self.0.axes);
        Ok(y)
    }

    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        share(self.0, at, sink, |x, y| x == y, |_| T::one());
    }
}

/// y = min x, NaN if any is. ∂L/∂x as for [`Max`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Min(pub Over);

impl<T: Real> Rule<T> for Min {
    fn name(&self) -> &'static str {
        "min"
    }

    fn forward(&self, operands: &Operands<'_, T>, cx: &mut Forward<'_, T>) -> Result<Tensor<T>> {
        self.0.check_elements("min", operands.shape(0))?;
        let mut y = cx.take(self.0.reduce(operands.shape(0)));
        kernel::min(y.as_mut_slice(), operands.value(0).view(), self.0.axes);
        Ok(y)
    }

    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        share(self.0, at, sink, |x, y| x == y, |_| T::one());
    }
}

/// Divides each cotangent evenly among the elements that are `chosen` for their result, each of which gets
/// its share times its `slope`.
#[inline(always)]
pub(super) fn share<T: Real>(
    over: Over,
    at: &Pullback<'_, T>,
    sink: &mut Sink<'_, T>,
    chosen: impl Fn(T, T) -> bool,
    slope: impl Fn(T) -> T,
) {
    if !sink.wants(0) {
        return;
    }
    let (shape, x) = (at.shape(0), at.value(0).view());
    let mut marks = sink.workspace().take(shape);
    let y = over.stretch(shape, at.output().as_slice());
    let mark = |mark: &mut T, x, y, _| *mark = if chosen(x, y) { T::one() } else { T::zero() };
    kernel::zip(marks.as_mut_slice(), shape, x, y, mark);
    let mut shares = sink.workspace().take(at.output().shape());
    kernel::sum(shares.as_mut_slice(), marks.view(), over.axes, Store::Write);
    kernel::map(shares.as_mut_slice(), at.cotangent(), |share, g, _| {
        *share = if *share == T::zero() { T::zero() } else { g / *share };
    });
    let mut dx = sink.workspace().take(shape);
    let stretched = over.stretch(shape, shares.as_slice());
    let put = |dx: &mut T, x, mark, share, _| *dx = slope(x) * mark * share;
    kernel::zip3(dx.as_mut_slice(), shape, x, marks.view(), stretched, put);
    sink.add(0, dx);
    sink.workspace().give(marks);
    sink.workspace().give(shares);
}

impl<'t, T: Real> Var<'t, T> {
    /// The largest of all elements, of shape `[]`. Equals share the derivative.
    #[track_caller]
    pub fn max(self) -> Var<'t, T> {
        self.apply(Max(Over::all()))
    }

    /// The largest element over some axes, or over all if none is named. Equals share the derivative.
    #[track_caller]
    pub fn max_axes(self, axes: &[isize], keep_axes: bool) -> Var<'t, T> {
        self.reduce("max", axes, keep_axes, Max)
    }

    /// The smallest of all elements, of shape `[]`. Equals share the derivative.
    #[track_caller]
    pub fn min(self) -> Var<'t, T> {
        self.apply(Min(Over::all()))
    }

    /// The smallest element over some axes, or over all if none is named. Equals share the derivative.
    #[track_caller]
    pub fn min_axes(self, axes: &[isize], keep_axes: bool) -> Var<'t, T> {
        self.reduce("min", axes, keep_axes, Min)
    }
}
