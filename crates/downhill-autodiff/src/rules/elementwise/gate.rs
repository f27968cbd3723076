//! Functions that weigh x by a smooth gate of itself.

use downhill_tensor::{Math, Real};

use super::{Elementwise, Map};
use crate::Var;

const FRAC_1_SQRT_2PI: f64 = 0.398_942_280_401_432_7;
const SQRT_2_OVER_PI: f64 = 0.797_884_560_802_865_4;
const GELU_CUBIC: f64 = 0.044_715;

/// Φ(x), the distribution function of the standard normal distribution.
#[inline(always)]
fn normal_cdf<T: Real>(x: T, math: Math) -> T {
    T::of(0.5) * (T::one() + (x * T::of(std::f64::consts::FRAC_1_SQRT_2)).erf_kernel(math))
}

#[inline(always)]
fn gelu_inner<T: Real>(x: T) -> T {
    T::of(SQRT_2_OVER_PI) * (x + T::of(GELU_CUBIC) * x * x * x)
}

/// x Φ(x) with the normal distribution function Φ (Hendrycks & Gimpel 2016); slope Φ(x) + x φ(x).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gelu;

impl<T: Real> Elementwise<T> for Gelu {
    const NAME: &'static str = "gelu";

    #[inline(always)]
    fn value(self, x: T, math: Math) -> T {
        x * normal_cdf(x, math)
    }

    #[inline(always)]
    fn slope(self, x: T, _: T, math: Math) -> T {
        normal_cdf(x, math) + x * T::of(FRAC_1_SQRT_2PI) * (T::of(-0.5) * x * x).exp_kernel(math)
    }
}

/// The approximation x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³))) of [`Gelu`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GeluTanh;

impl<T: Real> Elementwise<T> for GeluTanh {
    const NAME: &'static str = "gelu_tanh";

    #[inline(always)]
    fn value(self, x: T, math: Math) -> T {
        T::of(0.5) * x * (T::one() + gelu_inner(x).tanh_kernel(math))
    }

    #[inline(always)]
    fn slope(self, x: T, _: T, math: Math) -> T {
        let t = gelu_inner(x).tanh_kernel(math);
        let inner_slope = T::of(SQRT_2_OVER_PI) * (T::one() + T::of(3.0 * GELU_CUBIC) * x * x);
        T::of(0.5) * (T::one() + t + x * (T::one() - t * t) * inner_slope)
    }
}

/// x σ(x) (Elfwing et al. 2018), also called swish; slope σ(x) (1 + x (1 − σ(x))).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Silu;

impl<T: Real> Elementwise<T> for Silu {
    const NAME: &'static str = "silu";

    #[inline(always)]
    fn value(self, x: T, math: Math) -> T {
        x * x.sigmoid_kernel(math)
    }

    #[inline(always)]
    fn slope(self, x: T, _: T, math: Math) -> T {
        let s = x.sigmoid_kernel(math);
        s * (T::one() + x * (T::one() - s))
    }
}

/// n = eˣ, of an x beyond which [`Mish`] is x in every format, and n (n + 2) + 2.
#[inline(always)]
fn mish_parts<T: Real>(x: T, math: Math) -> (T, T) {
    let limit = T::of(40.0);
    let n = (if x > limit { limit } else { x }).exp_kernel(math);
    (n, n * (n + T::of(2.0)) + T::of(2.0))
}

/// x tanh(ln(1 + eˣ)) (Misra 2020). With n = eˣ and w = n (n + 2) + 2 that is x n (n + 2)/w; slope
/// n (n + 2)/w + 4 x n (n + 1)/w².
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mish;

impl<T: Real> Elementwise<T> for Mish {
    const NAME: &'static str = "mish";

    #[inline(always)]
    fn value(self, x: T, math: Math) -> T {
        let (n, w) = mish_parts(x, math);
        x * (n * (n + T::of(2.0)) / w)
    }

    #[inline(always)]
    fn slope(self, x: T, _: T, math: Math) -> T {
        let (n, w) = mish_parts(x, math);
        // Not w², which overflows in `f32`.
        let r = n / w;
        r * (n + T::of(2.0)) + T::of(4.0) * x * r * ((n + T::one()) / w)
    }
}

/// x · min(max(x + 3, 0), 6)/6 (Howard et al. 2019).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HardSwish;

impl<T: Real> Elementwise<T> for HardSwish {
    const NAME: &'static str = "hard_swish";

    #[inline(always)]
    fn value(self, x: T, _: Math) -> T {
        x * (x + T::of(3.0)).max(T::zero()).min(T::of(6.0)) / T::of(6.0)
    }

    #[inline(always)]
    fn slope(self, x: T, _: T, _: Math) -> T {
        if x <= T::of(-3.0) {
            T::zero()
        } else if x < T::of(3.0) {
            x / T::of(3.0) + T::of(0.5)
        } else {
            T::one()
        }
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// x Φ(x) of each element: the Gaussian error linear unit.
    #[track_caller]
    pub fn gelu(self) -> Var<'t, T> {
        self.apply(Map(Gelu))
    }

    /// The tanh approximation of [`gelu`](Var::gelu).
    #[track_caller]
    pub fn gelu_tanh(self) -> Var<'t, T> {
        self.apply(Map(GeluTanh))
    }

    /// x σ(x) of each element: the sigmoid linear unit.
    #[track_caller]
    pub fn silu(self) -> Var<'t, T> {
        self.apply(Map(Silu))
    }

    /// x tanh(ln(1 + eˣ)) of each element.
    #[track_caller]
    pub fn mish(self) -> Var<'t, T> {
        self.apply(Map(Mish))
    }

    /// x · min(max(x + 3, 0), 6)/6 of each element.
    #[track_caller]
    pub fn hard_swish(self) -> Var<'t, T> {
        self.apply(Map(HardSwish))
    }
}
