//! Lengths of vectors.

use downhill_tensor::kernel::{self, maximum};
use downhill_tensor::{Error, Real, Result, Store, Tensor};

use super::Over;
use super::extremum::share;
use crate::Var;
use crate::rule::{Forward, Operands, Pullback, Rule};
use crate::rules::elementwise::sign;
use crate::sink::Sink;

/// y = (Σ |x|ᵖ)^(1/p), and max |x| for p = ∞; 0 of nothing.
///
/// ∂L/∂x = sign(x) (|x|/y)^(p − 1) ∂L/∂y, 0 where y = 0; for p = ∞ it goes to the largest |x|, and equals
/// share it evenly. All as in PyTorch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Norm {
    /// The elements that are one vector.
    pub over: Over,
    /// p ≥ 1, ∞ included.
    pub p: f64,
}

impl<T: Real> Rule<T> for Norm {
    fn name(&self) -> &'static str {
        "norm"
    }

    fn forward(&self, operands: &Operands<'_, T>, cx: &mut Forward<'_, T>) -> Result<Tensor<T>> {
        let Norm { over, p } = *self;
        if p.is_nan() || p < 1.0 {
            return Err(Error::Setting { name: "p", rule: "at least 1", value: p });
        }
        let mut terms = cx.take(operands.shape(0));
        let mut y = cx.take(over.reduce(operands.shape(0)));
        let (x, t, out) = (operands.slice(0), terms.as_mut_slice(), y.as_mut_slice());
        match p {
            1.0 | f64::INFINITY => kernel::map(t, x, |t, x, _| *t = x.abs()),
            2.0 => kernel::map(t, x, |t, x, _| *t = x * x),
            _ => kernel::map(t, x, |t, x, _| *t = x.abs().powf(T::of(p))),
        }
        if p == f64::INFINITY {
            kernel::max(out, terms.view(), over.axes);
        } else {
            kernel::sum(out, terms.view(), over.axes, Store::Write);
        }
        cx.give(terms);
        match p {
            1.0 => {}
            2.0 => out.iter_mut().for_each(|y| *y = y.sqrt()),
            f64::INFINITY => out.iter_mut().for_each(|y| *y = maximum(*y, T::zero())),
            _ => out.iter_mut().for_each(|y| *y = y.powf(T::of(p.recip()))),
        }
        Ok(y)
    }

    fn pullback(&self, at: &Pullback<'_, T>, sink: &mut Sink<'_, T>) {
        let power = T::of(self.p - 1.0);
        match self.p {
            1.0 => pull(self.over, at, sink, sign, |g, _| g),
            2.0 => pull(self.over, at, sink, |x| x, |g, y| g / y),
            f64::INFINITY => share(self.over, at, sink, |x, y| x.abs() == y, sign),
            _ => pull(self.over, at, sink, |x| sign(x) * x.abs().powf(power), |g, y| g / y.powf(power)),
        }
    }
}

/// Adds `weight(g, y)` `slope(x)` for a cotangent g and its result y; 0 where y = 0.
#[inline(always)]
fn pull<T: Real>(
    over: Over,
    at: &Pullback<'_, T>,
    sink: &mut Sink<'_, T>,
    slope: impl Fn(T) -> T,
    weight: impl Fn(T, T) -> T,
) {
    if !sink.wants(0) {
        return;
    }
    let (shape, x) = (at.shape(0), at.value(0).view());
    let (y, g) = (over.stretch(shape, at.output().as_slice()), over.stretch(shape, at.cotangent()));
    let mut dx = sink.workspace().take(shape);
    kernel::zip3(dx.as_mut_slice(), shape, x, y, g, |dx, x, y, g, _| {
        *dx = if y == T::zero() { T::zero() } else { weight(g, y) * slope(x) };
    });
    sink.add(0, dx);
}

impl<'t, T: Real> Var<'t, T> {
    /// The p-norm (Σ |x|ᵖ)^(1/p) of all elements, of shape `[]`, for p ≥ 1; max |x| for p = ∞.
    #[track_caller]
    pub fn norm(self, p: f64) -> Var<'t, T> {
        self.apply(Norm { over: Over::all(), p })
    }

    /// The p-norm over some axes, or over all if none is named: see [`norm`](Var::norm).
    #[track_caller]
    pub fn norm_axes(self, axes: &[isize], keep_axes: bool, p: f64) -> Var<'t, T> {
        self.reduce("norm", axes, keep_axes, |over| Norm { over, p })
    }
}
