//! What a model file holds behind its header and checksum, and what such a model answers.
#![no_main]

use bincode::Options;
use downhill::prelude::*;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let stored = bincode::DefaultOptions::new().with_fixint_encoding().with_limit(bytes.len() as u64);
    let Ok(model) = stored.deserialize::<Model>(bytes) else { return };
    let shape = model.input();
    if shape.elements() <= 1 << 16 && shape.len() < 8 {
        let inputs = Tensor::ones(shape.prepend(2).unwrap());
        let _ = model.predict(&inputs);
        let _ = model.predict_proba(&inputs);
    }
});
