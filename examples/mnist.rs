//! MNIST with the networks of its classic papers:
//! `cargo run --release --example mnist FOLDER [ce|mse] [seed] [epochs] [threads]`.
//!
//! The folder holds the four IDX files, `train-images-idx3-ubyte` and so on, with or without `.gz`. `ce` is
//! 784-800-10 with cross-entropy (Simard, Steinkraus & Platt 2003: 1.6 % test error), `mse` is 784-300-10
//! with squared errors (LeCun et al. 1998: 4.7 %); both by gradient descent with momentum, on the images as
//! they are.

use std::error::Error;

use downhill::data::idx;
use downhill::prelude::*;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let argument = |place: usize, usual: &'static str| arguments.get(place).map_or(usual, String::as_str);
    let Some(folder) = arguments.first() else {
        return Err("usage: mnist FOLDER [ce|mse] [seed] [epochs] [threads]".into());
    };
    let (seed, epochs, threads) =
        (argument(2, "1").parse()?, argument(3, "15").parse()?, argument(4, "2").parse()?);
    let (train, test) = idx::mnist::<f32>(folder)?;

    let layers = |hidden| {
        let input = Sequential::new().then(Flatten).then(Linear::new(hidden));
        input.then(Activation::Relu).then(Linear::new(10))
    };
    let (trainer, train) = match argument(1, "ce") {
        "ce" => (Trainer::new(layers(800), CrossEntropy::new()), train),
        // Without classes the outputs are values, and the prediction is the greatest of them.
        "mse" => (Trainer::new(layers(300), Mse::new()), train.one_hot()?),
        other => return Err(format!("{other:?} is neither ce nor mse").into()),
    };
    let fit = trainer
        .optimizer(GradientDescent::new(0.1)?.momentum(0.9)?)
        .schedule(schedule::Cosine::new)
        .transform(Transform::DivideBy(255.0))
        .epochs(epochs)
        .batch_size(100)
        .seed(seed)
        .threads(threads)
        .callback(Progress::new())
        .fit(&train)?;

    let predicted = fit.model.predict(test.inputs())?.argmax(1)?;
    let wrong = predicted.as_slice().iter().zip(test.labels()?.as_slice()).filter(|(a, b)| a != b).count();
    println!("trained in {:.0} s", fit.history.seconds());
    println!("test error: {:.2} %", 100.0 * wrong as f64 / test.len() as f64);
    Ok(())
}
