//! MNIST (LeCun et al. 1998).

use std::error::Error;
use std::path::Path;

use downhill::data::idx;
use downhill::prelude::*;

use super::{Bar, Figure, Part, Row};

pub(crate) fn rows() -> Vec<Row> {
    let row = |name: &str, published, most, setup: Setup| Row {
        name: name.into(),
        measure: "test error, %",
        published,
        bar: Bar::AtMost(most),
        runs: 3,
        prepare: Box::new(move |folder, part| prepare(&folder.join("mnist"), part, setup)),
    };
    vec![
        row("mnist-784-300-10-mse", "4.7 (LeCun et al. 1998)", 4.7, |train| {
            // Without classes the outputs are values, and the prediction is the greatest of them.
            Ok((trainer(dense(300, 0.0)?, Mse::new())?.epochs(15), train.one_hot()?))
        }),
        row("mnist-784-800-10", "1.6 (Simard et al. 2003)", 1.6, |train| {
            Ok((trainer(dense(800, 0.3)?, CrossEntropy::new())?.epochs(15), train))
        }),
        row("mnist-lenet", "0.95 (LeCun et al. 1998)", 0.95, |train| {
            let optimizer = Sgd::new(0.05)?.momentum(0.9)?.weight_decay(5e-4)?;
            Ok((trainer(lenet()?, CrossEntropy::new())?.optimizer(optimizer).epochs(15), train))
        }),
    ]
}

fn dense(hidden: usize, dropout: f64) -> Result<Sequential, Box<dyn Error>> {
    let hidden = Sequential::new().then(Flatten).then(Linear::new(hidden)).then(Activation::Relu);
    Ok(hidden.then(Dropout::new(dropout)?).then(Linear::new(10)))
}

/// LeNet-5 with relu, max-pooling and dropout.
fn lenet() -> Result<Sequential, Box<dyn Error>> {
    let features = Sequential::new()
        .then(Conv2d::new(6, 5).padding(2))
        .then(Activation::Relu)
        .then(MaxPool2d::new(2))
        .then(Conv2d::new(16, 5))
        .then(Activation::Relu)
        .then(MaxPool2d::new(2))
        .then(Flatten)
        .then(Dropout::new(0.3)?);
    let classes = features.then(Linear::new(120)).then(Activation::Relu).then(Dropout::new(0.3)?);
    Ok(classes.then(Linear::new(84)).then(Activation::Relu).then(Linear::new(10)))
}

fn trainer(layers: Sequential, loss: impl Loss + 'static) -> Result<Trainer, Box<dyn Error>> {
    Ok(Trainer::new(layers, loss)
        .optimizer(GradientDescent::new(0.1)?.momentum(0.9)?)
        .schedule(schedule::Cosine::new)
        .transform(Transform::DivideBy(255.0))
        .batch_size(100)
        .threads(1))
}

/// A trainer and the data set in the form that it takes.
type Setup = fn(Dataset) -> Result<(Trainer, Dataset), Box<dyn Error>>;

fn prepare(folder: &Path, part: Part, setup: Setup) -> Result<Figure, Box<dyn Error>> {
    let (train, test) = idx::mnist::<f32>(folder)?;
    let (train, test) = part.of(train, test)?;
    Ok(Box::new(move |seed| {
        let (trainer, train) = setup(train.clone())?;
        let fit = trainer.seed(seed + 1).fit(&train)?;
        let predicted = fit.model.predict(test.inputs())?.argmax(1)?;
        let answers = predicted.as_slice().iter().zip(test.labels()?.as_slice());
        Ok(100.0 * answers.filter(|(a, b)| a != b).count() as f64 / test.len() as f64)
    }))
}
