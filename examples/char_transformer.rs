//! A text learned character by character with a small causal transformer, which prints what it would write as it learns:
//! `cargo run --release --example char_transformer -- [FILE] [STEPS]`. Without a file it reads Romeo and Juliet.

mod characters;

use std::error::Error;

use downhill::prelude::*;

use characters::{Text, learn};

fn main() -> Result<(), Box<dyn Error>> {
    const WIDTH: usize = 96;
    let text = Text::from_arguments(2400)?;
    let block = || -> Result<_, Box<dyn Error>> {
        let layer = TransformerEncoderLayer::new(4, 4 * WIDTH).pre_norm().causal();
        Ok(layer.activation(Activation::Gelu).dropout(0.1)?)
    };
    let layers = Sequential::new()
        .then(Embedding::new(text.characters(), WIDTH))
        .then(LearnedPositions::new())
        .then(block()?)
        .then(block()?)
        .then(LayerNorm::new())
        .then(Linear::new(text.characters()));
    learn(&text, layers, AdamW::new(3e-3)?.weight_decay(0.1)?.decay_matrices_only())
}
