//! Metrics of a regression.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// How far a regression's answers are off, over all samples and values, in the target's unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RegressionErrors {
    /// The square root of the mean squared error.
    pub rmse: f64,
    /// The mean absolute error.
    pub mae: f64,
    /// The coefficient of determination 1 − Σ(t − y)²/Σ(t − t̄)², with the mean t̄ of each value: 1 is
    /// perfect, 0 no better than the mean. For constant targets 1 if all answers are right, else 0.
    pub r2: f64,
}

impl RegressionErrors {
    /// The errors of predictions, given as rows of `width` values one after the other.
    ///
    /// # Errors
    /// [`Error::Targets`] if the lengths differ or are no whole number of rows;
    /// [`Error::Needs`] without any.
    pub fn new(width: usize, truth: &[f64], predicted: &[f64]) -> Result<RegressionErrors> {
        if truth.is_empty() {
            return Err(Error::Needs { what: "evaluating", needs: "at least one sample" });
        }
        if truth.len() != predicted.len() || width == 0 || !truth.len().is_multiple_of(width) {
            let found = format!("{} target values", truth.len());
            return Err(Error::Targets {
                found,
                expected: format!("{} in rows of {width}", predicted.len()),
            });
        }
        let (count, rows) = (truth.len() as f64, (truth.len() / width) as f64);
        let residuals = || truth.iter().zip(predicted).map(|(t, y)| t - y);
        let squares: f64 = residuals().map(|r| r * r).sum();
        let spread: f64 = (0..width)
            .map(|value| {
                let column = || truth.iter().skip(value).step_by(width);
                let mean = column().sum::<f64>() / rows;
                column().map(|t| (t - mean).powi(2)).sum::<f64>()
            })
            .sum();
        let r2 = if spread > 0.0 { 1.0 - squares / spread } else { f64::from(squares == 0.0) };
        Ok(RegressionErrors {
            rmse: (squares / count).sqrt(),
            mae: residuals().map(f64::abs).sum::<f64>() / count,
            r2,
        })
    }
}

impl fmt::Display for RegressionErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RMSE {:.4}, MAE {:.4}, R² {:.4}", self.rmse, self.mae, self.r2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let errors = RegressionErrors::new(1, &[1.0, 2.0, 3.0], &[1.0, 2.0, 5.0]).unwrap();
        assert!((errors.rmse - (4.0_f64 / 3.0).sqrt()).abs() < 1e-15);
        assert!((errors.mae - 2.0 / 3.0).abs() < 1e-15);
        assert_eq!(errors.r2, -1.0);
        assert_eq!(RegressionErrors::new(1, &[2.0, 2.0], &[2.0, 2.0]).unwrap().r2, 1.0);
        assert!(RegressionErrors::new(1, &[], &[]).is_err());
        assert!(RegressionErrors::new(2, &[1.0], &[1.0]).is_err());
    }
}
