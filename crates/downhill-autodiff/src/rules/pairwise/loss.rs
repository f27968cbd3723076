//! How far a prediction (left) is from a target (right), element by element.

use downhill_tensor::{Math, Real};

use super::{Pairwise, Zip};
use crate::Var;
use crate::rules::elementwise::sign;

/// (a − b)².
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SquaredError;

impl<T: Real> Pairwise<T> for SquaredError {
    const NAME: &'static str = "squared_error";

    #[inline(always)]
    fn value(self, a: T, b: T, _: Math) -> T {
        (a - b) * (a - b)
    }

    #[inline(always)]
    fn slope_left(self, a: T, b: T, _: Math) -> T {
        (a - b) + (a - b)
    }

    #[inline(always)]
    fn slope_right(self, a: T, b: T, _: Math) -> T {
        (b - a) + (b - a)
    }
}

/// |a − b|; slope 0 where they are equal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AbsoluteError;

impl<T: Real> Pairwise<T> for AbsoluteError {
    const NAME: &'static str = "absolute_error";

    #[inline(always)]
    fn value(self, a: T, b: T, _: Math) -> T {
        (a - b).abs()
    }

    #[inline(always)]
    fn slope_left(self, a: T, b: T, _: Math) -> T {
        sign(a - b)
    }

    #[inline(always)]
    fn slope_right(self, a: T, b: T, _: Math) -> T {
        sign(b - a)
    }
}

/// (a − b)²/2 up to |a − b| = δ, δ (|a − b| − δ/2) beyond (Huber 1964).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HuberError {
    /// Where the parabola becomes a line.
    pub delta: f64,
}

impl<T: Real> Pairwise<T> for HuberError {
    const NAME: &'static str = "huber_error";

    #[inline(always)]
    fn value(self, a: T, b: T, _: Math) -> T {
        let (delta, distance) = (T::of(self.delta), (a - b).abs());
        if distance <= delta {
            T::of(0.5) * distance * distance
        } else {
            delta * (distance - T::of(0.5) * delta)
        }
    }

    #[inline(always)]
    fn slope_left(self, a: T, b: T, _: Math) -> T {
        let delta = T::of(self.delta);
        if (a - b).abs() <= delta { a - b } else { delta * sign(a - b) }
    }

    #[inline(always)]
    fn slope_right(self, a: T, b: T, math: Math) -> T {
        -self.slope_left(a, b, math)
    }
}

/// −t ln p − (1 − t) ln(1 − p) for a probability p and a target t, with the logarithms cut off at −100
/// and the derivative's denominator p (1 − p) at 10⁻¹², as in PyTorch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BinaryCrossEntropy;

impl<T: Real> Pairwise<T> for BinaryCrossEntropy {
    const NAME: &'static str = "binary_cross_entropy";

    #[inline(always)]
    fn value(self, p: T, t: T, math: Math) -> T {
        t * -cut_ln(p, math) - (T::one() - t) * cut_ln_1p(-p, math)
    }

    #[inline(always)]
    fn slope_left(self, p: T, t: T, _: Math) -> T {
        let spread = p * (T::one() - p);
        let floor = T::of(1e-12);
        (p - t) / if spread < floor { floor } else { spread }
    }

    #[inline(always)]
    fn slope_right(self, p: T, _: T, math: Math) -> T {
        cut_ln_1p(-p, math) - cut_ln(p, math)
    }
}

#[inline(always)]
fn cut_ln<T: Real>(x: T, math: Math) -> T {
    cut(x.ln_kernel(math))
}

#[inline(always)]
fn cut_ln_1p<T: Real>(x: T, math: Math) -> T {
    cut(x.ln_1p_kernel(math))
}

/// At least −100, which keeps ln 0 finite; NaN stays NaN.
#[inline(always)]
fn cut<T: Real>(ln: T) -> T {
    let least = T::of(-100.0);
    if ln < least { least } else { ln }
}

/// −t ln σ(z) − (1 − t) ln(1 − σ(z)) for a logit z and a target t: fused, so that it neither overflows nor
/// loses digits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BinaryCrossEntropyWithLogits;

impl<T: Real> Pairwise<T> for BinaryCrossEntropyWithLogits {
    const NAME: &'static str = "binary_cross_entropy_with_logits";

    #[inline(always)]
    fn value(self, z: T, t: T, math: Math) -> T {
        let positive = if z > T::zero() { z } else { T::zero() };
        positive - z * t + (-z.abs()).exp_kernel(math).ln_1p_kernel(math)
    }

    #[inline(always)]
    fn slope_left(self, z: T, t: T, math: Math) -> T {
        z.sigmoid_kernel(math) - t
    }

    #[inline(always)]
    fn slope_right(self, z: T, _: T, _: Math) -> T {
        -z
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// The squared distance of each element to the target's.
    #[track_caller]
    pub fn squared_error(self, target: Var<'t, T>) -> Var<'t, T> {
        self.apply2(Zip(SquaredError), target)
    }

    /// The distance of each element to the target's.
    #[track_caller]
    pub fn absolute_error(self, target: Var<'t, T>) -> Var<'t, T> {
        self.apply2(Zip(AbsoluteError), target)
    }

    /// The Huber error of each element: squared up to a distance `delta`, linear beyond.
    #[track_caller]
    pub fn huber_error(self, target: Var<'t, T>, delta: f64) -> Var<'t, T> {
        self.apply2(Zip(HuberError { delta }), target)
    }

    /// The binary cross-entropy of each probability.
    #[track_caller]
    pub fn binary_cross_entropy(self, target: Var<'t, T>) -> Var<'t, T> {
        self.apply2(Zip(BinaryCrossEntropy), target)
    }

    /// The binary cross-entropy of the logistic function of each element.
    #[track_caller]
    pub fn binary_cross_entropy_with_logits(self, target: Var<'t, T>) -> Var<'t, T> {
        self.apply2(Zip(BinaryCrossEntropyWithLogits), target)
    }
}
