//! The error function.

use super::Math;
use super::exponential::{exp, exp_near};
use super::float::select;
use crate::Real;
use coefficients::*;

/// The error function by the rational approximations of FreeBSD's `s_erf.c` (Sun Microsystems, 1993),
/// in any number type; relative error below 1e-15 in `f64`.
#[inline]
pub fn erf_rational<T: Real>(x: T) -> T {
    let polynomial = |z: T, c: &[f64]| c.iter().rev().fold(T::zero(), |sum, &c| sum * z + T::of(c));
    let size = x.abs();
    if size.as_f64().is_nan() {
        return x;
    }
    if size.as_f64() < 0.84375 {
        let z = x * x;
        return x + x * (polynomial(z, &SMALL_NUMERATOR) / polynomial(z, &SMALL_DENOMINATOR));
    }
    let magnitude = if size.as_f64() < 1.25 {
        let z = size - T::one();
        T::of(ERX) + polynomial(z, &NEAR_ONE_NUMERATOR) / polynomial(z, &NEAR_ONE_DENOMINATOR)
    } else if size.as_f64() < 6.0 {
        let z = T::one() / (size * size);
        let ratio = if size.as_f64() < 1.0 / 0.35 {
            polynomial(z, &MIDDLE_NUMERATOR) / polynomial(z, &MIDDLE_DENOMINATOR)
        } else {
            polynomial(z, &TAIL_NUMERATOR) / polynomial(z, &TAIL_DENOMINATOR)
        };
        T::one() - (-size * size - T::of(0.5625) + ratio).exp() / size
    } else {
        T::one()
    };
    if x < T::zero() { -magnitude } else { magnitude }
}

/// The same approximations without a branch: all are computed, one is selected.
#[inline(always)]
pub(crate) fn erf_f64(x: f64, math: Math) -> f64 {
    let size = x.abs();
    let ratio = polynomial_of_range(size, NUMERATORS, math) / polynomial_of_range(size, DENOMINATORS, math);
    let far = 1.0 - exp(-size * size - 0.5625 + ratio, math) / size;
    let far = select(size < 6.0, far, 1.0);
    let near = select(size < 1.25, ERX + ratio, far);
    let value = select(size < 0.84375, math.mul_add(size, ratio, size), near).copysign(x);
    select(x.is_nan(), x, value)
}

/// The polynomial for the range that `size` lies in.
#[inline(always)]
fn polynomial_of_range(size: f64, [small, near_one, middle, tail]: [&[f64]; 4], math: Math) -> f64 {
    let square = size * size;
    let inverse = 1.0 / square;
    let far = select(size < 1.0 / 0.35, math.polynomial(inverse, middle), math.polynomial(inverse, tail));
    let near = select(size < 1.25, math.polynomial(size - 1.0, near_one), far);
    select(size < 0.84375, math.polynomial(square, small), near)
}

/// Two polynomials: x·P(x²) near 0 and 1 − e^P(|x|) beyond (coefficients by N. Juffa, 2018).
#[inline(always)]
pub(crate) fn erf_f32(x: f32, math: Math) -> f32 {
    let size = x.abs();
    // From 4 on erf rounds to 1.
    let bounded = select(size > 4.0, 4.0, size);
    let near = math.mul_add(math.polynomial(x * x, &NEAR_F32), size, size);
    let far = 1.0 - exp_near(math.mul_add(math.polynomial(bounded, &FAR_F32), bounded, -bounded), math);
    select(size > 475.0 / 512.0, far, near).copysign(x)
}

// The digits are the source's own.
#[allow(clippy::excessive_precision)]
mod coefficients {
    pub(super) const NEAR_F32: [f32; 6] =
        [1.28379166e-1, -3.76125336e-1, 1.12819925e-1, -2.67681349e-2, 4.99119423e-3, -5.96761703e-4];
    pub(super) const FAR_F32: [f32; 7] = [
        -1.28717512e-1,
        -6.34846687e-1,
        -1.06777877e-1,
        2.42546219e-2,
        -3.88396438e-3,
        3.83197126e-4,
        -1.72853470e-5,
    ];

    pub(super) const ERX: f64 = 8.45062911510467529297e-01;

    pub(super) const NUMERATORS: [&[f64]; 4] =
        [&SMALL_NUMERATOR, &NEAR_ONE_NUMERATOR, &MIDDLE_NUMERATOR, &TAIL_NUMERATOR];
    pub(super) const DENOMINATORS: [&[f64]; 4] =
        [&SMALL_DENOMINATOR, &NEAR_ONE_DENOMINATOR, &MIDDLE_DENOMINATOR, &TAIL_DENOMINATOR];

    pub(super) const SMALL_NUMERATOR: [f64; 5] = [
        1.28379167095512558561e-01,
        -3.25042107247001499370e-01,
        -2.84817495755985104766e-02,
        -5.77027029648944159157e-03,
        -2.37630166566501626084e-05,
    ];
    pub(super) const SMALL_DENOMINATOR: [f64; 6] = [
        1.0,
        3.97917223959155352819e-01,
        6.50222499887672944485e-02,
        5.08130628187576562776e-03,
        1.32494738004321644526e-04,
        -3.96022827877536812320e-06,
    ];
    pub(super) const NEAR_ONE_NUMERATOR: [f64; 7] = [
        -2.36211856075265944077e-03,
        4.14856118683748331666e-01,
        -3.72207876035701323847e-01,
        3.18346619901161753674e-01,
        -1.10894694282396677476e-01,
        3.54783043256182359371e-02,
        -2.16637559486879084300e-03,
    ];
    pub(super) const NEAR_ONE_DENOMINATOR: [f64; 7] = [
        1.0,
        1.06420880400844228286e-01,
        5.40397917702171048937e-01,
        7.18286544141962662868e-02,
        1.26171219808761642112e-01,
        1.36370839120290507362e-02,
        1.19844998467991074170e-02,
    ];
    pub(super) const MIDDLE_NUMERATOR: [f64; 8] = [
        -9.86494403484714822705e-03,
        -6.93858572707181764372e-01,
        -1.05586262253232909814e+01,
        -6.23753324503260060396e+01,
        -1.62396669462573470355e+02,
        -1.84605092906711035994e+02,
        -8.12874355063065934246e+01,
        -9.81432934416914548592e+00,
    ];
    pub(super) const MIDDLE_DENOMINATOR: [f64; 9] = [
        1.0,
        1.96512716674392571292e+01,
        1.37657754143519042600e+02,
        4.34565877475229228821e+02,
        6.45387271733267880336e+02,
        4.29008140027567833386e+02,
        1.08635005541779435134e+02,
        6.57024977031928170135e+00,
        -6.04244152148580987438e-02,
    ];
    pub(super) const TAIL_NUMERATOR: [f64; 7] = [
        -9.86494292470009928597e-03,
        -7.99283237680523006574e-01,
        -1.77579549177547519889e+01,
        -1.60636384855821916062e+02,
        -6.37566443368389627722e+02,
        -1.02509513161107724954e+03,
        -4.83519191608651397019e+02,
    ];
    pub(super) const TAIL_DENOMINATOR: [f64; 8] = [
        1.0,
        3.03380607434824582924e+01,
        3.25792512996573918826e+02,
        1.53672958608443695994e+03,
        3.19985821950859553908e+03,
        2.55305040643316442583e+03,
        4.74528541206955367215e+02,
        -2.24409524465858183362e+01,
    ];
}
