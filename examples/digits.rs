//! Handwritten digits: `cargo run --release --example digits [seed]`.
//!
//! 1438 images of 8 × 8 pixels to learn from, 359 others to be tested on: the fixed split of the set.

use std::error::Error;

use downhill::prelude::*;

fn main() -> Result<(), Box<dyn Error>> {
    let seed = std::env::args().nth(1).map_or(Ok(1), |seed| seed.parse())?;
    let digits: Dataset = Bundled::Digits.load()?;
    let (train, test) = digits.split_by(&Bundled::Digits.split())?;

    let layers = Sequential::new().then(Linear::new(512)).then(Activation::Gelu).then(Linear::new(10));
    // Softened targets keep a wide network from being sure of the few images that it has learned by heart.
    let loss = CrossEntropy::new().label_smoothing(0.1)?;

    let fit = Trainer::new(layers, loss)
        .optimizer(AdamW::new(0.01)?.weight_decay(0.05)?)
        .schedule(schedule::Cosine::new) // the rate falls to 0 along half a cosine wave
        .transform(Transform::DivideBy(16.0))
        .epochs(60)
        .batch_size(16)
        .seed(seed)
        .callback(Progress::new().every(10))
        .fit(&train)?;

    let metrics = fit.model.evaluate(&test)?;
    println!("\n{metrics}\n\ntrained in {:.1} s", fit.history.seconds());
    println!("test accuracy: {:.4}", metrics.accuracy().unwrap_or_default());
    Ok(())
}
