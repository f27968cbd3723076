//! IDX files: what they become, and what is said of those that are wrong.

use downhill_data::{Error, idx};
use downhill_tensor::Tensor;
use proptest::prelude::*;

use crate::folder::Folder;

fn file(code: u8, lengths: &[u32], payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, code, lengths.len() as u8];
    bytes.extend(lengths.iter().flat_map(|length| length.to_be_bytes()));
    bytes.extend(payload);
    bytes
}

fn read(bytes: &[u8]) -> Result<Tensor<f64>, Error> {
    idx::from_reader(bytes, "f")
}

fn labels(bytes: &[u8]) -> Result<Tensor<usize>, Error> {
    idx::labels_from_reader(bytes, "f")
}

#[test]
fn every_number_type() -> Result<(), Error> {
    let bytes = |numbers: &[f64], code| -> Vec<u8> {
        let one = |&x: &f64| match code {
            0x08 => (x as u8).to_be_bytes().to_vec(),
            0x09 => (x as i8).to_be_bytes().to_vec(),
            0x0b => (x as i16).to_be_bytes().to_vec(),
            0x0c => (x as i32).to_be_bytes().to_vec(),
            0x0d => (x as f32).to_be_bytes().to_vec(),
            _ => x.to_be_bytes().to_vec(),
        };
        file(code, &[2, 1], &numbers.iter().flat_map(one).collect::<Vec<u8>>())
    };
    for (code, numbers) in [
        (0x08, [0.0, 255.0]),
        (0x09, [-128.0, 127.0]),
        (0x0b, [-32768.0, 258.0]),
        (0x0c, [-2147483648.0, 16909060.0]),
        (0x0d, [-1.5e30_f32 as f64, 0.1_f32 as f64]),
        (0x0e, [-1.5e300, 0.1]),
    ] {
        assert_eq!(read(&bytes(&numbers, code))?, Tensor::new([2, 1], numbers.to_vec())?, "{code}");
    }
    Ok(())
}

#[test]
fn what_is_wrong_is_said() {
    for (bytes, expected) in [
        (vec![], "f is not an IDX file: it starts with []"),
        (vec![0, 0, 8], "f is not an IDX file: it starts with [00, 00, 08]"),
        (b"x,y\n1,2".to_vec(), "f is not an IDX file: it starts with [78, 2c, 79, 0a]"),
        (file(0x0a, &[1], &[1]), "f is not an IDX file: it starts with [00, 00, 0a, 01]"),
        (file(8, &[], &[1]), "f is not an IDX file: it has 0 axes, not 1 to 8"),
        (file(8, &[1; 9], &[1]), "f is not an IDX file: it has 9 axes, not 1 to 8"),
        (file(8, &[3, 3], &[])[..9].to_vec(), "f: the header promises 12 bytes, but there are 9"),
        (file(8, &[2, 3], &[0; 5]), "f: the header promises 18 bytes, but there are 17"),
        (file(0x0e, &[2], &[0; 15]), "f: the header promises 24 bytes, but there are 23"),
        (file(8, &[2, 3], &[0; 9]), "f: the header promises 18 bytes, but there are at least 19"),
        (file(8, &[u32::MAX], &[7]), "f: the header promises 4294967303 bytes, but there are 9"),
        (file(8, &[u32::MAX; 3], &[7]), "f: shape [4294967295, 4294967295, 4294967295] is too large"),
        (file(0x0e, &[u32::MAX, 1 << 29], &[7]), "f: shape [4294967295, 536870912] is too large"),
    ] {
        assert_eq!(read(&bytes).unwrap_err().to_string(), expected);
        assert_eq!(labels(&bytes).unwrap_err().to_string(), expected);
    }
    for (bytes, expected) in [
        (file(9, &[2], &[3, 0xff]), "f: element 1 is -1, which is no label"),
        (file(0x0d, &[1], &0.5_f32.to_be_bytes()), "f: element 0 is 0.5, which is no label"),
        (file(8, &[1, 1], &[3]), "f: labels need 1 axes, but the shape is [1, 1]"),
    ] {
        assert_eq!(labels(&bytes).unwrap_err().to_string(), expected);
    }
}

#[test]
fn nothing_is_a_number_too() -> Result<(), Error> {
    assert_eq!(read(&file(8, &[0, 28, 28], &[]))?.shape(), [0, 28, 28]);
    assert_eq!(labels(&file(8, &[0], &[]))?.shape(), [0]);
    Ok(())
}

#[test]
fn a_folder_like_mnist() -> Result<(), Error> {
    let folder = Folder::new("mnist");
    let missing = idx::mnist::<f32>(&folder.0).unwrap_err();
    assert!(matches!(missing, Error::Missing { file: "train-images-idx3-ubyte", .. }), "{missing}");

    folder.write("train-images-idx3-ubyte", file(8, &[3, 1, 2], &[1, 2, 3, 4, 5, 255]));
    folder.write("train-labels-idx1-ubyte", file(8, &[3], &[0, 3, 1]));
    folder.write("t10k-images-idx3-ubyte", file(8, &[1, 1, 2], &[7, 8]));
    folder.write("t10k-labels-idx1-ubyte", file(8, &[1], &[2]));
    let (train, test) = idx::mnist::<f32>(&folder.0)?;
    assert_eq!(train.inputs().shape(), [3, 1, 1, 2]);
    assert_eq!(train.inputs().as_slice(), [1.0, 2.0, 3.0, 4.0, 5.0, 255.0]);
    assert_eq!(train.labels()?.as_slice(), [0, 3, 1]);
    assert_eq!((test.len(), test.classes()), (1, Some(4)));
    assert_eq!(test.class_names(), ["0", "1", "2", "3"]);

    folder.write("t10k-labels-idx1-ubyte", file(8, &[2], &[2, 2]));
    assert_eq!(idx::mnist::<f32>(&folder.0).unwrap_err().to_string(), "there are 1 inputs, but 2 targets");
    folder.write("t10k-images-idx3-ubyte", file(8, &[1, 2], &[7, 8]));
    let flat = idx::mnist::<f32>(&folder.0).unwrap_err().to_string();
    assert!(flat.ends_with("images need 3 axes, but the shape is [1, 2]"), "{flat}");
    Ok(())
}

#[cfg(feature = "gzip")]
mod gzip {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn compressed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn compressed_files_read_alike() -> Result<(), Error> {
        let plain = file(8, &[2, 2], &[1, 2, 3, 4]);
        assert_eq!(read(&compressed(&plain))?, read(&plain)?);

        let folder = Folder::new("gzip");
        for (name, bytes) in [
            ("train-images-idx3-ubyte.gz", file(8, &[1, 1, 1], &[9])),
            ("train-labels-idx1-ubyte.gz", file(8, &[1], &[1])),
            ("t10k-images-idx3-ubyte.gz", file(8, &[1, 1, 1], &[9])),
            ("t10k-labels-idx1-ubyte.gz", file(8, &[1], &[0])),
        ] {
            folder.write(name, compressed(&bytes));
        }
        assert_eq!(idx::mnist::<f32>(&folder.0)?.0.labels()?.as_slice(), [1]);
        Ok(())
    }

    #[test]
    fn a_bomb_is_not_unpacked() {
        let bomb = compressed(&file(8, &[10], &vec![0; 64 << 20]));
        assert!(bomb.len() < 100_000);
        let expected = "f: the header promises 18 bytes, but there are at least 19";
        assert_eq!(read(&bomb).unwrap_err().to_string(), expected);
    }

    #[test]
    fn a_wrong_checksum_and_a_cut_are_found() {
        let mut bytes = compressed(&file(8, &[4], &[1, 2, 3, 4]));
        let cut = read(&bytes[..bytes.len() - 9]).unwrap_err();
        assert!(matches!(cut, Error::ArrayLength { expected: 12, .. } | Error::Read { .. }), "{cut}");
        let checksum = bytes.len() - 8;
        bytes[checksum] ^= 1;
        let damaged = read(&bytes).unwrap_err();
        assert!(matches!(damaged, Error::Read { .. }), "{damaged}");
    }
}

#[test]
#[cfg(not(feature = "gzip"))]
fn compressed_files_are_named() {
    let expected = "f is compressed with gzip: build with the feature `gzip` for it";
    assert_eq!(read(&[0x1f, 0x8b, 8, 0]).unwrap_err().to_string(), expected);
}

proptest! {
    #[test]
    fn round_trip(lengths in prop::collection::vec(0_u32..4, 1..=8), seed: u8) {
        let count = lengths.iter().product::<u32>() as usize;
        let byte = |place: usize| (place as u8).wrapping_mul(31).wrapping_add(seed);
        let payload: Vec<u8> = (0..count).map(byte).collect();
        let read = idx::from_reader::<f32>(&file(8, &lengths, &payload)[..], "f")?;
        prop_assert!(read.shape().iter().zip(&lengths).all(|(&a, &b)| a == b as usize));
        prop_assert!(read.as_slice().iter().zip(&payload).all(|(&a, &b)| a == f32::from(b)));
    }
}
