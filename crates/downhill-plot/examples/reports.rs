//! Reports of three trainings: `cargo run --release -p downhill-plot --example reports [FOLDER]`.
//!
//! Digits with images and a hill, diabetes as a regression, and a race of three ways down.

use std::error::Error;
use std::path::PathBuf;

use downhill::prelude::*;
use downhill_plot::{Recorder, Report, Survey};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    std::fs::create_dir_all(&folder)?;
    for (name, html) in [("digits", digits()?), ("diabetes", diabetes()?), ("race", race()?)] {
        let path = folder.join(name).with_extension("html");
        std::fs::write(&path, html)?;
        println!("{}", path.display());
    }
    Ok(())
}

fn digits() -> Result<String, Box<dyn Error>> {
    let data: Dataset = Bundled::Digits.load()?;
    let (train, test) = data.split_by(&Bundled::Digits.split())?;
    let recorder = Recorder::new();
    let layers = Sequential::new()
        .then(Linear::new(64))
        .then(Activation::Relu)
        .then(Linear::new(32))
        .then(Activation::Relu)
        .then(Linear::new(10));
    let fit = Trainer::new(layers, CrossEntropy::new())
        .optimizer(recorder.watch(AdamW::new(0.005)?))
        .schedule(schedule::Cosine::new)
        .transform(Transform::DivideBy(16.0))
        .validation_fraction(0.15)
        .epochs(30)
        .batch_size(32)
        .seed(1)
        .fit(&train)?;
    let (trace, loss) = (recorder.trace(), CrossEntropy::new());
    let hill = Survey::new(&fit.model, &loss, &train)?.descent("AdamW", &trace).seed(1).measure()?;
    Ok(Report::new("Handwritten digits")
        .model(&fit.model)
        .history(&fit.history)
        .trace(&trace)
        .train(&train)
        .test(&test)
        .hill(&hill)
        .command("downhill train digits --hidden 64,32 --epochs 30 --seed 1")
        .fact("seed", 1)
        .fact("batch size", 32)
        .fact("optimizer", "AdamW, rate 0.005, cosine")
        .html()?)
}

fn diabetes() -> Result<String, Box<dyn Error>> {
    let data: Dataset = Bundled::Diabetes.load()?;
    let (train, test) = data.split_by(&Bundled::Diabetes.split())?;
    let recorder = Recorder::new();
    let layers = Sequential::new().then(Linear::new(16)).then(Activation::Tanh).then(Linear::new(1));
    let fit = Trainer::new(layers, Mse::new())
        .optimizer(recorder.watch(Adam::new(0.01)?))
        .transform(Transform::Standardize)
        .transform_targets(Transform::Standardize)
        .validation_fraction(0.2)
        .early_stopping(EarlyStopping::new(15))
        .epochs(100)
        .batch_size(32)
        .seed(3)
        .fit(&train)?;
    let (trace, loss) = (recorder.trace(), Mse::new());
    let hill = Survey::new(&fit.model, &loss, &train)?.descent("Adam", &trace).measure()?;
    Ok(Report::new("Diabetes")
        .model(&fit.model)
        .history(&fit.history)
        .trace(&trace)
        .train(&train)
        .test(&test)
        .hill(&hill)
        .fact("seed", 3)
        .html()?)
}

/// Three ways down from the same start.
fn race() -> Result<String, Box<dyn Error>> {
    let iris: Dataset = Bundled::Iris.load()?;
    let (train, _) = iris.split_by(&Bundled::Iris.split())?;
    let ways: [(&str, f64, usize); 3] =
        [("gradient descent", 0.0, train.len()), ("SGD", 0.0, 8), ("SGD with momentum", 0.9, 8)];
    let mut runs = Vec::new();
    for (name, momentum, batch) in ways {
        let recorder = Recorder::new();
        let layers = Sequential::new().then(Linear::new(8)).then(Activation::Tanh).then(Linear::new(3));
        let fit = Trainer::new(layers, CrossEntropy::new())
            .optimizer(recorder.watch(GradientDescent::new(0.05)?.momentum(momentum)?))
            .transform(Transform::Standardize)
            .epochs(300 * batch / train.len())
            .batch_size(batch)
            .seed(2)
            .fit(&train)?;
        runs.push((name, fit.model, recorder.trace()));
    }
    let loss = CrossEntropy::new();
    let mut survey = Survey::new(&runs[2].1, &loss, &train)?;
    for (name, _, trace) in &runs {
        survey = survey.descent(*name, trace);
    }
    Ok(Report::<f32>::new("Three ways down").hill(&survey.measure()?).html()?)
}
