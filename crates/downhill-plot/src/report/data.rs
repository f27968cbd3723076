//! The data, and what is needed to repeat the training.

use downhill::data::Dataset;
use downhill::nn::Scalar;

use super::Report;
use super::answers::numbers;
use super::page::Section;
use super::samples::{features, image_shape};
use crate::number::{count, short};
use crate::{Bars, Drawing, Image, Result};

/// The most features in the table.
const FEATURES: usize = 60;

impl<T: Scalar> Report<'_, T> {
    pub(super) fn data(&self) -> Result<Option<Section>> {
        let Some(data) = self.train else { return Ok(None) };
        let mut section = Section::new("data", "Data", "The data");
        let width = data.sample_shape().elements();
        let name = if data.name().is_empty() { "The training set" } else { data.name() };
        section.say(&format!("{name}: {} training samples of {} features.", count(data.len()), count(width)));
        if let Ok(counts) = data.class_counts() {
            let name =
                |class: usize| data.class_names().get(class).cloned().unwrap_or_else(|| class.to_string());
            let bars = counts.iter().enumerate().take(40).map(|(class, &count)| (name(class), count as f64));
            section.figures(&[(Bars::named("Samples of each class", bars).draw(), String::new())]);
        } else if let Ok(values) = data.values() {
            let columns = values.shape().sample().elements();
            let histogram = |i: usize| {
                let column: Vec<f64> =
                    numbers(values.as_slice()).into_iter().skip(i).step_by(columns).collect();
                let name = data.value_names().get(i).cloned().unwrap_or_else(|| "the value to learn".into());
                (Bars::histogram(name, &column, 30).labels("", "samples").draw(), String::new())
            };
            section.figures(&(0..columns.min(4)).map(histogram).collect::<Vec<_>>());
        }
        if let Some(shape) = image_shape(data) {
            section.heading("The mean image of each class");
            section.images(&mean_images(data, shape)?);
        } else {
            section.heading("Features");
            section
                .table(&["feature", "#lowest", "#mean", "#highest", "#deviation", "spread"], &profile(data));
            if width > FEATURES {
                section.say(&format!("and {} more", count(width - FEATURES)));
            }
        }
        Ok(Some(section))
    }

    pub(super) fn repeat(&self) -> Option<Section> {
        if self.facts.is_empty() && self.command.is_none() {
            return None;
        }
        let mut section = Section::new("repeat", "Repeat", "To repeat it");
        if let Some(command) = &self.command {
            section.say("The same command on the same data gives the same model, to the bit.");
            section.code(command);
        }
        let rows: Vec<_> = self.facts.iter().map(|(name, value)| vec![name.clone(), value.clone()]).collect();
        if !rows.is_empty() {
            section.table(&["what", "value"], &rows);
        }
        Some(section)
    }
}

fn profile<T: Scalar>(data: &Dataset<T>) -> Vec<Vec<String>> {
    let width = data.sample_shape().elements();
    let features = features(data, FEATURES).into_iter().enumerate();
    features
        .map(|(i, feature)| {
            let values: Vec<f64> =
                data.inputs().as_slice().iter().skip(i).step_by(width).map(|x| x.as_f64()).collect();
            let numbers = [feature.low, feature.mean, feature.high, feature.deviation].map(short);
            let mut row = vec![feature.name];
            row.extend(numbers);
            row.push(spread(&values, feature.low, feature.high).inline());
            row
        })
        .collect()
}

/// A histogram as small as a word.
fn spread(values: &[f64], low: f64, high: f64) -> Drawing {
    const BINS: usize = 24;
    let mut counts = [0_usize; BINS];
    for value in values {
        let part = (value - low) / (high - low).max(f64::MIN_POSITIVE) * BINS as f64;
        counts[(part as usize).min(BINS - 1)] += 1;
    }
    let most = counts.iter().copied().max().unwrap_or(1).max(1) as f64;
    Drawing::new([124.0, 26.0], "how its values are spread", |svg| {
        for (i, &count) in counts.iter().enumerate().filter(|&(_, &count)| count > 0) {
            let height = (24.0 * count as f64 / most).max(1.0);
            svg.rect("f0", [2.0 + 5.0 * i as f64, 25.0 - height], [4.2, height], "");
        }
    })
}

/// The mean of the images of each class.
fn mean_images<T: Scalar>(
    data: &Dataset<T>,
    [channels, height, width]: [usize; 3],
) -> Result<Vec<(String, String, String)>> {
    let Ok(labels) = data.labels() else { return Ok(Vec::new()) };
    let counts = data.class_counts()?;
    let pixels = channels * height * width;
    let mut sums = vec![vec![0.0; pixels]; counts.len()];
    for (sample, &class) in data.inputs().as_slice().chunks_exact(pixels).zip(labels.as_slice()) {
        sums[class].iter_mut().zip(sample).for_each(|(sum, x)| *sum += x.as_f64());
    }
    let mut images = Vec::new();
    for (class, sum) in sums.iter().enumerate().filter(|&(class, _)| counts[class] > 0).take(20) {
        let name = data.class_names().get(class).cloned().unwrap_or_else(|| class.to_string());
        let image = Image::from_planes(channels, height, width, sum)?;
        images.push((image.uri(), name, format!("{} samples", count(counts[class]))));
    }
    Ok(images)
}
