//! What is trained here runs in PyTorch: `cargo run --release --example pytorch -- FOLDER`, then
//! `python examples/pytorch.py FOLDER`.
//!
//! Trains three small networks on handwritten digits and writes, for each, its parameters as PyTorch names and lays them
//! out (`NAME.safetensors`) and what it answers to some images (`NAME.npz`). The Python program loads them into
//! PyTorch's own layers with `strict=True` and compares the answers. The way back is `state_dict::load`.

use std::error::Error;
use std::fs;
use std::path::PathBuf;

use downhill::data::{Array, Arrays, npz};
use downhill::prelude::*;
use downhill::tensor::Shape;
use downhill::train::state_dict;

/// The side of an image.
const SIDE: usize = 8;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("name a folder to write to")?);
    fs::create_dir_all(&folder)?;
    let digits: Dataset = Bundled::Digits.load()?;
    // Scaled here, since a transform is a part of a model but not of its parameters.
    let digits = digits.with_inputs(digits.inputs().map(|x| x / 16.0))?;
    let (train, test) = digits.split_by(&Bundled::Digits.split())?;

    let mlp = Sequential::new()
        .then(Linear::new(64))
        .then(LayerNorm::new())
        .then(Activation::Gelu)
        .then(Linear::new(10));
    // Each image is one channel; a batch normalisation's statistics travel too.
    let cnn = Sequential::new()
        .then(Conv2d::new(8, 3).padding(1))
        .then(BatchNorm2d::new())
        .then(Activation::Relu)
        .then(MaxPool2d::new(2))
        .then(Conv2d::new(16, 3).padding(1))
        .then(Activation::Relu)
        .then(Flatten)
        .then(Linear::new(10));
    // Each image is a sequence of its lines.
    let lstm =
        Sequential::new().then(Lstm::new(32).layers(2).bidirectional()).then(Flatten).then(Linear::new(10));

    for (name, layers, sample) in
        [("mlp", mlp, vec![SIDE * SIDE]), ("cnn", cnn, vec![1, SIDE, SIDE]), ("lstm", lstm, vec![SIDE, SIDE])]
    {
        let sample = Shape::new(&sample)?;
        let (train, test) = (train.with_sample_shape(sample)?, test.with_sample_shape(sample)?);
        let trainer = Trainer::new(layers, CrossEntropy::new()).optimizer(Adam::new(0.003)?);
        let model = trainer.epochs(5).seed(1).fit(&train)?.model;
        let images = test.inputs().rows(0..32)?;
        let mut answers = Arrays::new();
        answers.insert("inputs", Array::new(&images))?;
        answers.insert("outputs", Array::new(&model.predict(&images)?))?;
        npz::write(folder.join(format!("{name}.npz")), &answers)?;
        state_dict::save(folder.join(format!("{name}.safetensors")), model.params())?;
        println!(
            "{name}: {}",
            model.evaluate(&test)?.accuracy().map_or(String::new(), |a| format!("{a:.3} right"))
        );
    }
    Ok(())
}
