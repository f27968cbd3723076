//! What features are centred on and divided by.

use downhill_tensor::{Real, Tensor};
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// (x − centre) / scale.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Scale {
    pub(super) centre: f64,
    pub(super) scale: f64,
}

/// Means and standard deviations.
pub(super) fn deviations<T: Real>(samples: &Tensor<T>) -> Result<Vec<Scale>> {
    let count = samples.shape()[0] as f64;
    let means = means(samples);
    let mut deviations = reduce(samples, 0.0, |sum, x, feature| {
        let deviation = x - means[feature];
        sum + deviation * deviation
    });
    deviations.iter_mut().for_each(|deviation| *deviation = (*deviation / count).sqrt());
    scales(samples, &means, &deviations, "standard deviation")
}

/// Each feature's mean.
pub(super) fn means<T: Real>(samples: &Tensor<T>) -> Vec<f64> {
    let count = samples.shape()[0] as f64;
    let mut means = reduce(samples, 0.0, |sum, x, _| sum + x);
    means.iter_mut().for_each(|mean| *mean /= count);
    means
}

/// Minima and ranges.
pub(super) fn ranges<T: Real>(samples: &Tensor<T>) -> Result<Vec<Scale>> {
    let (lows, highs) = (lows(samples), highs(samples));
    let ranges: Vec<f64> = lows.iter().zip(&highs).map(|(low, high)| high - low).collect();
    scales(samples, &lows, &ranges, "range")
}

/// Medians and interquartile ranges.
pub(super) fn quartiles<T: Real>(samples: &Tensor<T>) -> Result<Vec<Scale>> {
    let width = samples.shape().sample().elements();
    let (mut medians, mut ranges) = (Vec::with_capacity(width), Vec::with_capacity(width));
    for feature in 0..width {
        let numbers = samples.as_slice()[feature..].iter().step_by(width);
        let mut numbers: Vec<f64> = numbers.map(|x| x.as_f64()).collect();
        numbers.sort_by(f64::total_cmp);
        medians.push(quantile(&numbers, 0.5));
        ranges.push(quantile(&numbers, 0.75) - quantile(&numbers, 0.25));
    }
    scales(samples, &medians, &ranges, "interquartile range")
}

/// The number below which this share of the ascending numbers lies, interpolated between neighbours.
fn quantile(numbers: &[f64], share: f64) -> f64 {
    let place = share * (numbers.len() - 1) as f64;
    let (lower, weight) = (place as usize, place.fract());
    let upper = (lower + 1).min(numbers.len() - 1);
    numbers[lower] * (1.0 - weight) + numbers[upper] * weight
}

fn lows<T: Real>(samples: &Tensor<T>) -> Vec<f64> {
    reduce(samples, f64::INFINITY, |low, x, _| low.min(x))
}

fn highs<T: Real>(samples: &Tensor<T>) -> Vec<f64> {
    reduce(samples, f64::NEG_INFINITY, |high, x, _| high.max(x))
}

/// A scale for each feature; a constant one is centred on its number and not scaled.
fn scales<T: Real>(
    samples: &Tensor<T>,
    centres: &[f64],
    scales: &[f64],
    what: &'static str,
) -> Result<Vec<Scale>> {
    let (lows, highs) = (lows(samples), highs(samples));
    let scale = |feature: usize| {
        let (centre, scale) = (centres[feature], scales[feature]);
        if !centre.is_finite() || !scale.is_finite() {
            Err(Error::Scale { feature, what, value: scale })
        } else if lows[feature] == highs[feature] {
            // Rounding in the mean must not make noise of a constant.
            Ok(Scale { centre: lows[feature], scale: 1.0 })
        } else {
            Ok(Scale { centre, scale: if scale == 0.0 { 1.0 } else { scale } })
        }
    };
    (0..centres.len()).map(scale).collect()
}

/// For each feature, its numbers taken together: `f` of what was found so far, a number and the
/// feature.
fn reduce<T: Real>(samples: &Tensor<T>, start: f64, f: impl Fn(f64, f64, usize) -> f64) -> Vec<f64> {
    let mut reduced = vec![start; samples.shape().sample().elements()];
    for sample in samples.as_slice().chunks_exact(reduced.len().max(1)) {
        for (feature, (so_far, x)) in reduced.iter_mut().zip(sample).enumerate() {
            *so_far = f(*so_far, x.as_f64(), feature);
        }
    }
    reduced
}
