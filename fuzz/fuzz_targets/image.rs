//! A PNG or JPEG file.
#![no_main]

use downhill::data::images;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    for channels in [1, 3] {
        if let Ok(image) = images::from_bytes::<f32>(bytes, "f", channels) {
            assert!(image.as_slice().iter().all(|x| (0.0..=255.0).contains(x)));
        }
    }
});
