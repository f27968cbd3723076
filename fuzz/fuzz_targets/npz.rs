//! An NPZ file.
#![no_main]

use downhill::data::npz;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(arrays) = npz::from_bytes(bytes, "f", 1 << 24) else { return };
    for (_, array) in arrays.iter() {
        let _ = array.numbers::<f32>();
        let _ = array.labels();
    }
});
