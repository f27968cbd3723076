//! A text learned character by character with an LSTM, which prints what it would write as it learns:
//! `cargo run --release --example char_lstm -- [FILE] [STEPS]`. Without a file it reads Romeo and Juliet.

mod characters;

use std::error::Error;

use downhill::prelude::*;

use characters::{Text, learn};

fn main() -> Result<(), Box<dyn Error>> {
    let text = Text::from_arguments(2400)?;
    let layers = Sequential::new()
        .then(Embedding::new(text.characters(), 32))
        .then(Lstm::new(128).layers(2).dropout(0.1)?)
        .then(Linear::new(text.characters()));
    learn(&text, layers, Adam::new(5e-3)?)
}
