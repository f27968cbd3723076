//! A convolutional network on handwritten digits: `cargo run --release --example cnn [seed]`.
//!
//! The same 1438 images of 8 × 8 pixels as in `digits`, and the same 359 others to be tested on.

use std::error::Error;

use downhill::prelude::*;

fn main() -> Result<(), Box<dyn Error>> {
    let seed = std::env::args().nth(1).map_or(Ok(1), |seed| seed.parse())?;
    let digits: Dataset = Bundled::Digits.load()?;
    let (train, test) = digits.split_by(&Bundled::Digits.split())?;

    let layers = Sequential::new()
        .then(Reshape::new([1, 8, 8]))
        .then(Conv2d::new(16, 3).same())
        .then(BatchNorm2d::new())
        .then(Activation::Relu)
        .then(Conv2d::new(32, 3).same())
        .then(BatchNorm2d::new())
        .then(Activation::Relu)
        .then(MaxPool2d::new(2))
        .then(Conv2d::new(64, 3).same())
        .then(BatchNorm2d::new())
        .then(Activation::Relu)
        .then(MaxPool2d::new(2))
        .then(Flatten)
        .then(Dropout::new(0.3)?)
        .then(Linear::new(10));

    let fit = Trainer::new(layers, CrossEntropy::new().label_smoothing(0.1)?)
        .optimizer(AdamW::new(0.005)?.weight_decay(0.05)?)
        .schedule(schedule::Cosine::new) // the rate falls to 0 along half a cosine wave
        .transform(Transform::DivideBy(16.0))
        .epochs(20)
        .batch_size(32)
        .seed(seed)
        .callback(Progress::new().every(5))
        .fit(&train)?;

    println!("\n{}\n", fit.model.network().summary(fit.model.params()));
    let metrics = fit.model.evaluate(&test)?;
    println!("{metrics}\n\ntrained in {:.1} s", fit.history.seconds());
    println!("test accuracy: {:.4}", metrics.accuracy().unwrap_or_default());
    Ok(())
}
