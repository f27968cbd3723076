//! Losses between numbers.

use downhill_autodiff::{Real, Var};

use super::{Loss, Reduction, values_like};
use crate::{Error, Result, Target};

/// The mean squared error: the mean of (output − target)² over all elements.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Mse {
    reduction: Reduction,
}

impl Mse {
    /// The mean squared error.
    pub fn new() -> Mse {
        Mse::default()
    }

    /// The same loss with another reduction.
    #[must_use]
    pub fn reduction(self, reduction: Reduction) -> Mse {
        Mse { reduction }
    }
}

impl<T: Real> Loss<T> for Mse {
    #[track_caller]
    fn loss<'t>(&self, output: Var<'t, T>, target: &Target<T>) -> Var<'t, T> {
        self.reduction.apply(output.squared_error(values_like("mse", output, target)))
    }
}

/// The mean absolute error: the mean of |output − target| over all elements.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct L1 {
    reduction: Reduction,
}

impl L1 {
    /// The mean absolute error.
    pub fn new() -> L1 {
        L1::default()
    }

    /// The same loss with another reduction.
    #[must_use]
    pub fn reduction(self, reduction: Reduction) -> L1 {
        L1 { reduction }
    }
}

impl<T: Real> Loss<T> for L1 {
    #[track_caller]
    fn loss<'t>(&self, output: Var<'t, T>, target: &Target<T>) -> Var<'t, T> {
        self.reduction.apply(output.absolute_error(values_like("l1", output, target)))
    }
}

/// Huber's loss: half the squared error up to a distance δ, linear beyond, so that outliers pull less.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Huber {
    delta: f64,
    reduction: Reduction,
}

impl Huber {
    /// Huber's loss with this δ, in the unit of the target.
    ///
    /// # Errors
    /// [`Error::Setting`] unless δ is positive and finite.
    pub fn new(delta: f64) -> Result<Huber> {
        if delta > 0.0 && delta.is_finite() {
            Ok(Huber { delta, reduction: Reduction::Mean })
        } else {
            Err(Error::Setting {
                layer: "Huber",
                setting: "delta",
                rule: "positive and finite",
                value: delta,
            })
        }
    }

    /// The same loss with another reduction.
    #[must_use]
    pub fn reduction(self, reduction: Reduction) -> Huber {
        Huber { reduction, ..self }
    }
}

impl<T: Real> Loss<T> for Huber {
    #[track_caller]
    fn loss<'t>(&self, output: Var<'t, T>, target: &Target<T>) -> Var<'t, T> {
        let target = values_like("huber", output, target);
        self.reduction.apply(output.huber_error(target, self.delta))
    }
}
