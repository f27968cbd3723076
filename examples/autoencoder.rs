//! A convolutional autoencoder on handwritten digits: `cargo run --release --example autoencoder [seed]`.
//!
//! Each image of 64 pixels goes through 10 numbers and comes out again. Printed are a few that were not learned from, each
//! beside what became of it.

use std::error::Error;

use downhill::prelude::*;

/// The side of an image.
const SIDE: usize = 8;
/// The images that are shown side by side.
const SHOWN: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let seed = std::env::args().nth(1).map_or(Ok(1), |seed| seed.parse())?;
    let digits: Dataset = Bundled::Digits.load()?;
    // What is to come out is what goes in.
    let pixels = digits.inputs().map(|x| x / 16.0);
    let images = Dataset::new(pixels.clone(), pixels)?;
    let (train, test) = images.split_by(&Bundled::Digits.split())?;

    let encoder = Sequential::new()
        .then(Reshape::new([1, SIDE, SIDE]))
        .then(Conv2d::new(16, 3).stride(2).padding(1)) // [16, 4, 4]
        .then(Activation::Relu)
        .then(Conv2d::new(32, 3).stride(2).padding(1)) // [32, 2, 2]
        .then(Activation::Relu)
        .then(Flatten)
        .then(Linear::new(10));
    let decoder = Sequential::new()
        .then(Linear::new(128))
        .then(Activation::Relu)
        .then(Reshape::new([32, 2, 2]))
        .then(ConvTranspose2d::new(16, 4).stride(2).padding(1)) // [16, 4, 4]
        .then(Activation::Relu)
        .then(ConvTranspose2d::new(1, 4).stride(2).padding(1)) // [1, 8, 8]
        .then(Activation::Sigmoid)
        .then(Flatten);

    let fit = Trainer::new(Sequential::new().then(encoder).then(decoder), Mse::new())
        .optimizer(Adam::new(0.003)?)
        .epochs(40)
        .batch_size(32)
        .seed(seed)
        .callback(Progress::new().every(10))
        .fit(&train)?;

    let before = test.inputs().rows(0..SHOWN)?;
    let after = fit.model.predict(&before)?;
    println!("\ndigits, and what is left of them after 10 numbers:\n");
    for (before, after) in before.as_slice().chunks(SIDE * SIDE).zip(after.as_slice().chunks(SIDE * SIDE)) {
        for (before, after) in before.chunks(SIDE).zip(after.chunks(SIDE)) {
            println!("  {}   {}", shades(before), shades(after));
        }
        println!();
    }
    println!("{}", fit.model.evaluate(&test)?);
    Ok(())
}

/// A row of pixels from 0 to 1, two characters each.
fn shades(row: &[f32]) -> String {
    let shade = |&x: &f32| [' ', '░', '▒', '▓', '█'][(x * 4.99).clamp(0.0, 4.0) as usize];
    row.iter().flat_map(|x| [shade(x); 2]).collect()
}
