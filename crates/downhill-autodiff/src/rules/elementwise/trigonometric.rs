//! Sine and cosine.

use downhill_tensor::Real;

use super::{Elementwise, Map};
use crate::Var;

/// The sine; slope cos x.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sin;

impl<T: Real> Elementwise<T> for Sin {
    const NAME: &'static str = "sin";

    #[inline(always)]
    fn value(self, x: T) -> T {
        x.sin()
    }

    #[inline(always)]
    fn slope(self, x: T, _: T) -> T {
        x.cos()
    }
}

/// The cosine; slope −sin x.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cos;

impl<T: Real> Elementwise<T> for Cos {
    const NAME: &'static str = "cos";

    #[inline(always)]
    fn value(self, x: T) -> T {
        x.cos()
    }

    #[inline(always)]
    fn slope(self, x: T, _: T) -> T {
        -x.sin()
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
}
