use bincode::Options;
use downhill_tensor::{Shape, Tensor};
use proptest::prelude::*;

use crate::*;

/// Bincode with a limit, so that a corrupted length cannot ask for all memory there is.
fn decode<T: for<'de> ::serde::Deserialize<'de>>(bytes: &[u8]) -> bincode::Result<T> {
    bincode::options().with_fixint_encoding().with_limit(1 << 20).deserialize(bytes)
}

fn encode<T: ::serde::Serialize>(value: &T) -> Vec<u8> {
    bincode::options().with_fixint_encoding().serialize(value).unwrap()
}

proptest! {
    #[test]
    fn round_trip(shape in shapes(), seed in 0usize..100) {
        let x = whole(shape, seed);
        prop_assert_eq!(decode::<Tensor<f64>>(&encode(&x)).unwrap(), x);
    }

    #[test]
    fn corruption_is_an_error_or_another_tensor(place in 0usize..64, value: u8) {
        let mut bytes = encode(&whole(Shape::from([2, 2]), 0));
        bytes[place] = value;
        if let Ok(x) = decode::<Tensor<f64>>(&bytes) {
            prop_assert_eq!(x.as_slice().len(), x.shape().elements());
        }
    }
}

#[test]
fn a_window_keeps_its_own_elements_only() {
    let x = Tensor::from_rows(&[[1.0, 2.0], [3.0, 4.0]]).rows(1..2).unwrap();
    assert_eq!(encode(&x), encode(&Tensor::from_rows(&[[3.0, 4.0]])));
}

#[test]
fn corrupted_lengths() {
    let bytes = encode(&Tensor::vector([1.0f64, 2.0]));
    // The number of axes, the length of the axis, the number of elements: eight bytes each.
    for (field, value) in
        [(0, 9u64), (0, u64::MAX), (1, 3), (1, u64::MAX), (2, 1), (2, 3), (2, u64::MAX), (2, 1 << 40)]
    {
        let mut bytes = bytes.clone();
        bytes[8 * field..8 * field + 8].copy_from_slice(&value.to_le_bytes());
        assert!(decode::<Tensor<f64>>(&bytes).is_err(), "field {field} as {value}");
    }
    assert!(decode::<Tensor<f64>>(&bytes[..bytes.len() - 1]).is_err());
}
