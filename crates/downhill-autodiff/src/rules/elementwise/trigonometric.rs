//! Sine, cosine and arctangent.

use downhill_tensor::{Math, Real};

use super::{Elementwise, Map};
use crate::Var;

/// The sine; slope cos x.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sin;

impl<T: Real> Elementwise<T> for Sin {
    const NAME: &'static str = "sin";

    #[inline(always)]
    fn value(self, x: T, _: Math) -> T {
        x.sin()
    }

    #[inline(always)]
    fn slope(self, x: T, _: T, _: Math) -> T {
        x.cos()
    }
}

/// The cosine; slope −sin x.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cos;

impl<T: Real> Elementwise<T> for Cos {
    const NAME: &'static str = "cos";

    #[inline(always)]
    fn value(self, x: T, _: Math) -> T {
        x.cos()
    }

    #[inline(always)]
    fn slope(self, x: T, _: T, _: Math) -> T {
        -x.sin()
    }
}

/// The arctangent; slope 1/(1 + x²).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Atan;

impl<T: Real> Elementwise<T> for Atan {
    const NAME: &'static str = "atan";

    #[inline(always)]
    fn value(self, x: T, _: Math) -> T {
        x.atan()
    }

    #[inline(always)]
    fn slope(self, x: T, _: T, _: Math) -> T {
        T::one() / (T::one() + x * x)
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// The sine of each element, in radians.
    #[track_caller]
    pub fn sin(self) -> Var<'t, T> {
        self.apply(Map(Sin))
    }

    /// The cosine of each element, in radians.
    #[track_caller]
    pub fn cos(self) -> Var<'t, T> {
        self.apply(Map(Cos))
    }

    /// The arctangent of each element, in radians.
    #[track_caller]
    pub fn atan(self) -> Var<'t, T> {
        self.apply(Map(Atan))
    }
}
