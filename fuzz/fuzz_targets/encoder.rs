//! A stored encoder, applied to a table.
#![no_main]

use bincode::Options;
use downhill::data::Encoder;
use downhill::prelude::*;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let stored = bincode::DefaultOptions::new().with_fixint_encoding().with_limit(bytes.len() as u64);
    let Ok(encoder) = stored.deserialize::<Encoder>(bytes) else { return };
    let text = "c,s,x,y\na,S,1,0\nb,L,,1\n";
    let table = Table::from_reader(text.as_bytes(), "f").unwrap();
    let _ = encoder.dataset::<f32>(&table);
    let _ = encoder.inputs::<f64>(&table);
});
