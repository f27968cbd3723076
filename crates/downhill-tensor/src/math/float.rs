//! What the functions need to know of a floating-point format.

use crate::Real;

/// A binary floating-point number: its constants and the tricks with its bits.
pub(crate) trait Float: Real {
    /// e^r = 1 + r + r²·(c₀ + c₁·r + …) for |r| ≤ ½·ln 2: near 1/2!, 1/3! …, but with the least largest relative error, 0.05
    /// units in the last place in `f32` and 0.07 in `f64` (Remez).
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
    /// The binary digits of the significand, the leading 1 included, and 2 to that power.
    const DIGITS: (Self, Self);
    /// What is added to a number far below 2^`DIGITS` so that the sum ends in the nearest integer: 3·2^(`DIGITS` − 2).
    const ROUND: Self;
    /// Half of the normal numbers' exponents, k, and 2^k and 2^−k.
    const HALF_RANGE: (i32, Self, Self);

    /// `self`·b + c, rounded once.
    fn fused(self, b: Self, c: Self) -> Self;

    /// 2^(n + k), a normal number, where `self` is n + `ROUND`.
    fn power_of_two(self, k: i32) -> Self;

    /// `(m, k)` with `self` = m·2^k and √½ ≤ m < √2, of a positive normal number.
    fn split(self) -> (Self, Self);
}

impl Float for f32 {
    const EXP: &'static [f32] = &[0.499_999_93, 0.166_665_2, 0.041_668_39, 0.008_368_746, 0.001_381_453_1];
    // FreeBSD's e_logf.c.
    const LN: &'static [f32] = &[0.666_666_6, 0.400_009_72, 0.284_987_87, 0.242_790_79];
    const LN_2_HIGH: f32 = 0.693_145_75;
    const LN_2_LOW: f32 = 1.428_606_8e-6;
    const LOG2_E: f32 = std::f32::consts::LOG2_E;
    const EXP_RANGE: (f32, f32) = (-104.0, 89.0);
    const TANH_ONE: f32 = 10.0;
    const MIN_NORMAL: f32 = f32::MIN_POSITIVE;
    const DIGITS: (f32, f32) = (24.0, 16_777_216.0);
    const ROUND: f32 = 12_582_912.0;
    const HALF_RANGE: (i32, f32, f32) = (64, power_of_two(64) as f32, power_of_two(-64) as f32);

    #[inline(always)]
    fn fused(self, b: f32, c: f32) -> f32 {
        self.mul_add(b, c)
    }

    #[inline(always)]
    fn power_of_two(self, k: i32) -> f32 {
        f32::from_bits((self.to_bits() << 23).wrapping_add(((127 + k) << 23) as u32))
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
        0.500_000_000_000_001,
        0.166_666_666_666_666_74,
        0.041_666_666_666_521_52,
        0.008_333_333_333_322_17,
        0.001_388_888_894_796_573_7,
        1.984_126_988_670_238_3e-4,
        2.480_148_716_222_823_8e-5,
        2.755_724_221_073_432_6e-6,
        2.763_271_746_990_744e-7,
        2.511_009_734_969_166e-8,
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
    const DIGITS: (f64, f64) = (53.0, 9_007_199_254_740_992.0);
    const ROUND: f64 = 6_755_399_441_055_744.0;
    const HALF_RANGE: (i32, f64, f64) = (512, power_of_two(512), power_of_two(-512));

    #[inline(always)]
    fn fused(self, b: f64, c: f64) -> f64 {
        self.mul_add(b, c)
    }

    #[inline(always)]
    fn power_of_two(self, k: i32) -> f64 {
        f64::from_bits((self.to_bits() << 52).wrapping_add(((1023 + i64::from(k)) << 52) as u64))
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

/// 2^k, a normal number.
const fn power_of_two(k: i64) -> f64 {
    f64::from_bits(((1023 + k) << 52) as u64)
}

/// `yes` or `no`, without a branch.
#[inline(always)]
pub(super) fn select<T>(condition: bool, yes: T, no: T) -> T {
    if condition { yes } else { no }
}
