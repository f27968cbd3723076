//! Logarithms.

use super::float::{Float, polynomial, select};

/// ln(1 + f) + k·ln 2 + c for √½ ≤ 1 + f < √2 and a tiny c, by the series in s = f/(2 + f) of
/// FreeBSD's `e_log.c` (Sun Microsystems, 1993).
#[inline(always)]
fn sum<F: Float>(f: F, k: F, c: F) -> F {
    let s = f / (F::of(2.0) + f);
    let z = s * s;
    let half_square = F::of(0.5) * f * f;
    let tail = z * polynomial(z, F::LN);
    s * (half_square + tail) + (k * F::LN_2_LOW + c) - half_square + f + k * F::LN_2_HIGH
}

/// `value`, a logarithm of `x`, but for the `x` that have none.
#[inline(always)]
fn with_limits<F: Float>(x: F, value: F) -> F {
    let infinity = F::of(f64::INFINITY);
    let value = select(x == F::zero(), -infinity, value);
    let value = select(x < F::zero(), F::of(f64::NAN), value);
    // Also NaN.
    select(x < infinity, value, x)
}

/// ln x.
#[inline(always)]
pub(crate) fn ln<F: Float>(x: F) -> F {
    let subnormal = x < F::MIN_NORMAL;
    let (m, k) = select(subnormal, x * F::DIGITS.power_of_two(), x).split();
    let k = select(subnormal, k - F::DIGITS, k);
    with_limits(x, sum(m - F::one(), k, F::zero()))
}

/// ln(1 + x), as accurate near 0 as anywhere.
#[inline(always)]
pub(crate) fn ln_1p<F: Float>(x: F) -> F {
    let u = F::one() + x;
    let (m, k) = u.split();
    // What the sum u rounded away, relative to it.
    let lost = select(x > F::one(), F::one() - (u - x), x - (u - F::one())) / u;
    let exact = k == F::zero();
    let value = sum(select(exact, x, m - F::one()), k, select(exact, F::zero(), lost));
    with_limits(u, select(u > F::zero(), value.copysign(x), value))
}
