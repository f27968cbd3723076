//! How far elements are spread.

use downhill_tensor::{Real, Result, Tensor, kernel};

use super::Over;
use crate::Var;
use crate::rule::{Forward, Operands, Pullback, Rule};
use crate::sink::Sink;

/// y = Σ (x − m)² / (n − c) with the mean m of n elements; ∂L/∂x = 2 (x − m) / (n − c) · ∂L/∂y.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variance {
    /// The elements.
    pub over: Over,
    /// c: 0 for the elements' own variance, 1 for an unbiased estimate of what they are a sample of.
    pub correction: usize,
}

impl<T: Real> Rule<T> for Variance {
    fn name(&self) -> &'static str {
        "var"
    }

    fn forward(&self, operands: &Operands<'_, T>, cx: &mut Forward<'_, T>) -> Result<Tensor<T>> {
        let mut y = cx.take(self.over.reduce(operands.shape(0)));
        kernel::var(y.as_mut_slice(), operands.value(0).view(), self.over.axes, self.correction);
        Ok(y)
    }

    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        pull(*self, at, sink, |g, _| g + g);
    }
}

/// y = √(Σ (x − m)² / (n − c)) with the mean m of n elements; ∂L/∂x = (x − m) / ((n − c) y) · ∂L/∂y, and 0
/// where y = 0, as in PyTorch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StandardDeviation(pub Variance);

impl<T: Real> Rule<T> for StandardDeviation {
    fn name(&self) -> &'static str {
        "std"
    }

    fn forward(&self, operands: &Operands<'_, T>, cx: &mut Forward<'_, T>) -> Result<Tensor<T>> {
        let mut y = self.0.forward(operands, cx)?;
        y.as_mut_slice().iter_mut().for_each(|y| *y = y.sqrt());
        Ok(y)
    }

    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        pull(self.0, at, sink, |g, y| if y == T::zero() { T::zero() } else { g / y });
    }
}

/// Adds `weight(g, y)` (x − m) / (n − c) for a cotangent g and its result y.
#[inline(always)]
fn pull<T: Real>(
    Variance { over, correction }: Variance,
    at: &Pullback<'_, T>,
    sink: &mut Sink<'_, T>,
    weight: impl Fn(T, T) -> T,
) {
    if !sink.wants(0) {
        return;
    }
    let (shape, x) = (at.shape(0), at.value(0).view());
    let degrees = T::of(over.axes.elements(shape).saturating_sub(correction) as f64);
    let mut means = sink.workspace().take(at.output().shape());
    kernel::mean(means.as_mut_slice(), x, over.axes);
    let mut weights = sink.workspace().take(at.output().shape());
    let (y, g) = (at.output().view(), at.cotangent_tensor().view());
    let weigh = |w: &mut T, g, y, _| *w = weight(g, y) / degrees;
    kernel::zip(weights.as_mut_slice(), at.output().shape(), g, y, weigh);
    let mut dx = sink.workspace().take(shape);
    let (m, w) = (over.stretch(shape, means.as_slice()), over.stretch(shape, weights.as_slice()));
    kernel::zip3(dx.as_mut_slice(), shape, x, m, w, |dx, x, m, w, _| *dx = w * (x - m));
    sink.add(0, dx);
    sink.workspace().give(means);
    sink.workspace().give(weights);
}

impl<'t, T: Real> Var<'t, T> {
    /// The variance of all elements, of shape `[]`: the sum of squared deviations from the mean, divided by
    /// the number of elements less `correction` (0 for the elements' own variance, 1 for an unbiased
    /// estimate of what they are a sample of).
    #[track_caller]
    pub fn var(self, correction: usize) -> Var<'t, T> {
        self.apply(Variance { over: Over::all(), correction })
    }

    /// The variance over some axes, or over all if none is named: see [`var`](Var::var).
    #[track_caller]
    pub fn var_axes(self, axes: &[isize], keep_axes: bool, correction: usize) -> Var<'t, T> {
        self.reduce("var", axes, keep_axes, |over| Variance { over, correction })
    }

    /// The square root of the variance of all elements: see [`var`](Var::var).
    #[track_caller]
    pub fn std(self, correction: usize) -> Var<'t, T> {
        self.apply(StandardDeviation(Variance { over: Over::all(), correction }))
    }

    /// The square root of the variance over some axes: see [`var`](Var::var).
    #[track_caller]
    pub fn std_axes(self, axes: &[isize], keep_axes: bool, correction: usize) -> Var<'t, T> {
        self.reduce("std", axes, keep_axes, |over| StandardDeviation(Variance { over, correction }))
    }
}
