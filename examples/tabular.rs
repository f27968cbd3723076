//! Five classic tables, each learned with five seeds from its fixed training part and scored on its fixed
//! test part: `cargo run --release --example tabular`.
//!
//! Every score is that of a single network. One recipe serves all, with layers and a weight decay for each
//! that did best on parts held back from the training rows; the test rows had no say. On those parts of the
//! diabetes table no network was clearly better than a linear model, so both are shown. The example
//! `digits` shows what a recipe of its own does for the digits.

use std::error::Error;

use downhill::prelude::*;

fn main() -> Result<(), Box<dyn Error>> {
    let hidden = |width, activation| Sequential::new().then(Linear::new(width)).then(activation);
    let settings = [
        ("network", Bundled::Iris, hidden(32, Activation::Tanh), 0.5),
        ("network", Bundled::Wine, hidden(32, Activation::Tanh), 0.5),
        ("network", Bundled::BreastCancer, hidden(32, Activation::Relu), 2.0),
        ("network", Bundled::Digits, hidden(256, Activation::Relu), 0.1),
        ("network", Bundled::Diabetes, hidden(32, Activation::Relu), 2.0),
        ("linear", Bundled::Diabetes, Sequential::new(), 0.5),
    ];
    println!("data           model    score     seed 1  seed 2  seed 3  seed 4  seed 5    mean");
    for (model, set, layers, decay) in settings {
        let data: Dataset = set.load()?;
        let (train, test) = data.split_by(&set.split())?;
        let mut scores = Vec::new();
        for seed in 1..=5 {
            let fit = trainer(&train, layers.clone(), decay)?.seed(seed).fit(&train)?;
            let metrics = fit.model.evaluate(&test)?;
            scores.extend(metrics.accuracy().or(metrics.r2()));
        }
        let score = if train.classes().is_some() { "accuracy" } else { "R²" };
        print!("{:13}  {model:7}  {score:8}", set.name());
        scores.iter().for_each(|score| print!("  {score:.4}"));
        println!("  {:.4}", scores.iter().sum::<f64>() / scores.len() as f64);
    }
    Ok(())
}

/// AdamW with a rate that falls to 0; classes by cross-entropy, values by squared errors.
fn trainer(data: &Dataset, layers: Sequential, decay: f64) -> Result<Trainer, Box<dyn Error>> {
    let optimizer = AdamW::new(0.01)?.weight_decay(decay)?;
    let trainer = match data.classes() {
        Some(classes) => Trainer::new(layers.then(Linear::new(classes)), CrossEntropy::new()),
        None => {
            Trainer::new(layers.then(Linear::new(1)), Mse::new()).transform_targets(Transform::Standardize)
        }
    };
    Ok(trainer
        .transform(Transform::Standardize)
        .optimizer(optimizer)
        .schedule(schedule::Cosine::new)
        .epochs(60)
        .batch_size(16))
}
