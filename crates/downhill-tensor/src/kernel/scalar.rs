//! Functions of single numbers that number types do not have, or not with these conventions.

use crate::Real;

/// The larger of two numbers; NaN if either is.
// `x != x` is how a number type without `is_nan` tells a NaN.
#[allow(clippy::eq_op)]
#[inline(always)]
pub fn maximum<T: Real>(a: T, b: T) -> T {
    if b > a || b != b { b } else { a }
}

/// The smaller of two numbers; NaN if either is.
#[allow(clippy::eq_op)]
#[inline(always)]
pub fn minimum<T: Real>(a: T, b: T) -> T {
    if b < a || b != b { b } else { a }
}
