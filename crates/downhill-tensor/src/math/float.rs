//! What the functions need to know of a floating-point format.

use crate::Real;

/// A binary floating-point number: its constants and the tricks with its bits.
pub(crate) trait Float: Real {
    /// 1/k! from k = 2 on: e^r = 1 + r + r²·(1/2! + r/3! + …) for |r| ≤ ½·ln 2.
    const EXP: &'static [Self];
    /// ln((1 + s)/(1 − s)) = 2s + s·z·(…) with z = s², for |s| ≤ 3 − √8.
    const LN: &'static [Self];
    /// ln 2, cut short so that its product with an exponent is exact.
    const LN_2_HIGH: Self;
    /// What `LN_2_HIGH` lacks.
    const LN_2_LOW: Self;
    /// 1/ln 2.
    const LOG2_E: Self;
    /// e^x is 0 at and below the first, infinite at and above the second.
    const EXP_RANGE: (Self, Self);
    /// From here on tanh x rounds to 1.
    const TANH_ONE: Self;
    /// The smallest normal number.
    const MIN_NORMAL: Self;
    /// The binary digits of the significand, the leading 1 included.
    const DIGITS: Self;

    /// The nearest integer, of numbers far below 2^`DIGITS`.
    fn round_small(self) -> Self;

    /// 2 to this power, an integer in the range of normal exponents.
    fn power_of_two(self) -> Self;

    /// `(m, k)` with `self` = m·2^k and √½ ≤ m < √2, of a positive normal number.
    fn split(self) -> (Self, Self);
}

// Adding 3·2^(digits - 2) leaves the nearest integer in the last bits of the sum.

impl Float for f32 {
    const EXP: &'static [f32] = &[1. / 2., 1. / 6., 1. / 24., 1. / 120., 1. / 720., 1. / 5_040.];
    // FreeBSD's e_logf.c.
    const LN: &'static [f32] = &[0.666_666_6, 0.400_009_72, 0.284_987_87, 0.242_790_79];
    const LN_2_HIGH: f32 = 0.693_145_75;
    const LN_2_LOW: f32 = 1.428_606_8e-6;
    const LOG2_E: f32 = std::f32::consts::LOG2_E;
    const EXP_RANGE: (f32, f32) = (-104.0, 89.0);
    const TANH_ONE: f32 = 10.0;
    const MIN_NORMAL: f32 = f32::MIN_POSITIVE;
    const DIGITS: f32 = 24.0;

    #[inline(always)]
    fn round_small(self) -> f32 {
        (self + 12_582_912.0) - 12_582_912.0
    }

    #[inline(always)]
    fn power_of_two(self) -> f32 {
        f32::from_bits((self + 12_582_912.0).to_bits().wrapping_add(127) << 23)
    }

    #[inline(always)]
    fn split(self) -> (f32, f32) {
        const ROOT_HALF: u32 = 0x3f35_04f3;
        let bits = self.to_bits().wrapping_add(0x3f80_0000 - ROOT_HALF);
        let exponent = (bits >> 23) as i32 - 127;
        (f32::from_bits((bits & 0x007f_ffff) + ROOT_HALF), exponent as f32)
    }
}

impl Float for f64 {
    const EXP: &'static [f64] = &[
        1. / 2.,
        1. / 6.,
        1. / 24.,
        1. / 120.,
        1. / 720.,
        1. / 5_040.,
        1. / 40_320.,
        1. / 362_880.,
        1. / 3_628_800.,
        1. / 39_916_800.,
        1. / 479_001_600.,
        1. / 6_227_020_800.,
    ];
    // FreeBSD's e_log.c.
    const LN: &'static [f64] = &[
        6.666_666_666_666_735e-1,
        3.999_999_999_940_942e-1,
        2.857_142_874_366_239e-1,
        2.222_219_843_214_978_4e-1,
        1.818_357_216_161_805e-1,
        1.531_383_769_920_937_3e-1,
        1.479_819_860_511_658_6e-1,
    ];
    const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
    const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
    const LOG2_E: f64 = std::f64::consts::LOG2_E;
    const EXP_RANGE: (f64, f64) = (-746.0, 710.0);
    const TANH_ONE: f64 = 20.0;
    const MIN_NORMAL: f64 = f64::MIN_POSITIVE;
    const DIGITS: f64 = 53.0;

    #[inline(always)]
    fn round_small(self) -> f64 {
        (self + 6_755_399_441_055_744.0) - 6_755_399_441_055_744.0
    }

    #[inline(always)]
    fn power_of_two(self) -> f64 {
        f64::from_bits((self + 6_755_399_441_055_744.0).to_bits().wrapping_add(1023) << 52)
    }

    #[inline(always)]
    fn split(self) -> (f64, f64) {
        const ROOT_HALF: u64 = 0x3fe6_a09e_667f_3bcd;
        let bits = self.to_bits().wrapping_add(0x3ff0_0000_0000_0000 - ROOT_HALF);
        // A small integer below the exponent bits of 2^52 is 2^52 plus that integer: AVX2 has no
        // conversion of 64-bit integers.
        let exponent =
            f64::from_bits(bits >> 52 | 0x4330_0000_0000_0000) - (4_503_599_627_370_496.0 + 1023.0);
        (f64::from_bits((bits & 0x000f_ffff_ffff_ffff) + ROOT_HALF), exponent)
    }
}

/// c₀ + c₁·x + c₂·x² + …
#[inline(always)]
pub(super) fn polynomial<T: Real>(x: T, c: &[T]) -> T {
    let last = c.len() - 1;
    c[..last].iter().rev().fold(c[last], |sum, &c| sum * x + c)
}

/// `yes` or `no`, without a branch.
#[inline(always)]
pub(super) fn select<T>(condition: bool, yes: T, no: T) -> T {
    if condition { yes } else { no }
}
