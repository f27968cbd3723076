//! Functions that level off on both sides.

use downhill_tensor::{Math, Real};

use super::{Elementwise, Map};
use crate::Var;

use super::rectifier::softplus;

/// The hyperbolic tangent; slope 1 − y².
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tanh;

impl<T: Real> Elementwise<T> for Tanh {
    const NAME: &'static str = "tanh";
    const NEEDS_INPUT: bool = false;

    #[inline(always)]
    fn value(self, x: T, math: Math) -> T {
        x.tanh_kernel(math)
    }

    #[inline(always)]
    fn slope(self, _: T, y: T, _: Math) -> T {
        T::one() - y * y
    }
}

/// The logistic function σ(x) = 1/(1 + e⁻ˣ); slope y (1 − y).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sigmoid;

impl<T: Real> Elementwise<T> for Sigmoid {
    const NAME: &'static str = "sigmoid";
    const NEEDS_INPUT: bool = false;

    #[inline(always)]
    fn value(self, x: T, math: Math) -> T {
        x.sigmoid_kernel(math)
    }

    #[inline(always)]
    fn slope(self, _: T, y: T, _: Math) -> T {
        y * (T::one() - y)
    }
}

/// ln σ(x) = −ln(1 + e⁻ˣ), accurate for every x; slope σ(−x).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogSigmoid;

impl<T: Real> Elementwise<T> for LogSigmoid {
    const NAME: &'static str = "log_sigmoid";

    #[inline(always)]
    fn value(self, x: T, math: Math) -> T {
        -softplus(-x, math)
    }

    #[inline(always)]
    fn slope(self, x: T, _: T, math: Math) -> T {
        (-x).sigmoid_kernel(math)
    }
}

/// The error function; slope 2/√π · exp(−x²).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Erf;

impl<T: Real> Elementwise<T> for Erf {
    const NAME: &'static str = "erf";

    #[inline(always)]
    fn value(self, x: T, math: Math) -> T {
        x.erf_kernel(math)
    }

    #[inline(always)]
    fn slope(self, x: T, _: T, math: Math) -> T {
        T::of(std::f64::consts::FRAC_2_SQRT_PI) * (-x * x).exp_kernel(math)
    }
}

/// x / (1 + |x|); slope 1/(1 + |x|)².
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Softsign;

impl<T: Real> Elementwise<T> for Softsign {
    const NAME: &'static str = "softsign";

    #[inline(always)]
    fn value(self, x: T, _: Math) -> T {
        x / (T::one() + x.abs())
    }

    #[inline(always)]
    fn slope(self, x: T, _: T, _: Math) -> T {
        let denominator = T::one() + x.abs();
        (denominator * denominator).recip()
    }
}

/// min(max(x/6 + 1/2, 0), 1), the piecewise linear logistic function of Howard et al. (2019); slope 1/6 for |x| < 3, else 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HardSigmoid;

impl<T: Real> Elementwise<T> for HardSigmoid {
    const NAME: &'static str = "hard_sigmoid";

    #[inline(always)]
    fn value(self, x: T, _: Math) -> T {
        (x / T::of(6.0) + T::of(0.5)).max(T::zero()).min(T::one())
    }

    #[inline(always)]
    fn slope(self, x: T, _: T, _: Math) -> T {
        if x.abs() < T::of(3.0) { T::of(1.0 / 6.0) } else { T::zero() }
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// The hyperbolic tangent of each element.
    #[track_caller]
    pub fn tanh(self) -> Var<'t, T> {
        self.apply(Map(Tanh))
    }

    /// The logistic function 1/(1 + e⁻ˣ) of each element.
    #[track_caller]
    pub fn sigmoid(self) -> Var<'t, T> {
        self.apply(Map(Sigmoid))
    }

    /// The logarithm of the logistic function of each element.
    #[track_caller]
    pub fn log_sigmoid(self) -> Var<'t, T> {
        self.apply(Map(LogSigmoid))
    }

    /// The error function of each element.
    #[track_caller]
    pub fn erf(self) -> Var<'t, T> {
        self.apply(Map(Erf))
    }

    /// x / (1 + |x|) of each element.
    #[track_caller]
    pub fn softsign(self) -> Var<'t, T> {
        self.apply(Map(Softsign))
    }

    /// The piecewise linear logistic function min(max(x/6 + 1/2, 0), 1) of each element.
    #[track_caller]
    pub fn hard_sigmoid(self) -> Var<'t, T> {
        self.apply(Map(HardSigmoid))
    }
}
