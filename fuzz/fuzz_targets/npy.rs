//! An NPY file, as numbers and as labels; what is read is written and read again.
#![no_main]

use downhill::data::{Arrays, npy, npz};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(array) = npy::from_reader(bytes, "f") else { return };
    let _ = array.labels();
    let numbers = array.numbers::<f64>().unwrap();
    let mut arrays = Arrays::new();
    arrays.insert("x", array).unwrap();
    let again = npz::from_bytes(&npz::to_bytes(&arrays).unwrap(), "f", u64::MAX).unwrap();
    let again = again.numbers::<f64>("x").unwrap();
    let same = |(a, b): (&f64, &f64)| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan();
    assert!(again.shape() == numbers.shape() && again.as_slice().iter().zip(numbers.as_slice()).all(same));
});
