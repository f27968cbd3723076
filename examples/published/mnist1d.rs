//! MNIST-1D (Greydanus & Kobak 2024): what each architecture assumes of its input, and what becomes of it when the
//! positions are shuffled.

use std::error::Error;
use std::path::Path;

use downhill::data::npz;
use downhill::nn::AnyLayer;
use downhill::prelude::*;
use downhill::tensor::random::generator;

use super::{Bar, Figure, Part, Row};

/// The network, the learning rate and the epochs of a row.
type Setup = fn() -> Result<(AnyLayer, f64, usize), Box<dyn Error>>;

pub(crate) fn rows() -> Vec<Row> {
    let row = |name: &str, published, bar, setup: Setup| {
        let shuffled = name.ends_with("shuffled");
        Row {
            name: format!("mnist1d-{name}"),
            measure: "test accuracy, %",
            published,
            bar,
            runs: 3,
            prepare: Box::new(move |folder, part| {
                prepare(&folder.join("mnist1d/mnist1d.npz"), part, shuffled, setup)
            }),
        }
    };
    vec![
        row("logistic", "32", Bar::Within(32.0, 2.0), logistic),
        row("mlp", "68", Bar::AtLeast(68.0), mlp),
        row("cnn", "94", Bar::AtLeast(94.0), cnn),
        row("gru", "91", Bar::AtLeast(91.0), gru),
        row("mlp-shuffled", "68", Bar::AtLeast(68.0), mlp),
        // About the MLP's level or below: without neighbours, a convolution has nothing to go by.
        row("cnn-shuffled", "56", Bar::AtMost(70.0), cnn),
    ]
}

fn logistic() -> Result<(AnyLayer, f64, usize), Box<dyn Error>> {
    Ok((AnyLayer::new(Linear::new(10)), 0.01, 100))
}

fn mlp() -> Result<(AnyLayer, f64, usize), Box<dyn Error>> {
    let hidden = |layers: Sequential| layers.then(Linear::new(256)).then(Activation::Gelu);
    let layers = hidden(hidden(Sequential::new())).then(Dropout::new(0.3)?).then(Linear::new(10));
    Ok((AnyLayer::new(layers), 0.004, 60))
}

fn cnn() -> Result<(AnyLayer, f64, usize), Box<dyn Error>> {
    let block = |layers: Sequential, stride| {
        let conv = Conv1d::new(32, 5).padding(2).stride(stride).without_bias();
        layers.then(conv).then(BatchNorm1d::new()).then(Activation::Relu)
    };
    let features = block(block(block(Sequential::new().then(Reshape::new([1, 40])), 1), 2), 2);
    let layers = features.then(Flatten).then(Dropout::new(0.3)?).then(Linear::new(10));
    Ok((AnyLayer::new(layers), 0.003, 60))
}

fn gru() -> Result<(AnyLayer, f64, usize), Box<dyn Error>> {
    let layers = Sequential::new().then(Reshape::new([40, 1])).then(Gru::new(64).bidirectional());
    let layers = layers.then(Flatten).then(Dropout::new(0.3)?).then(Linear::new(10));
    Ok((AnyLayer::new(layers), 0.003, 60))
}

fn prepare(file: &Path, part: Part, shuffled: bool, setup: Setup) -> Result<Figure, Box<dyn Error>> {
    let arrays = npz::read(file)?;
    let set = |inputs: &str, labels: &str| -> Result<Dataset, Box<dyn Error>> {
        let mut inputs: Tensor = arrays.numbers(inputs)?;
        if shuffled {
            // One order for all rows: that of random numbers.
            let positions = inputs.shape()[1];
            let keys = Tensor::<f64>::uniform([positions], 0.0, 1.0, &mut generator(7, 0))?;
            let mut order: Vec<usize> = (0..positions).collect();
            order.sort_by(|&a, &b| keys.as_slice()[a].total_cmp(&keys.as_slice()[b]));
            inputs = inputs.index_select(1, &order)?;
        }
        Ok(Dataset::new(inputs, arrays.labels(labels)?)?)
    };
    let (train, test) = part.of(set("x", "y")?, set("x_test", "y_test")?)?;
    Ok(Box::new(move |seed| {
        let (layers, rate, epochs) = setup()?;
        let fit = Trainer::new(layers, CrossEntropy::new())
            .optimizer(AdamW::new(rate)?.weight_decay(0.05)?)
            .schedule(schedule::Cosine::new)
            .transform(Transform::Standardize)
            .epochs(epochs)
            .batch_size(64)
            .seed(seed + 1)
            .threads(1)
            .fit(&train)?;
        Ok(100.0 * fit.model.evaluate(&test)?.accuracy().ok_or("no accuracy")?)
    }))
}
