//! How good models of a kind are, found by training several.

use std::fmt;

use downhill_data::{Dataset, Folds};
use downhill_nn::Scalar;

use crate::{Fit, Metrics, Result, Trainer};

/// Trains a model for each of several splits of a data set, and judges each on the rows that it has not seen: what can be
/// expected of a model that is trained like this. Source: Stone (1974), Cross-validatory choice and assessment of
/// statistical predictions.
///
/// `trainer` makes the trainer of a split, counted from 0; transforms are fitted anew in each, on its training part alone.
///
/// ```
/// use downhill_data::{Bundled, Dataset, Folds, Transform};
/// use downhill_nn::{CrossEntropy, Linear};
/// use downhill_optim::Adam;
/// use downhill_train::{Trainer, cross_validate};
///
/// let iris: Dataset = Bundled::Iris.load()?;
/// let folds = Folds::stratified(iris.labels()?.as_slice(), 5, 42)?;
/// let found = cross_validate(&iris, &folds, |_| {
///     let trainer = Trainer::new(Linear::new(3), CrossEntropy::new()).optimizer(Adam::new(0.1)?);
///     Ok(trainer.transform(Transform::Standardize).epochs(20))
/// })?;
/// println!("{found}"); // accuracy 0.9533 ± 0.0298, …
/// assert!(found.summary()[0].mean > 0.9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// If the splits are not of this data set; whatever a training returns.
pub fn cross_validate<T: Scalar>(
    data: &Dataset<T>,
    folds: &Folds,
    mut trainer: impl FnMut(usize) -> Result<Trainer<T>>,
) -> Result<CrossValidation<T>> {
    let fold = |(number, split)| {
        let (train, test) = data.split_by(&split)?;
        let fit = trainer(number)?.fit(&train)?;
        let metrics = fit.model.evaluate(&test)?;
        Ok(Fold { fit, metrics })
    };
    Ok(CrossValidation { folds: folds.iter().enumerate().map(fold).collect::<Result<_>>()? })
}

/// What [`cross_validate`] found.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CrossValidation<T: Scalar = f32> {
    /// The splits, in order.
    pub folds: Vec<Fold<T>>,
}

/// One split of a cross-validation.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Fold<T: Scalar = f32> {
    /// What its training made.
    pub fit: Fit<T>,
    /// How good the model is on the rows that it was not trained on.
    pub metrics: Metrics,
}

/// A metric over all splits.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Summary {
    /// Its name.
    pub metric: &'static str,
    /// The mean over the splits.
    pub mean: f64,
    /// The standard deviation over the splits, with the divisor n − 1; 0 for a single one.
    pub deviation: f64,
}

impl<T: Scalar> CrossValidation<T> {
    /// The mean and the standard deviation of every [metric](Metrics::values). R² says little of a split with few rows,
    /// and nothing of a single one.
    pub fn summary(&self) -> Vec<Summary> {
        let values: Vec<_> = self.folds.iter().map(|fold| fold.metrics.values()).collect();
        let names = values.first().map_or(&[][..], |values| values);
        let summary = |(at, &(metric, _)): (usize, &(&'static str, f64))| {
            let found: Vec<f64> = values.iter().filter_map(|values| Some(values.get(at)?.1)).collect();
            let mean = found.iter().sum::<f64>() / found.len() as f64;
            let squares: f64 = found.iter().map(|value| (value - mean).powi(2)).sum();
            let deviation = (squares / found.len().saturating_sub(1).max(1) as f64).sqrt();
            Summary { metric, mean, deviation }
        };
        names.iter().enumerate().map(summary).collect()
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:.4} ± {:.4}", self.metric, self.mean, self.deviation)
    }
}

/// The mean and the standard deviation of every metric.
impl<T: Scalar> fmt::Display for CrossValidation<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let summary: Vec<String> = self.summary().iter().map(Summary::to_string).collect();
        f.write_str(&summary.join(", "))
    }
}
