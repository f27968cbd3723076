//! e^x and what is made of it.

use super::float::{Float, polynomial, select};

/// e^x = 2^n·(1 + p) with n an integer and p = e^r − 1, |r| ≤ ½·ln 2 (Tang 1989, without the table).
/// Answers p and n.
#[inline(always)]
fn reduced<F: Float>(x: F) -> (F, F) {
    let n = (x * F::LOG2_E).round_small();
    let (head, tail) = (x - n * F::LN_2_HIGH, n * F::LN_2_LOW);
    let r = head - tail;
    // The rounding error of r is put right at the end: e^(r + d) - 1 = p + d but for d·p.
    let correction = (head - r) - tail;
    (r + (r * r * polynomial(r, F::EXP) + correction), n)
}

/// As [`reduced`], for any x, with 2^n as a product of two powers, since n may lie outside the range of exponents.
#[inline(always)]
fn reduced_any<F: Float>(x: F) -> (F, F, F) {
    let (low, high) = F::EXP_RANGE;
    // In this order NaN stays.
    let x = select(x < low, low, x);
    let x = select(x > high, high, x);
    let (p, n) = reduced(x);
    let half = (n * F::of(0.5)).round_small();
    (p, half.power_of_two(), (n - half).power_of_two())
}

/// e^x.
#[inline(always)]
pub(crate) fn exp<F: Float>(x: F) -> F {
    let (p, scale, rest) = reduced_any(x);
    (p + F::one()) * scale * rest
}

/// e^x − 1, as accurate near 0 as anywhere.
#[inline(always)]
pub(crate) fn exp_m1<F: Float>(x: F) -> F {
    let (p, scale, rest) = reduced_any(x);
    let sum = p * scale + (scale - F::one() / rest);
    (sum * rest).copysign(x)
}

/// With h = (e^2|x| − 1)/2: h/(h + 1) where that is near 1, h − h²/(h + 1) where it is near h.
#[inline(always)]
pub(crate) fn tanh<F: Float>(x: F) -> F {
    let size = x.abs();
    let size = select(size > F::TANH_ONE, F::TANH_ONE, size);
    // Not `exp_m1`, which has to care for exponents that do not arise here.
    let (p, n) = reduced(size + size);
    let scale = n.power_of_two();
    let h = (p * scale + (scale - F::one())) * F::of(0.5);
    let small = h < F::of(0.5);
    let quotient = select(small, h * h, h) / (h + F::one());
    select(small, h - quotient, quotient).copysign(x)
}

/// 1 / (1 + e^−x), from e^−|x|, which cannot overflow.
#[inline(always)]
pub(crate) fn sigmoid<F: Float>(x: F) -> F {
    let e = exp(-x.abs());
    select(x < F::zero(), e, F::one()) / (F::one() + e)
}
