//! Samples as people see them.

use downhill::data::Dataset;
use downhill::nn::Scalar;

use super::answers::numbers;
use crate::number::{digits, short};
use crate::{Image, Result};

/// What is known of each feature of a data set.
pub(super) struct Feature {
    pub(super) name: String,
    pub(super) low: f64,
    pub(super) mean: f64,
    pub(super) high: f64,
    pub(super) deviation: f64,
}

/// The features of a data set, at most so many.
pub(super) fn features<T: Scalar>(data: &Dataset<T>, most: usize) -> Vec<Feature> {
    let width = data.sample_shape().elements();
    let inputs = data.inputs().as_slice();
    let feature = |i: usize| {
        let column = || inputs.iter().skip(i).step_by(width).map(|x| x.as_f64());
        let count = data.len().max(1) as f64;
        let mean = column().sum::<f64>() / count;
        let variance = column().map(|x| (x - mean).powi(2)).sum::<f64>() / count;
        Feature {
            name: data.feature_names().get(i).cloned().unwrap_or_else(|| format!("feature {i}")),
            low: column().fold(f64::INFINITY, f64::min),
            mean,
            high: column().fold(f64::NEG_INFINITY, f64::max),
            deviation: variance.sqrt(),
        }
    };
    (0..width.min(most)).map(feature).collect()
}

/// Channels, height and width, if the samples are images: by their shape, or since they are a square of features that
/// are called pixels.
pub(super) fn image_shape<T: Scalar>(data: &Dataset<T>) -> Option<[usize; 3]> {
    let shape = match data.sample_shape()[..] {
        [height, width] => [1, height, width],
        [channels @ (1 | 3), height, width] => [channels, height, width],
        [pixels] => {
            let side = pixels.isqrt();
            let called = !data.feature_names().is_empty()
                && data.feature_names().iter().all(|name| name.starts_with("pixel"));
            (side * side == pixels && called).then_some([1, side, side])?
        }
        _ => return None,
    };
    (shape[1] > 1 && shape[2] > 1 && shape[1] <= 512 && shape[2] <= 512).then_some(shape)
}

/// The most pixels on a side of an image: of a larger one, every so-manieth is taken.
const SIDE: usize = 160;

/// A sample as an image.
pub(super) fn image<T: Scalar>(
    data: &Dataset<T>,
    [channels, height, width]: [usize; 3],
    sample: usize,
) -> Result<Image> {
    let row = data.inputs().rows(sample..sample + 1)?;
    let pixels = row.as_slice();
    let every = height.max(width).div_ceil(SIDE);
    let at = |channel: usize, y: usize, x: usize| pixels[(channel * height + y) * width + x].as_f64();
    let mut values = Vec::new();
    for channel in 0..channels {
        for y in (0..height).step_by(every) {
            values.extend((0..width).step_by(every).map(|x| at(channel, y, x)));
        }
    }
    Image::from_planes(channels, height.div_ceil(every), width.div_ceil(every), &values)
}

/// The three features of a sample that are the most unusual, in words.
pub(super) fn unusual<T: Scalar>(data: &Dataset<T>, features: &[Feature], sample: usize) -> Result<String> {
    let row = data.inputs().rows(sample..sample + 1)?;
    let score = |(feature, x): (&Feature, f64)| {
        let deviations = (x - feature.mean) / feature.deviation;
        if deviations.is_finite() { deviations } else { 0.0 }
    };
    let values = numbers(row.as_slice());
    let mut order: Vec<usize> = (0..features.len()).collect();
    let by = |i: usize| score((&features[i], values[i]));
    order.sort_by(|&a, &b| by(b).abs().total_cmp(&by(a).abs()));
    let words = order.iter().take(3).map(|&i| {
        let sign = if by(i) < 0.0 { "−" } else { "+" };
        format!("{} {} ({sign}{} σ)", features[i].name, short(values[i]), digits(by(i).abs(), 2))
    });
    Ok(words.collect::<Vec<_>>().join(", "))
}
