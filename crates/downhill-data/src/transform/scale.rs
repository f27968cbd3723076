//! What features are centred on and divided by.

use downhill_tensor::{Real, Tensor};
use serde::{Deserialize, Serialize};

use super::samples::Samples;
use crate::{Error, Result};

/// (x − centre) / scale.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Scale {
    pub(super) centre: f64,
    pub(super) scale: f64,
}

/// Means and standard deviations.
pub(super) fn deviations<T: Real>(samples: &mut impl Samples<T>) -> Result<Vec<Scale>> {
    let summary = Summary::of(samples)?;
    let mut deviations = vec![0.0; summary.means.len()];
    samples.visit(&mut |rows| {
        reduce(rows, &mut deviations, |sum, x, feature| {
            let deviation = x - summary.means[feature];
            sum + deviation * deviation
        });
    })?;
    deviations.iter_mut().for_each(|deviation| *deviation = (*deviation / summary.count).sqrt());
    scales(&summary, &summary.means, &deviations, "standard deviation")
}

/// Minima and ranges.
pub(super) fn ranges<T: Real>(samples: &mut impl Samples<T>) -> Result<Vec<Scale>> {
    let summary = Summary::of(samples)?;
    let ranges: Vec<f64> = summary.lows.iter().zip(&summary.highs).map(|(low, high)| high - low).collect();
    scales(&summary, &summary.lows, &ranges, "range")
}

/// Medians and interquartile ranges.
pub(super) fn quartiles<T: Real>(mut samples: &Tensor<T>) -> Result<Vec<Scale>> {
    let width = samples.shape().sample().elements();
    let (mut medians, mut ranges) = (Vec::with_capacity(width), Vec::with_capacity(width));
    for feature in 0..width {
        let numbers = samples.as_slice()[feature..].iter().step_by(width);
        let mut numbers: Vec<f64> = numbers.map(|x| x.as_f64()).collect();
        numbers.sort_by(f64::total_cmp);
        medians.push(quantile(&numbers, 0.5));
        ranges.push(quantile(&numbers, 0.75) - quantile(&numbers, 0.25));
    }
    scales(&Summary::of(&mut samples)?, &medians, &ranges, "interquartile range")
}

/// The number below which this share of the ascending numbers lies, interpolated between neighbours.
fn quantile(numbers: &[f64], share: f64) -> f64 {
    let place = share * (numbers.len() - 1) as f64;
    let (lower, weight) = (place as usize, place.fract());
    let upper = (lower + 1).min(numbers.len() - 1);
    numbers[lower] * (1.0 - weight) + numbers[upper] * weight
}

/// What one look at the samples tells of each feature.
pub(super) struct Summary {
    count: f64,
    pub(super) means: Vec<f64>,
    lows: Vec<f64>,
    highs: Vec<f64>,
}

impl Summary {
    pub(super) fn of<T: Real>(samples: &mut impl Samples<T>) -> Result<Summary> {
        let (mut count, [mut sums, mut lows, mut highs]) = (0, [const { Vec::new() }; 3]);
        samples.visit(&mut |rows| {
            if count == 0 {
                let width = rows.shape().sample().elements();
                (sums, lows, highs) =
                    (vec![0.0; width], vec![f64::INFINITY; width], vec![f64::NEG_INFINITY; width]);
            }
            count += rows.shape()[0];
            reduce(rows, &mut sums, |sum, x, _| sum + x);
            reduce(rows, &mut lows, |low, x, _| low.min(x));
            reduce(rows, &mut highs, |high, x, _| high.max(x));
        })?;
        if count == 0 {
            return Err(Error::Empty { operation: "fitting a transform" });
        }
        let means = sums.iter().map(|sum| sum / count as f64).collect();
        Ok(Summary { count: count as f64, means, lows, highs })
    }
}

/// A scale for each feature; a constant one is centred on its number and not scaled.
fn scales(summary: &Summary, centres: &[f64], scales: &[f64], what: &'static str) -> Result<Vec<Scale>> {
    let scale = |feature: usize| {
        let (centre, scale, lowest) = (centres[feature], scales[feature], summary.lows[feature]);
        if !centre.is_finite() || !scale.is_finite() {
            Err(Error::Scale { feature, what, value: scale })
        } else if lowest == summary.highs[feature] {
            // Rounding in the mean must not make noise of a constant.
            Ok(Scale { centre: lowest, scale: 1.0 })
        } else {
            Ok(Scale { centre, scale: if scale == 0.0 { 1.0 } else { scale } })
        }
    };
    (0..centres.len()).map(scale).collect()
}

/// Takes the numbers of each feature together: `f` of what was found so far, a number and the feature.
fn reduce<T: Real>(samples: &Tensor<T>, so_far: &mut [f64], f: impl Fn(f64, f64, usize) -> f64) {
    for sample in samples.as_slice().chunks_exact(so_far.len().max(1)) {
        for (feature, (so_far, x)) in so_far.iter_mut().zip(sample).enumerate() {
            *so_far = f(*so_far, x.as_f64(), feature);
        }
    }
}
