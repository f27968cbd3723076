//! Arithmetic with a fixed number.

use downhill_tensor::{Math, Real};

use super::{Elementwise, Map};
use crate::Var;

/// x itself: a fused layer without an activation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Identity;

impl<T: Real> Elementwise<T> for Identity {
    const NAME: &'static str = "identity";
    const NEEDS_INPUT: bool = false;
    const IDENTITY: bool = true;

    #[inline(always)]
    fn value(self, x: T, _: Math) -> T {
        x
    }

    #[inline(always)]
    fn slope(self, _: T, _: T, _: Math) -> T {
        T::one()
    }
}

/// −x.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Neg;

impl<T: Real> Elementwise<T> for Neg {
    const NAME: &'static str = "neg";
    const NEEDS_INPUT: bool = false;

    #[inline(always)]
    fn value(self, x: T, _: Math) -> T {
        -x
    }

    #[inline(always)]
    fn slope(self, _: T, _: T, _: Math) -> T {
        -T::one()
    }
}

/// x + `by`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AddScalar {
    /// The number added.
    pub by: f64,
}

impl<T: Real> Elementwise<T> for AddScalar {
    const NAME: &'static str = "add_scalar";
    const NEEDS_INPUT: bool = false;

    #[inline(always)]
    fn value(self, x: T, _: Math) -> T {
        x + T::of(self.by)
    }

    #[inline(always)]
    fn slope(self, _: T, _: T, _: Math) -> T {
        T::one()
    }
}

/// `by`·x.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MulScalar {
    /// The number multiplied with.
    pub by: f64,
}

impl<T: Real> Elementwise<T> for MulScalar {
    const NAME: &'static str = "mul_scalar";
    const NEEDS_INPUT: bool = false;

    #[inline(always)]
    fn value(self, x: T, _: Math) -> T {
        x * T::of(self.by)
    }

    #[inline(always)]
    fn slope(self, _: T, _: T, _: Math) -> T {
        T::of(self.by)
    }
}

/// x to a fixed real power; slope `exponent`·x^(`exponent` − 1).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Powf {
    /// The exponent.
    pub exponent: f64,
}

impl<T: Real> Elementwise<T> for Powf {
    const NAME: &'static str = "powf";

    #[inline(always)]
    fn value(self, x: T, _: Math) -> T {
        x.powf(T::of(self.exponent))
    }

    #[inline(always)]
    fn slope(self, x: T, _: T, _: Math) -> T {
        if self.exponent == 0.0 {
            T::zero()
        } else {
            T::of(self.exponent) * x.powf(T::of(self.exponent - 1.0))
        }
    }
}

/// x to a fixed whole power; slope `exponent`·x^(`exponent` − 1).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Powi {
    /// The exponent.
    pub exponent: i32,
}

impl<T: Real> Elementwise<T> for Powi {
    const NAME: &'static str = "powi";

    #[inline(always)]
    fn value(self, x: T, _: Math) -> T {
        x.powi_kernel(self.exponent)
    }

    #[inline(always)]
    fn slope(self, x: T, _: T, _: Math) -> T {
        if self.exponent == 0 {
            T::zero()
        } else {
            T::of(f64::from(self.exponent)) * x.powi_kernel(self.exponent.saturating_sub(1))
        }
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// x + `by` of each element.
    #[track_caller]
    pub fn add_scalar(self, by: f64) -> Var<'t, T> {
        self.apply(Map(AddScalar { by }))
    }

    /// `by`·x of each element.
    #[track_caller]
    pub fn mul_scalar(self, by: f64) -> Var<'t, T> {
        self.apply(Map(MulScalar { by }))
    }

    /// Each element to a fixed real power; NaN for a negative element to a fractional power.
    #[track_caller]
    pub fn powf(self, exponent: f64) -> Var<'t, T> {
        self.apply(Map(Powf { exponent }))
    }

    /// Each element to a fixed whole power.
    #[track_caller]
    pub fn powi(self, exponent: i32) -> Var<'t, T> {
        self.apply(Map(Powi { exponent }))
    }
}
