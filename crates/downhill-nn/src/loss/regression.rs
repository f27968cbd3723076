//! Losses between numbers.

use downhill_autodiff::{Real, Var};

use super::targets::values_like;
use super::{Loss, positive, setting};
use crate::{Result, Target};

/// The mean squared error: the mean of (output − target)² over all elements.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub struct Mse;

impl Mse {
    /// The mean squared error.
    pub fn new() -> Mse {
        Mse
    }
}

impl<T: Real> Loss<T> for Mse {
    #[track_caller]
    fn terms<'t>(&self, output: Var<'t, T>, target: &Target<T>) -> Var<'t, T> {
        output.squared_error(values_like("mse", output, target))
    }
}

/// The mean absolute error: the mean of |output − target| over all elements.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub struct L1;

impl L1 {
    /// The mean absolute error.
    pub fn new() -> L1 {
        L1
    }
}

impl<T: Real> Loss<T> for L1 {
    #[track_caller]
    fn terms<'t>(&self, output: Var<'t, T>, target: &Target<T>) -> Var<'t, T> {
        output.absolute_error(values_like("l1", output, target))
    }
}

/// Huber's loss: half the squared error up to a distance δ, δ times the distance less δ/2 beyond, so that outliers pull
/// less (Huber 1964).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Huber {
    delta: f64,
}

impl Huber {
    /// Huber's loss with this δ, in the unit of the target.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless δ is positive and finite.
    pub fn new(delta: f64) -> Result<Huber> {
        Ok(Huber { delta: positive("Huber", "delta", delta)? })
    }
}

impl<T: Real> Loss<T> for Huber {
    #[track_caller]
    fn terms<'t>(&self, output: Var<'t, T>, target: &Target<T>) -> Var<'t, T> {
        output.huber_error(values_like("huber", output, target), self.delta)
    }
}

/// The absolute error, made smooth around 0: Huber's loss divided by its δ, called β here (Girshick 2015, equation 3). Far from
/// 0 the slope is ±1 for every β.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SmoothL1 {
    beta: f64,
}

impl SmoothL1 {
    /// The smooth absolute error that is quadratic up to a distance β, in the unit of the target.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless β is positive and finite.
    pub fn new(beta: f64) -> Result<SmoothL1> {
        Ok(SmoothL1 { beta: positive("SmoothL1", "beta", beta)? })
    }
}

impl<T: Real> Loss<T> for SmoothL1 {
    #[track_caller]
    fn terms<'t>(&self, output: Var<'t, T>, target: &Target<T>) -> Var<'t, T> {
        let error = output.huber_error(values_like("smooth_l1", output, target), self.beta);
        error.mul_scalar(self.beta.recip())
    }
}

/// ln cosh(output − target): half the squared error near 0, the absolute error far away, and smooth everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub struct LogCosh;

impl LogCosh {
    /// The logarithm of the hyperbolic cosine of the error.
    pub fn new() -> LogCosh {
        LogCosh
    }
}

impl<T: Real> Loss<T> for LogCosh {
    #[track_caller]
    fn terms<'t>(&self, output: Var<'t, T>, target: &Target<T>) -> Var<'t, T> {
        let error = output - values_like("log_cosh", output, target);
        // ln cosh d = d + ln(1 + e^(−2d)) − ln 2, which does not overflow.
        (error + error.mul_scalar(-2.0).softplus(1.0, f64::INFINITY)).add_scalar(-std::f64::consts::LN_2)
    }
}

/// The loss whose smallest mean is at a quantile: q·d for an output that is d too low, (1 − q)·d for one that is d too high
/// (Koenker & Bassett 1978). With q = 0.9 the network learns what nine of ten targets are below.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quantile {
    q: f64,
}

impl Quantile {
    /// The loss of this quantile.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) unless 0 < q < 1.
    pub fn new(q: f64) -> Result<Quantile> {
        Ok(Quantile { q: setting("Quantile", "q", "between 0 and 1", q, q > 0.0 && q < 1.0)? })
    }
}

impl<T: Real> Loss<T> for Quantile {
    #[track_caller]
    fn terms<'t>(&self, output: Var<'t, T>, target: &Target<T>) -> Var<'t, T> {
        let target = values_like("quantile", output, target);
        // max(q d, (q − 1) d) = |d|/2 + (q − 1/2) d with d = target − output.
        let distance = output.absolute_error(target);
        distance.mul_scalar(0.5) + (target - output).mul_scalar(self.q - 0.5)
    }
}
