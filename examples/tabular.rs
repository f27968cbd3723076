//! Four classic tables, each learned five times from its fixed training part and scored on its fixed test
//! part: `cargo run --release --example tabular`.
//!
//! Every score is that of a single network. The activations and weight decays below are those that did
//! best on parts held back from the training rows; the test rows had no say.

use std::error::Error;

use downhill::prelude::*;

const EPOCHS: usize = 60;
const BATCH: usize = 16;

fn main() -> Result<(), Box<dyn Error>> {
    let settings = [
        (Bundled::Iris, Activation::Tanh, 0.5),
        (Bundled::Wine, Activation::Tanh, 0.5),
        (Bundled::BreastCancer, Activation::Relu, 2.0),
        (Bundled::Diabetes, Activation::Relu, 2.0),
    ];
    println!("data           score     seed 1  seed 2  seed 3  seed 4  seed 5    mean");
    for (set, activation, decay) in settings {
        let data: Dataset = set.load()?;
        let (train, test) = data.split_by(&set.split())?;
        let mut scores = Vec::new();
        for seed in 1..=5 {
            let metrics = trainer(&train, activation, decay)?.seed(seed).fit(&train)?.model.evaluate(&test)?;
            scores.extend(metrics.accuracy().or(metrics.r2()));
        }
        let kind = if train.classes().is_some() { "accuracy" } else { "R²" };
        print!("{:13}  {kind:8}", set.name());
        scores.iter().for_each(|score| print!("  {score:.4}"));
        println!("  {:.4}", scores.iter().sum::<f64>() / scores.len() as f64);
    }
    Ok(())
}

/// One hidden layer of 32, AdamW with a rate that falls to 0; classes by cross-entropy, values by squares.
fn trainer(data: &Dataset, activation: Activation, decay: f64) -> Result<Trainer, Box<dyn Error>> {
    let steps = EPOCHS * data.len().div_ceil(BATCH);
    let optimizer = AdamW::new(0.01)?.weight_decay(decay)?.schedule(schedule::Cosine::new(steps as u64)?);
    let hidden = Sequential::new().then(Linear::new(32)).then(activation);
    let trainer = match data.classes() {
        Some(classes) => Trainer::new(hidden.then(Linear::new(classes)), CrossEntropy::new()),
        None => {
            Trainer::new(hidden.then(Linear::new(1)), Mse::new()).transform_targets(Transform::Standardize)
        }
    };
    Ok(trainer.transform(Transform::Standardize).optimizer(optimizer).epochs(EPOCHS).batch_size(BATCH))
}
