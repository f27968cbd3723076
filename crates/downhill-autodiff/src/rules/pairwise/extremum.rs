//! The larger and the smaller of two elements.

use downhill_tensor::{Math, Real, kernel};

use super::{Pairwise, Zip};
use crate::Var;

/// The larger of two; the slope is 1 for it and 0 for the other, and 1/2 for each of equals, as in
/// PyTorch. NaN wins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Maximum;

/// The smaller of two; slopes as for [`Maximum`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Minimum;

/// 1 if `a` is greater, 1/2 if they are equal, else 0.
#[inline(always)]
fn share<T: Real>(a: T, b: T) -> T {
    if a > b {
        T::one()
    } else if a == b {
        T::of(0.5)
    } else {
        T::zero()
    }
}

impl<T: Real> Pairwise<T> for Maximum {
    const NAME: &'static str = "maximum";

    #[inline(always)]
    fn value(self, a: T, b: T, _: Math) -> T {
        kernel::maximum(a, b)
    }

    #[inline(always)]
    fn slope_left(self, a: T, b: T, _: Math) -> T {
        share(a, b)
    }

    #[inline(always)]
    fn slope_right(self, a: T, b: T, _: Math) -> T {
        share(b, a)
    }
}

impl<T: Real> Pairwise<T> for Minimum {
    const NAME: &'static str = "minimum";

    #[inline(always)]
    fn value(self, a: T, b: T, _: Math) -> T {
        kernel::minimum(a, b)
    }

    #[inline(always)]
    fn slope_left(self, a: T, b: T, _: Math) -> T {
        share(b, a)
    }

    #[inline(always)]
    fn slope_right(self, a: T, b: T, _: Math) -> T {
        share(a, b)
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// The larger of each pair of elements.
    #[track_caller]
    pub fn maximum(self, other: Var<'t, T>) -> Var<'t, T> {
        self.apply2(Zip(Maximum), other)
    }

    /// The smaller of each pair of elements.
    #[track_caller]
    pub fn minimum(self, other: Var<'t, T>) -> Var<'t, T> {
        self.apply2(Zip(Minimum), other)
    }
}
