//! Powers, exponentials and logarithms.

use downhill_tensor::{Math, Real};

use super::{Elementwise, Map};
use crate::Var;

/// eˣ; the slope is the value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exp;

impl<T: Real> Elementwise<T> for Exp {
    const NAME: &'static str = "exp";
    const NEEDS_INPUT: bool = false;

    #[inline(always)]
    fn value(self, x: T, math: Math) -> T {
        x.exp_kernel(math)
    }

    #[inline(always)]
    fn slope(self, _: T, y: T, _: Math) -> T {
        y
    }
}

/// eˣ − 1, accurate near 0; slope eˣ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExpM1;

impl<T: Real> Elementwise<T> for ExpM1 {
    const NAME: &'static str = "exp_m1";
    const NEEDS_INPUT: bool = false;

    #[inline(always)]
    fn value(self, x: T, math: Math) -> T {
        x.exp_m1_kernel(math)
    }

    #[inline(always)]
    fn slope(self, _: T, y: T, _: Math) -> T {
        y + T::one()
    }
}

/// The natural logarithm; slope 1/x.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ln;

impl<T: Real> Elementwise<T> for Ln {
    const NAME: &'static str = "ln";

    #[inline(always)]
    fn value(self, x: T, math: Math) -> T {
        x.ln_kernel(math)
    }

    #[inline(always)]
    fn slope(self, x: T, _: T, _: Math) -> T {
        x.recip()
    }
}

/// ln(1 + x), accurate near 0; slope 1/(1 + x).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ln1p;

impl<T: Real> Elementwise<T> for Ln1p {
    const NAME: &'static str = "ln_1p";

    #[inline(always)]
    fn value(self, x: T, math: Math) -> T {
        x.ln_1p_kernel(math)
    }

    #[inline(always)]
    fn slope(self, x: T, _: T, _: Math) -> T {
        (T::one() + x).recip()
    }
}

/// The square root; slope 1/(2y).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sqrt;

impl<T: Real> Elementwise<T> for Sqrt {
    const NAME: &'static str = "sqrt";
    const NEEDS_INPUT: bool = false;

    #[inline(always)]
    fn value(self, x: T, _: Math) -> T {
        x.sqrt()
    }

    #[inline(always)]
    fn slope(self, _: T, y: T, _: Math) -> T {
        T::of(0.5) / y
    }
}

/// 1/√x; slope −y³/2.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rsqrt;

impl<T: Real> Elementwise<T> for Rsqrt {
    const NAME: &'static str = "rsqrt";
    const NEEDS_INPUT: bool = false;

    #[inline(always)]
    fn value(self, x: T, _: Math) -> T {
        x.sqrt().recip()
    }

    #[inline(always)]
    fn slope(self, _: T, y: T, _: Math) -> T {
        T::of(-0.5) * y * y * y
    }
}

/// 1/x; slope −y².
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recip;

impl<T: Real> Elementwise<T> for Recip {
    const NAME: &'static str = "recip";
    const NEEDS_INPUT: bool = false;

    #[inline(always)]
    fn value(self, x: T, _: Math) -> T {
        x.recip()
    }

    #[inline(always)]
    fn slope(self, _: T, y: T, _: Math) -> T {
        -y * y
    }
}

/// x²; slope 2x.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Square;

impl<T: Real> Elementwise<T> for Square {
    const NAME: &'static str = "square";

    #[inline(always)]
    fn value(self, x: T, _: Math) -> T {
        x * x
    }

    #[inline(always)]
    fn slope(self, x: T, _: T, _: Math) -> T {
        x + x
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// eˣ of each element.
    #[track_caller]
    pub fn exp(self) -> Var<'t, T> {
        self.apply(Map(Exp))
    }

    /// eˣ − 1 of each element, accurate near 0.
    #[track_caller]
    pub fn exp_m1(self) -> Var<'t, T> {
        self.apply(Map(ExpM1))
    }

    /// The natural logarithm of each element.
    #[track_caller]
    pub fn ln(self) -> Var<'t, T> {
        self.apply(Map(Ln))
    }

    /// ln(1 + x) of each element, accurate near 0.
    #[track_caller]
    pub fn ln_1p(self) -> Var<'t, T> {
        self.apply(Map(Ln1p))
    }

    /// The square root of each element.
    #[track_caller]
    pub fn sqrt(self) -> Var<'t, T> {
        self.apply(Map(Sqrt))
    }

    /// 1/√x of each element.
    #[track_caller]
    pub fn rsqrt(self) -> Var<'t, T> {
        self.apply(Map(Rsqrt))
    }

    /// 1/x of each element.
    #[track_caller]
    pub fn recip(self) -> Var<'t, T> {
        self.apply(Map(Recip))
    }

    /// x² of each element.
    #[track_caller]
    pub fn square(self) -> Var<'t, T> {
        self.apply(Map(Square))
    }
}
