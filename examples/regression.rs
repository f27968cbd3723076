//! A number to predict: `cargo run --release --example regression [seed]`.
//!
//! How far 442 patients' diabetes went on within a year, from ten measurements (Efron et al. 2004).

use std::error::Error;

use downhill::prelude::*;
use downhill::train::RegressionErrors;

fn main() -> Result<(), Box<dyn Error>> {
    let seed = std::env::args().nth(1).map_or(Ok(1), |seed| seed.parse())?;
    let diabetes: Dataset = Bundled::Diabetes.load()?;
    let (train, test) = diabetes.split_by(&Bundled::Diabetes.split())?;

    // The network learns the progression in standard deviations; the model answers in its own unit.
    let layers = Sequential::new().then(Linear::new(32)).then(Activation::Relu).then(Linear::new(1));
    let fit = Trainer::new(layers, Mse::new())
        .optimizer(AdamW::new(0.003)?.weight_decay(2.0)?)
        .transform(Transform::Standardize)
        .transform_targets(Transform::Standardize)
        .validation_fraction(0.15)
        .early_stopping(EarlyStopping::new(20))
        .epochs(200)
        .batch_size(16)
        .seed(seed)
        .callback(Progress::new().every(10))
        .fit(&train)?;

    // The yardstick: the same answer for everyone, the mean of the training part.
    let truth: Vec<f64> = test.values()?.as_slice().iter().map(|&x| x.into()).collect();
    let mean: f64 = train.values()?.mean(&[0, 1], false)?.item()?.into();
    println!("\nthe mean:    {}", RegressionErrors::new(1, &truth, &vec![mean; truth.len()])?);
    println!("the network: {}", fit.model.evaluate(&test)?);

    println!("\nprogression of the first five of the test part");
    let predicted = fit.model.predict(test.inputs())?;
    for (truth, predicted) in truth.iter().zip(predicted.as_slice()).take(5) {
        println!("  predicted {predicted:5.0}  true {truth:5.0}");
    }
    Ok(())
}
