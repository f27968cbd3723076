//! e^x and what is made of it.

use super::Math;
use super::float::{Float, select};

/// e^x = 2^n·(1 + p) with n an integer and p = e^r − 1, |r| ≤ ½·ln 2 (Tang 1989, without the table).
/// Answers p and n + [`Float::ROUND`].
#[inline(always)]
fn reduced<F: Float>(x: F, math: Math) -> (F, F) {
    let sum = math.mul_add(x, F::LOG2_E, F::ROUND);
    let n = sum - F::ROUND;
    let r = math.mul_add(n, -F::LN_2_LOW, math.mul_add(n, -F::LN_2_HIGH, x));
    (math.mul_add(r * r, math.polynomial(r, F::EXP), r), sum)
}

/// As [`reduced`], for any x, with 2^n as a product of two powers, since n may lie outside the range of exponents. Answers p,
/// 2^n·2^k, 2^−k and 2^k.
#[inline(always)]
fn reduced_any<F: Float>(x: F, math: Math) -> [F; 4] {
    let (low, high) = F::EXP_RANGE;
    // In this order NaN stays.
    let x = select(x < low, low, x);
    let x = select(x > high, high, x);
    let (p, sum) = reduced(x, math);
    let (k, up, down) = F::HALF_RANGE;
    // Up for small x, too, so that p·2^n·2^k does not underflow.
    let large = x > F::one();
    [p, sum.power_of_two(select(large, -k, k)), select(large, up, down), select(large, down, up)]
}

/// e^x.
#[inline(always)]
pub(crate) fn exp<F: Float>(x: F, math: Math) -> F {
    let [p, scale, rest, _] = reduced_any(x, math);
    math.mul_add(p, scale, scale) * rest
}

/// e^x for an x such that it is a normal number.
#[inline(always)]
pub(super) fn exp_near<F: Float>(x: F, math: Math) -> F {
    let (p, sum) = reduced(x, math);
    let scale = sum.power_of_two(0);
    math.mul_add(p, scale, scale)
}

/// e^−|x|.
#[inline(always)]
fn exp_of_negative<F: Float>(x: F, math: Math) -> F {
    let (low, _) = F::EXP_RANGE;
    let x = -x.abs();
    let (p, sum) = reduced(select(x < low, low, x), math);
    let (k, _, rest) = F::HALF_RANGE;
    let scale = sum.power_of_two(k);
    math.mul_add(p, scale, scale) * rest
}

/// e^x − 1, as accurate near 0 as anywhere.
#[inline(always)]
pub(crate) fn exp_m1<F: Float>(x: F, math: Math) -> F {
    let [p, scale, rest, one] = reduced_any(x, math);
    (math.mul_add(p, scale, scale - one) * rest).copysign(x)
}

/// With h = (e^2|x| − 1)/2: h/(h + 1) where that is near 1, h − h²/(h + 1) where it is near h.
#[inline(always)]
pub(crate) fn tanh<F: Float>(x: F, math: Math) -> F {
    let size = x.abs();
    let size = select(size > F::TANH_ONE, F::TANH_ONE, size);
    // Not `exp_m1`, which has to care for exponents that do not arise here.
    let (p, sum) = reduced(size + size, math);
    let half_scale = sum.power_of_two(-1);
    let h = math.mul_add(p, half_scale, half_scale - F::of(0.5));
    let small = h < F::of(0.5);
    let quotient = select(small, h * h, h) / (h + F::one());
    select(small, h - quotient, quotient).copysign(x)
}

/// 1 / (1 + e^−x), from e^−|x|, which cannot overflow.
#[inline(always)]
pub(crate) fn sigmoid<F: Float>(x: F, math: Math) -> F {
    let e = exp_of_negative(x, math);
    select(x < F::zero(), e, F::one()) / (F::one() + e)
}
