//! Regression on UCI sets, in the splits of Hernández-Lobato & Adams (2015).

use std::collections::HashMap;
use std::error::Error;
use std::path::Path;

use downhill::prelude::*;
use serde::Deserialize;

use super::{Bar, Figure, Part, Row};

/// The published figures: networks of one hidden layer of 50, trained with dropout and averaged over 10,000
/// masks (Gal & Ghahramani 2016, table 1 as in their repository); mean ± standard error of the test RMSE.
const PUBLISHED: [(&str, &str, f64); 6] = [
    ("concrete", "4.82 ± .16", 4.98),
    ("energy", "0.54 ± .06", 0.60),
    ("kin8nm", "0.08 ± .00", 0.08),
    ("power-plant", "4.01 ± .04", 4.05),
    ("wine-quality-red", "0.62 ± .01", 0.63),
    ("yacht", "0.67 ± .05", 0.72),
];

pub(crate) fn rows() -> Vec<Row> {
    let row = |(set, published, most)| Row {
        name: format!("uci-{set}"),
        measure: "test RMSE",
        published,
        bar: Bar::AtMost(most),
        runs: 20,
        prepare: Box::new(move |folder, part| prepare(&folder.join("uci"), part, set)),
    };
    PUBLISHED.into_iter().map(row).collect()
}

/// The part of `splits.json` about one set.
#[derive(Deserialize)]
struct Splits {
    rows: usize,
    test: Vec<Vec<usize>>,
}

fn prepare(folder: &Path, part: Part, set: &str) -> Result<Figure, Box<dyn Error>> {
    let table = Table::read(folder.join(format!("{set}.csv")))?;
    let target = table.columns().last().ok_or("the table has no column")?;
    let data: Dataset = table.regression([target])?;
    let mut splits: HashMap<String, Splits> =
        serde_json::from_str(&std::fs::read_to_string(folder.join("splits.json"))?)?;
    let Splits { rows, test } = splits.remove(set).ok_or("splits.json lacks the set")?;
    if rows != data.len() {
        return Err(format!("splits.json is for {rows} rows, the set has {}", data.len()).into());
    }
    let candidates = candidates(set);
    Ok(Box::new(move |run| {
        let test = test.get(run as usize).ok_or("there are too few splits")?.clone();
        let train = (0..rows).filter(|row| !test.contains(row)).collect();
        let (train, test) = data.split_by(&Split { train, test })?;
        if part == Part::Validation {
            return Ok(choose(candidates, &train, run)?.0);
        }
        let (_, settings) = choose(candidates, &train, run)?;
        let networks: Result<Vec<Model>, _> =
            (0..NETWORKS).map(|place| fit(settings, &train, 100 * run + place)).collect();
        error_of(&networks?, &test)
    }))
}

/// What is chosen for each split: by the error on a fifth of its training rows.
#[derive(Clone, Copy)]
struct Settings {
    /// The hidden layers and the neurons of each.
    depth: usize,
    width: usize,
    activation: Activation,
    /// Weight decay, of AdamW.
    decay: f64,
    dropout: f64,
    batch: usize,
    /// The samples that a training sees, whatever the size of the set, and the most epochs of them.
    samples: usize,
    epochs: usize,
}

/// Layers as wide as the published ones, trained for long.
const NARROW: Settings = Settings {
    depth: 1,
    width: 50,
    activation: Activation::Silu,
    decay: 0.0,
    dropout: 0.0,
    batch: 32,
    samples: 768_000,
    epochs: 800,
};
/// Wider layers with corners, which can tell rows apart that lie close together.
const WIDE: Settings = Settings {
    depth: 2,
    width: 100,
    activation: Activation::Relu,
    batch: 64,
    samples: 420_000,
    epochs: 150,
    ..NARROW
};

/// What is chosen from. Which sets get the wider layers was decided on held-back training rows, too.
fn candidates(set: &str) -> &'static [Settings] {
    match set {
        "power-plant" | "wine-quality-red" => &[
            Settings { decay: 0.01, ..WIDE },
            Settings { decay: 0.1, dropout: 0.3, ..WIDE },
            Settings { decay: 1.0, dropout: 0.5, ..WIDE },
        ],
        _ => &[
            Settings { decay: 0.001, ..NARROW },
            Settings { decay: 0.1, ..NARROW },
            Settings { decay: 1.0, dropout: 0.05, ..NARROW },
            Settings { depth: 2, decay: 0.01, ..NARROW },
            Settings { depth: 2, decay: 1.0, dropout: 0.05, ..NARROW },
        ],
    }
}

/// The networks, which differ in their seeds alone, whose mean answer is judged. (The published figures are of the mean answer over
/// many dropout masks.)
const NETWORKS: u64 = 5;

/// The settings with the lowest error on a fifth of the training rows, and that error.
fn choose(candidates: &[Settings], train: &Dataset, seed: u64) -> Result<(f64, Settings), Box<dyn Error>> {
    let (most, held_back) = train.split(0.8, seed)?;
    let mut best = (f64::INFINITY, NARROW);
    for &settings in candidates {
        let error = error_of(&[fit(settings, &most, 100 * seed)?], &held_back)?;
        if error < best.0 {
            best = (error, settings);
        }
    }
    Ok(best)
}

fn fit(settings: Settings, train: &Dataset, seed: u64) -> Result<Model, Box<dyn Error>> {
    let Settings { depth, width, activation, decay, dropout, batch, samples, epochs } = settings;
    let mut layers = Sequential::new();
    for _ in 0..depth {
        layers = layers.then(Linear::new(width)).then(activation).then(Dropout::new(dropout)?);
    }
    let trainer = Trainer::new(layers.then(Linear::new(1)), Mse::new())
        .optimizer(AdamW::new(0.005)?.weight_decay(decay)?)
        .schedule(schedule::Cosine::new)
        .transform(Transform::Standardize)
        .transform_targets(Transform::Standardize)
        .epochs((samples / train.len()).clamp(60, epochs))
        .batch_size(batch)
        .seed(seed)
        .threads(1);
    Ok(trainer.fit(train)?.model)
}

/// The error of the networks' mean answer.
fn error_of(networks: &[Model], data: &Dataset) -> Result<f64, Box<dyn Error>> {
    let mut sum: Tensor = Tensor::zeros(data.values()?.shape());
    for network in networks {
        sum = sum.add(&network.predict(data.inputs())?)?;
    }
    let difference = sum.map(|sum| sum / networks.len() as f32).sub(data.values()?)?;
    let squares = difference.as_slice().iter().map(|&x| f64::from(x).powi(2));
    Ok((squares.sum::<f64>() / data.len() as f64).sqrt())
}
