//! The ranges that hyperparameters may lie in.

use std::num::NonZeroU64;

use crate::{Error, Result};

/// `value`, if it is finite and at least 0.
pub(crate) fn at_least_zero(name: &'static str, value: f64) -> Result<f64> {
    within(value.is_finite() && value >= 0.0, name, "finite and at least 0", value)
}

/// `value`, if it is finite and above 0.
pub(crate) fn above_zero(name: &'static str, value: f64) -> Result<f64> {
    within(value.is_finite() && value > 0.0, name, "finite and above 0", value)
}

/// `value`, if it can be the share of the past in a running mean: at least 0 and below 1.
pub(crate) fn memory(name: &'static str, value: f64) -> Result<f64> {
    within((0.0..1.0).contains(&value), name, "at least 0 and below 1", value)
}

/// `steps`, if it is at least 1.
pub(crate) fn at_least_one(name: &'static str, steps: u64) -> Result<NonZeroU64> {
    NonZeroU64::new(steps).ok_or(Error::Setting { name, rule: "at least 1", value: 0.0 })
}

/// `value`, if it is `allowed`.
fn within(allowed: bool, name: &'static str, rule: &'static str, value: f64) -> Result<f64> {
    if allowed { Ok(value) } else { Err(Error::Setting { name, rule, value }) }
}
