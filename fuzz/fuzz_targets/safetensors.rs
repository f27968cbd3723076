//! A safetensors file; what is read is written and read again.
#![no_main]

use downhill::data::safetensors;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(arrays) = safetensors::from_bytes(bytes.to_vec(), "f") else { return };
    let again = safetensors::from_bytes(safetensors::to_bytes(&arrays).unwrap(), "f").unwrap();
    assert_eq!(again.metadata(), arrays.metadata());
    for (name, array) in arrays.iter() {
        let _ = array.labels();
        assert_eq!(again.get(name).unwrap().shape(), array.shape());
        let _ = array.numbers::<f32>();
    }
});
