//! Logarithms.

use super::Math;
use super::float::{Float, select};

/// ln(1 + f) + k·ln 2 + c for √½ ≤ 1 + f < √2 and a tiny c, by the series in s = f/(2 + f) of
/// FreeBSD's `e_log.c` (Sun Microsystems, 1993).
#[inline(always)]
fn sum<F: Float>(f: F, k: F, c: F, math: Math) -> F {
    let s = f / (F::of(2.0) + f);
    let z = s * s;
    let half_square = F::of(0.5) * f * f;
    let near_half_square = math.mul_add(z, math.polynomial(z, F::LN), half_square);
    let small = math.mul_add(s, near_half_square, math.mul_add(k, F::LN_2_LOW, c));
    math.mul_add(k, F::LN_2_HIGH, small - half_square + f)
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
pub(crate) fn ln<F: Float>(x: F, math: Math) -> F {
    let subnormal = x < F::MIN_NORMAL;
    let (digits, power) = F::DIGITS;
    let (m, k) = select(subnormal, x * power, x).split();
    let k = select(subnormal, k - digits, k);
    with_limits(x, sum(m - F::one(), k, F::zero(), math))
}

/// ln(1 + x), as accurate near 0 as anywhere.
#[inline(always)]
pub(crate) fn ln_1p<F: Float>(x: F, math: Math) -> F {
    let u = F::one() + x;
    let (m, k) = u.split();
    // What the sum u rounded away, relative to it.
    let lost = select(x > F::one(), F::one() - (u - x), x - (u - F::one())) / u;
    let exact = k == F::zero();
    let value = sum(select(exact, x, m - F::one()), k, select(exact, F::zero(), lost), math);
    with_limits(u, select(u > F::zero(), value.copysign(x), value))
}
