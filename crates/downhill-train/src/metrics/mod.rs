//! How good a model's answers are.

mod bootstrap;
mod confusion;
mod curves;
mod regression;

pub use bootstrap::{Bootstrap, Interval};
pub use confusion::Confusion;
pub use curves::{Calibration, Curve, calibration, precision_recall, roc};
pub use regression::RegressionErrors;

use serde::{Deserialize, Serialize};

/// How good a model's answers are on a data set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Metrics {
    /// Of a classifier: how often each class is taken for each.
    Classes(Confusion),
    /// Of a regression: how far the answers are off.
    Values(RegressionErrors),
}

impl Metrics {
    /// The part of the samples whose class is right; `None` for a regression.
    pub fn accuracy(&self) -> Option<f64> {
        match self {
            Metrics::Classes(confusion) => Some(confusion.accuracy()),
            Metrics::Values(_) => None,
        }
    }

    /// The coefficient of determination R²; `None` for a classifier.
    pub fn r2(&self) -> Option<f64> {
        match self {
            Metrics::Classes(_) => None,
            Metrics::Values(errors) => Some(errors.r2),
        }
    }

    /// All numbers with their names: accuracy and the means of precision, recall and F1 over the classes; or RMSE, MAE
    /// and R².
    pub fn values(&self) -> Vec<(&'static str, f64)> {
        match self {
            Metrics::Classes(confusion) => vec![
                ("accuracy", confusion.accuracy()),
                ("macro precision", confusion.macro_precision()),
                ("macro recall", confusion.macro_recall()),
                ("macro F1", confusion.macro_f1()),
            ],
            Metrics::Values(errors) => vec![("RMSE", errors.rmse), ("MAE", errors.mae), ("R²", errors.r2)],
        }
    }

    /// The most telling number, in a few words.
    pub fn headline(&self) -> String {
        match self {
            Metrics::Classes(confusion) => format!("accuracy {:.4}", confusion.accuracy()),
            Metrics::Values(errors) => format!("RMSE {:.4}  R² {:.4}", errors.rmse, errors.r2),
        }
    }
}

impl std::fmt::Display for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Metrics::Classes(confusion) => confusion.fmt(f),
            Metrics::Values(errors) => errors.fmt(f),
        }
    }
}
