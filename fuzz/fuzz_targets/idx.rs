//! An IDX file, as numbers and as labels.
#![no_main]

use downhill::data::idx;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = idx::from_reader::<f32>(bytes, "f");
    let _ = idx::labels_from_reader(bytes, "f");
});
