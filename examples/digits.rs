//! Handwritten digits: `cargo run --release --example digits [seed]`.
//!
//! 1438 images of 8 × 8 pixels to learn from, 359 others to be tested on: the fixed split of the set.

use std::error::Error;

use downhill::prelude::*;

const EPOCHS: usize = 100;
const BATCH: usize = 32;

fn main() -> Result<(), Box<dyn Error>> {
    let seed = std::env::args().nth(1).map_or(Ok(1), |seed| seed.parse())?;
    let digits: Dataset = Bundled::Digits.load()?;
    let (train, test) = digits.split_by(&Bundled::Digits.split())?;

    // Dropout and softened targets keep a wide network from learning 1438 images by heart.
    let layers = Sequential::new()
        .then(Dropout::new(0.2)?)
        .then(Linear::new(512))
        .then(Activation::Relu)
        .then(Dropout::new(0.5)?)
        .then(Linear::new(10));
    let steps = EPOCHS * train.len().div_ceil(BATCH);

    let fit = Trainer::new(layers, CrossEntropy::new().label_smoothing(0.1)?)
        .optimizer(Adam::new(0.003)?.schedule(schedule::Cosine::new(steps as u64)?))
        .transform(Transform::Standardize)
        .epochs(EPOCHS)
        .batch_size(BATCH)
        .seed(seed)
        .threads(2)
        .callback(Progress::new().every(10))
        .fit(&train)?;

    let metrics = fit.model.evaluate(&test)?;
    println!("\n{metrics}\n\ntrained in {:.1} s", fit.history.seconds());
    println!("test accuracy: {:.4}", metrics.accuracy().unwrap_or_default());
    Ok(())
}
