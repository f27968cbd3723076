//! Functions that pass one side and hold back the other. At a kink the slope is that of the left side.
//!
//! Both sides are computed before one is chosen: a costly function inside a branch keeps a loop from being vectorised.

use downhill_tensor::{Math, Real};

use super::{Elementwise, Map};
use crate::Var;

// Klambauer et al. (2017), equation 14 and below.
const SELU_ALPHA: f64 = 1.673_263_242_354_377_2;
const SELU_SCALE: f64 = 1.050_700_987_355_480_5;

/// ln(1 + eˣ) without overflow.
#[inline(always)]
pub(super) fn softplus<T: Real>(x: T, math: Math) -> T {
    let positive = if x > T::zero() { x } else { T::zero() };
    positive + (-x.abs()).exp_kernel(math).ln_1p_kernel(math)
}

/// max(x, 0); slope 1 for x > 0, else 0. NaN stays NaN.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Relu;

impl<T: Real> Elementwise<T> for Relu {
    const NAME: &'static str = "relu";
    const NEEDS_INPUT: bool = false;
    const KEEPS: bool = true;

    #[inline(always)]
    fn value(self, x: T, _: Math) -> T {
        if x <= T::zero() { T::zero() } else { x }
    }

    #[inline(always)]
    fn slope(self, _: T, y: T, _: Math) -> T {
        if y > T::zero() { T::one() } else { T::zero() }
    }
}

/// min(max(x, 0), 6).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Relu6;

impl<T: Real> Elementwise<T> for Relu6 {
    const NAME: &'static str = "relu6";
    const NEEDS_INPUT: bool = false;
    const KEEPS: bool = true;

    #[inline(always)]
    fn value(self, x: T, _: Math) -> T {
        if x <= T::zero() {
            T::zero()
        } else if x >= T::of(6.0) {
            T::of(6.0)
        } else {
            x
        }
    }

    #[inline(always)]
    fn slope(self, _: T, y: T, _: Math) -> T {
        if y > T::zero() && y < T::of(6.0) { T::one() } else { T::zero() }
    }
}

/// x for x > 0, else `slope`·x (Maas et al. 2013).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LeakyRelu {
    /// The slope for x < 0.
    pub slope: f64,
}

impl<T: Real> Elementwise<T> for LeakyRelu {
    const NAME: &'static str = "leaky_relu";
    const KEEPS: bool = true;

    #[inline(always)]
    fn value(self, x: T, _: Math) -> T {
        if x > T::zero() { x } else { T::of(self.slope) * x }
    }

    #[inline(always)]
    fn slope(self, x: T, _: T, _: Math) -> T {
        if x > T::zero() { T::one() } else { T::of(self.slope) }
    }
}

/// x for x > 0, else α (eˣ − 1) (Clevert et al. 2016).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Elu {
    /// How far below 0 it levels off.
    pub alpha: f64,
}

impl<T: Real> Elementwise<T> for Elu {
    const NAME: &'static str = "elu";
    const KEEPS: bool = true;

    #[inline(always)]
    fn value(self, x: T, math: Math) -> T {
        let below = T::of(self.alpha) * x.exp_m1_kernel(math);
        if x > T::zero() { x } else { below }
    }

    #[inline(always)]
    fn slope(self, x: T, y: T, _: Math) -> T {
        if x > T::zero() { T::one() } else { y + T::of(self.alpha) }
    }
}

/// The self-normalising λ·ELU of Klambauer et al. (2017), equation 2.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Selu;

impl<T: Real> Elementwise<T> for Selu {
    const NAME: &'static str = "selu";

    #[inline(always)]
    fn value(self, x: T, math: Math) -> T {
        T::of(SELU_SCALE) * Elu { alpha: SELU_ALPHA }.value(x, math)
    }

    #[inline(always)]
    fn slope(self, x: T, y: T, _: Math) -> T {
        if x > T::zero() { T::of(SELU_SCALE) } else { y + T::of(SELU_SCALE * SELU_ALPHA) }
    }
}

/// ln(1 + exp(β x))/β; slope σ(β x).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Softplus {
    /// How sharp the bend is.
    pub beta: f64,
    /// Above this value of β·x the function is x itself.
    pub threshold: f64,
}

impl<T: Real> Elementwise<T> for Softplus {
    const NAME: &'static str = "softplus";
    const KEEPS: bool = true;

    #[inline(always)]
    fn value(self, x: T, math: Math) -> T {
        let (beta, z) = (T::of(self.beta), T::of(self.beta) * x);
        let smooth = softplus(z, math) / beta;
        if z > T::of(self.threshold) { x } else { smooth }
    }

    #[inline(always)]
    fn slope(self, x: T, _: T, math: Math) -> T {
        let z = T::of(self.beta) * x;
        let smooth = z.sigmoid_kernel(math);
        if z > T::of(self.threshold) { T::one() } else { smooth }
    }
}

/// |x|; slope 0 at 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Abs;

impl<T: Real> Elementwise<T> for Abs {
    const NAME: &'static str = "abs";

    #[inline(always)]
    fn value(self, x: T, _: Math) -> T {
        x.abs()
    }

    #[inline(always)]
    fn slope(self, x: T, _: T, _: Math) -> T {
        sign(x)
    }
}

/// 1 or −1 by the sign, 0 of 0.
#[inline(always)]
pub(crate) fn sign<T: Real>(x: T) -> T {
    if x > T::zero() {
        T::one()
    } else if x < T::zero() {
        -T::one()
    } else {
        T::zero()
    }
}

/// min(max(x, low), high); slope 1 between the bounds, else 0: at a bound too, as in PyTorch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Clamp {
    /// The lower bound, −∞ for none.
    pub low: f64,
    /// The upper bound, ∞ for none.
    pub high: f64,
}

impl<T: Real> Elementwise<T> for Clamp {
    const NAME: &'static str = "clamp";
    const KEEPS: bool = true;

    #[inline(always)]
    fn value(self, x: T, _: Math) -> T {
        if x < T::of(self.low) {
            T::of(self.low)
        } else if x > T::of(self.high) {
            T::of(self.high)
        } else {
            x
        }
    }

    #[inline(always)]
    fn slope(self, x: T, _: T, _: Math) -> T {
        if x > T::of(self.low) && x < T::of(self.high) { T::one() } else { T::zero() }
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// max(x, 0) of each element: the rectified linear unit.
    #[track_caller]
    pub fn relu(self) -> Var<'t, T> {
        self.apply(Map(Relu))
    }

    /// min(max(x, 0), 6) of each element.
    #[track_caller]
    pub fn relu6(self) -> Var<'t, T> {
        self.apply(Map(Relu6))
    }

    /// x where it is positive, else `slope`·x.
    #[track_caller]
    pub fn leaky_relu(self, slope: f64) -> Var<'t, T> {
        self.apply(Map(LeakyRelu { slope }))
    }

    /// x where it is positive, else `alpha`·(eˣ − 1).
    #[track_caller]
    pub fn elu(self, alpha: f64) -> Var<'t, T> {
        self.apply(Map(Elu { alpha }))
    }

    /// The self-normalising exponential linear unit of each element.
    #[track_caller]
    pub fn selu(self) -> Var<'t, T> {
        self.apply(Map(Selu))
    }

    /// ln(1 + exp(β x))/β of each element; x itself where β·x is above `threshold`.
    #[track_caller]
    pub fn softplus(self, beta: f64, threshold: f64) -> Var<'t, T> {
        self.apply(Map(Softplus { beta, threshold }))
    }

    /// The absolute value of each element.
    #[track_caller]
    pub fn abs(self) -> Var<'t, T> {
        self.apply(Map(Abs))
    }

    /// min(max(x, low), high) of each element.
    #[track_caller]
    pub fn clamp(self, low: f64, high: f64) -> Var<'t, T> {
        self.apply(Map(Clamp { low, high }))
    }
}
