//! A stored transform, applied and inverted.
#![no_main]

use bincode::Options;
use downhill::data::Fitted;
use downhill::prelude::*;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let stored = bincode::DefaultOptions::new().with_fixint_encoding().with_limit(bytes.len() as u64);
    let Ok(fitted) = stored.deserialize::<Fitted>(bytes) else { return };
    for width in [0, 1, 2, fitted.features().unwrap_or(3)] {
        let samples = Tensor::<f64>::ones([2, width]);
        let _ = fitted.apply(&samples);
        let _ = fitted.inverse(&samples);
    }
});
