//! NPY, NPZ and safetensors files: what they become, and what is said of those that are wrong.

use downhill_data::{Array, Arrays, Dtype, Error, npy};
use downhill_tensor::Tensor;
use proptest::prelude::*;

use crate::folder::Folder;

/// A file of version 1.
fn npy_file(header: &str, elements: &[u8]) -> Vec<u8> {
    let length = (header.len() as u16).to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), elements].concat()
}

fn read(bytes: &[u8]) -> Result<Tensor<f64>, Error> {
    npy::from_reader(bytes, "f")?.numbers()
}

/// Named arrays of numbers and of labels.
pub(crate) fn two_arrays() -> Arrays {
    let mut arrays = Arrays::new();
    arrays.insert("x", Array::new(&Tensor::from_rows(&[[1.5_f32, -2.0, 3.0]]))).unwrap();
    arrays.insert("y", Array::of_labels(&Tensor::vector([3, 0]))).unwrap();
    arrays
}

#[test]
fn every_number_type_in_both_byte_orders() -> Result<(), Error> {
    fn both(number: &[u8]) -> [Vec<u8>; 2] {
        [number.to_vec(), number.iter().rev().copied().collect()]
    }
    for (kind, little, expected) in [
        ("b1", vec![2], 1.0),
        ("u1", vec![200], 200.0),
        ("i1", vec![200], -56.0),
        ("u2", 65535_u16.to_le_bytes().to_vec(), 65535.0),
        ("i2", (-2_i16).to_le_bytes().to_vec(), -2.0),
        ("u4", (1_u32 << 31).to_le_bytes().to_vec(), 2147483648.0),
        ("i4", (-9_i32).to_le_bytes().to_vec(), -9.0),
        ("u8", (1_u64 << 63).to_le_bytes().to_vec(), 2_f64.powi(63)),
        ("i8", (-9_i64).to_le_bytes().to_vec(), -9.0),
        ("f2", 0x3c00_u16.to_le_bytes().to_vec(), 1.0),
        ("f4", 0.1_f32.to_le_bytes().to_vec(), f64::from(0.1_f32)),
        ("f8", 0.1_f64.to_le_bytes().to_vec(), 0.1),
    ] {
        for (order, bytes) in ["<", ">"].into_iter().zip(both(&little)) {
            let header = format!("{{'descr': '{order}{kind}', 'fortran_order': False, 'shape': (), }}");
            assert_eq!(read(&npy_file(&header, &bytes))?, Tensor::scalar(expected), "{order}{kind}");
        }
    }
    Ok(())
}

#[test]
fn fortran_order_and_ways_of_writing_a_header() -> Result<(), Error> {
    for (header, elements, expected) in [
        ("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }", 6, vec![0., 2., 4., 1., 3., 5.]),
        ("{\"shape\":(2,3),\"descr\":\"|u1\",\"fortran_order\":False}   \n", 6, vec![0., 1., 2., 3., 4., 5.]),
        ("{'descr': '|u1', 'fortran_order': True, 'shape': (1L, 2L, 2L), }", 4, vec![0., 2., 1., 3.]),
        ("{'descr': '|u1', 'fortran_order': True, 'shape': (3,), }", 3, vec![0., 1., 2.]),
    ] {
        let elements: Vec<u8> = (0..elements).collect();
        assert_eq!(read(&npy_file(header, &elements))?.as_slice(), expected, "{header}");
    }
    Ok(())
}

#[test]
fn what_is_wrong_with_npy_is_said() {
    let header = |descr: &str, shape: &str| {
        format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}")
    };
    let plain = |descr: &str, shape: &str| npy_file(&header(descr, shape), &[0; 8]);
    for (bytes, expected) in [
        (vec![], "f is not an NPY file: it starts with []"),
        (b"PK\x03\x04 and more".to_vec(), "f is not an NPY file: it starts with [50, 4b, 03, 04, 20, 61]"),
        (b"\x93NUMPY\x04\x00".to_vec(), "f is not an NPY file: version 4.0 is unknown"),
        (b"\x93NUMPY\x01\x00\x10".to_vec(), "f is not an NPY file: it ends in the header"),
        (
            npy_file(&header("'<f8'", "(1,)"), &[])[..40].to_vec(),
            "f is not an NPY file: it ends in the header",
        ),
        (
            b"\x93NUMPY\x02\x00\xff\xff\xff\xff{}".to_vec(),
            "f is not an NPY file: the header has 4294967295 bytes, more than 65536",
        ),
        (npy_file("", &[]), "f is not an NPY file: \"{\" is missing at byte 10"),
        (npy_file("{}", &[]), "f is not an NPY file: key \"descr\" is missing at byte 12"),
        (npy_file("{'a': 1}", &[]), "f is not an NPY file: unknown key \"a\" at byte 15"),
        (
            npy_file("{'shape': (1,), 'shape': (1,)}", &[]),
            "f is not an NPY file: key \"shape\" occurs twice at byte 39",
        ),
        (
            plain("'<c16'", "(1,)"),
            "f is not an NPY file: the elements are complex numbers, \"<c16\" at byte 26",
        ),
        (plain("'|O'", "(1,)"), "f is not an NPY file: the elements are Python objects, \"|O\" at byte 24"),
        (plain("'<U5'", "(1,)"), "f is not an NPY file: the elements are text, \"<U5\" at byte 25"),
        (
            plain("'<M8[ns]'", "(1,)"),
            "f is not an NPY file: the elements are dates or times, \"<M8[ns]\" at byte 29",
        ),
        (
            plain("'<f3'", "(1,)"),
            "f is not an NPY file: the elements are of an unknown type, \"<f3\" at byte 25",
        ),
        (plain("'|f4'", "(2,)"), "f is not an NPY file: \"|f4\" has no byte order at byte 25"),
        (
            plain("[('a', '<f4')]", "(2,)"),
            "f is not an NPY file: the elements are no plain numbers but records at byte 19",
        ),
        (plain("'<f8'", "(-1,)"), "f is not an NPY file: an axis has no length that can be at byte 61"),
        (
            plain("'<f8'", "(1, 1, 1, 1, 1, 1, 1, 1, 1)"),
            "f is not an NPY file: there are more than 8 axes at byte 84",
        ),
        (
            plain("'<f8'", "(18446744073709551616,)"),
            "f is not an NPY file: an axis has no length that can be at byte 61",
        ),
        (plain("'<f8'", "(2,)"), "f: the header promises 83 bytes, but there are 75"),
        (plain("'<f4'", "(1,)"), "f: the header promises 71 bytes, but there are at least 72"),
        (plain("'<f8'", "(4294967296, 4294967296)"), "f: shape [4294967296, 4294967296] is too large"),
        (plain("'<f8'", "(0, 4294967296, 4294967296)"), "f: shape [0, 4294967296, 4294967296] is too large"),
        // Enough for the address space, not for the machine: what is not there is not allocated either.
        (plain("'<f8'", "(1099511627776,)"), "f: the header promises 8796093022287 bytes, but there are 87"),
    ] {
        let error = read(&bytes).unwrap_err().to_string();
        assert_eq!(error, expected);
    }
    let labels = npy::from_reader(&plain("'<f8'", "(1,)")[..], "f").unwrap().labels();
    assert_eq!(labels.unwrap().as_slice(), [0]);
}

#[test]
fn npy_files_are_written_and_read() -> Result<(), Error> {
    let folder = Folder::new("npy");
    let path = folder.0.join("x.npy");
    for shape in [vec![], vec![0], vec![3], vec![2, 3], vec![2, 1, 2, 1, 3]] {
        let shape: downhill_tensor::Shape = shape.as_slice().try_into()?;
        let x = Tensor::from_fn(shape, |place| place as f64 / 3.0);
        npy::write(&path, &x)?;
        assert_eq!(npy::read::<f64>(&path)?, x);
        npy::write(&path, &x.cast::<f32>())?;
        assert_eq!(npy::open(&path)?.dtype(), Dtype::F32);
        assert_eq!(npy::read::<f32>(&path)?, x.cast());
    }
    npy::write_labels(&path, &Tensor::vector([1, 0, usize::MAX >> 1]))?;
    assert_eq!(npy::read_labels(&path)?.as_slice(), [1, 0, usize::MAX >> 1]);
    npy::write(&path, &Tensor::from_rows(&[[0.5, 1.0]]))?;
    let error = npy::read_labels(&path).unwrap_err().to_string();
    assert!(error.ends_with("labels need 1 axes, but the shape is [1, 2]"), "{error}");
    assert!(matches!(npy::write(folder.0.join("no/folder"), &Tensor::scalar(1.0)), Err(Error::Write { .. })));
    Ok(())
}

#[test]
fn arrays_have_names() -> Result<(), Error> {
    let mut arrays = two_arrays();
    assert_eq!(arrays.numbers::<f64>("x")?.shape(), [1, 3]);
    for (error, expected) in [
        (arrays.insert("x", Array::new(&Tensor::scalar(1.0))).err(), r#"arrays: array "x" occurs twice"#),
        (arrays.get("xs").err(), r#"arrays: there is no array "xs"; did you mean "x"?"#),
        (arrays.labels("x").err(), r#"arrays: "x": element 0 is 1.5, which is no label"#),
    ] {
        assert_eq!(error.unwrap().to_string(), expected);
    }
    Ok(())
}

/// `np.savez_compressed` of `a = np.zeros(3, "<f4")` with Python's zipfile.
#[cfg(feature = "gzip")]
pub(crate) const DEFLATED: &[u8] = include_bytes!("deflated.npz");

#[cfg(feature = "gzip")]
mod npz {
    use downhill_data::npz;

    use super::*;

    fn written() -> Vec<u8> {
        npz::to_bytes(&two_arrays()).unwrap()
    }

    #[test]
    fn round_trip() -> Result<(), Error> {
        let read = npz::from_bytes(&written(), "f", 1 << 20)?;
        assert_eq!(read.names().collect::<Vec<_>>(), ["x", "y"]);
        assert_eq!(read.numbers::<f32>("x")?, two_arrays().numbers::<f32>("x")?);
        assert_eq!(read.labels("y")?.as_slice(), [3, 0]);
        let deflated = npz::from_bytes(DEFLATED, "f", 1 << 20)?;
        assert_eq!(deflated.numbers::<f32>("a")?, Tensor::zeros([3]));
        Ok(())
    }

    #[test]
    fn what_is_wrong_is_said() {
        let whole = written();
        let place = |text: &[u8], nth: usize| {
            let places = whole.windows(text.len()).enumerate().filter(|(_, window)| *window == text);
            places.map(|(place, _)| place).nth(nth).unwrap()
        };
        let changed = |changes: &[(usize, &[u8])]| {
            let mut bytes = whole.clone();
            for (at, with) in changes {
                bytes[*at..*at + with.len()].copy_from_slice(with);
            }
            bytes
        };
        let (first, second) = (place(b"PK\x01\x02", 0), place(b"PK\x01\x02", 1));
        let end = place(b"PK\x05\x06", 0);
        for (bytes, expected) in [
            (b"not an archive".to_vec(), "its directory is missing"),
            (whole[..whole.len() - 1].to_vec(), "its directory is missing"),
            (changed(&[(end + 10, &[9, 0]), (end + 8, &[9, 0])]), "there is no directory entry at byte"),
            (changed(&[(end + 10, &[9, 0])]), "it has several volumes"),
            (changed(&[(first + 8, &[1, 0])]), "entry \"x.npy\" is encrypted"),
            (
                changed(&[(first + 10, &[12, 0])]),
                "entry \"x.npy\" is compressed by method 12, not by deflate",
            ),
            (changed(&[(first + 42, &[1])]), "entry \"x.npy\" is not where the directory says"),
            (changed(&[(first + 20, &[0xfe, 0xff])]), "entry \"x.npy\" ends behind the file's end"),
            (changed(&[(first + 20, &[1])]), "entry \"x.npy\" has two lengths"),
            (changed(&[(30, b"z")]), "entry \"x.npy\" has another name where it lies"),
            (changed(&[(first + 46, b"y"), (30, b"y")]), "entry \"y.npy\" occurs twice"),
            (changed(&[(first + 50, b"z"), (34, b"z")]), "entry \"x.npz\" is no .npy file"),
            (changed(&[(first + 16, &[7])]), "entry \"x.npy\" has a wrong checksum"),
            (changed(&[(first + 20, &[0xff, 1, 0, 0, 0xff, 1])]), "ends behind the file's end"),
            (
                changed(&[(first + 20, &[200]), (first + 24, &[200])]),
                "entries \"x.npy\" and \"y.npy\" overlap",
            ),
            (changed(&[(second + 20, &[1]), (second + 24, &[1])]), "entry \"y.npy\" has a wrong checksum"),
        ] {
            let error = npz::from_bytes(&bytes, "f", 1 << 20).unwrap_err().to_string();
            assert!(
                error.starts_with("f is not an NPZ file: ") && error.contains(expected),
                "{expected}: {error}"
            );
        }
    }

    #[test]
    fn a_bomb_is_not_unpacked() {
        let error = npz::from_bytes(DEFLATED, "f", 100).unwrap_err().to_string();
        assert_eq!(error, "f is not an NPZ file: it unpacks to 140 bytes, more than 100");
    }
}

/// A file of a header, padded not at all, and elements.
#[test]
fn a_files_name_says_its_format() -> Result<(), Error> {
    let folder = Folder::new("array-files");
    let arrays = two_arrays();
    let archive = "a.NPZ is an NPZ archive: build with the feature `gzip` for it";
    let other = "a.tensors is a safetensors file by its name, which is not .npz: build with the feature `safetensors` for it";
    for (file, there, expected) in
        [("a.NPZ", cfg!(feature = "gzip"), archive), ("a.tensors", cfg!(feature = "safetensors"), other)]
    {
        let path = folder.0.join(file);
        if there {
            std::fs::write(&path, arrays.to_bytes(&path)?).unwrap();
            assert_eq!(Arrays::read(&path)?.numbers::<f32>("x")?, arrays.numbers("x")?);
        } else {
            for error in [arrays.to_bytes(&path).unwrap_err(), Arrays::read(&path).unwrap_err()] {
                assert!(error.to_string().ends_with(expected), "{error}");
            }
        }
    }
    Ok(())
}

#[cfg(feature = "safetensors")]
pub(crate) fn safetensors_file(header: &str, elements: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), elements].concat()
}

#[cfg(feature = "safetensors")]
mod safetensors {
    use downhill_data::safetensors;

    use super::*;

    #[test]
    fn round_trip() -> Result<(), Error> {
        let folder = Folder::new("safetensors");
        let path = folder.0.join("a.safetensors");
        let mut arrays = two_arrays();
        arrays.metadata_mut().insert("format".into(), "pt".into());
        // What is stored otherwise is turned into what the format wants.
        let fortran =
            npy_file("{'descr': '>i2', 'fortran_order': True, 'shape': (2, 2), }", &[0, 1, 0, 2, 0, 3, 0, 4]);
        arrays.insert("fortran", npy::from_reader(&fortran[..], "f")?)?;
        arrays.insert("empty", Array::new(&Tensor::<f64>::zeros([0, 4])))?;
        safetensors::write(&path, &arrays)?;
        let read = safetensors::read(&path)?;
        assert_eq!(read.metadata(), arrays.metadata());
        assert_eq!(read.numbers::<f32>("x")?, arrays.numbers("x")?);
        assert_eq!(read.labels("y")?.as_slice(), [3, 0]);
        assert_eq!(read.numbers::<f64>("fortran")?, Tensor::from_rows(&[[1.0, 3.0], [2.0, 4.0]]));
        assert_eq!(read.get("fortran")?.dtype(), Dtype::I16);
        assert_eq!(read.numbers::<f64>("empty")?.shape(), [0, 4]);
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(u64::from_le_bytes(*bytes.first_chunk().unwrap()) % 8, 0);

        arrays.insert("__metadata__", Array::new(&Tensor::scalar(1.0)))?;
        assert!(safetensors::write(&path, &arrays).is_err());
        Ok(())
    }

    #[test]
    fn what_is_wrong_is_said() {
        let one = |entry: &str| safetensors_file(&format!(r#"{{"a":{entry}}}"#), &[0; 8]);
        for (bytes, expected) in [
            (vec![1, 2], "it has 2 bytes, fewer than 8"),
            (vec![0xff; 20], "its header of 18446744073709551615 bytes ends behind its end at byte 20"),
            (safetensors_file("[]", &[]), "its header does not begin with {"),
            (safetensors_file(r#"{"a":"#, &[]), "its header: EOF while parsing"),
            (safetensors_file(&format!(r#"{{"a":{}"#, "[".repeat(100_000)), &[]), "its header: invalid type"),
            (safetensors_file(r#"{"__metadata__":{"a":1}}"#, &[]), "its header: invalid type: integer"),
            (one(r#"{"dtype":"F64","shape":[1]}"#), "its header: missing field `data_offsets`"),
            (
                one(r#"{"dtype":"F64","shape":[-1],"data_offsets":[0,8]}"#),
                "its header: invalid value: integer `-1`",
            ),
            (
                one(r#"{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}"#),
                "tensor \"a\" has elements of type F8_E4M3, which are not read",
            ),
            (
                one(r#"{"dtype":"F64","shape":[2],"data_offsets":[0,8]}"#),
                "tensor \"a\" has 8 bytes, which is not F64 of shape [2]",
            ),
            (
                one(r#"{"dtype":"F64","shape":[4294967296,4294967296],"data_offsets":[0,8]}"#),
                "tensor \"a\" has 8 bytes, which is not F64 of shape [4294967296, 4294967296]",
            ),
            (
                one(r#"{"dtype":"F64","shape":[2],"data_offsets":[0,16]}"#),
                "tensor \"a\" lies from 0 to 16, but there are 8 bytes",
            ),
            (
                one(r#"{"dtype":"F64","shape":[1],"data_offsets":[8,0]}"#),
                "tensor \"a\" leaves a hole before it: it begins at 8, not at 0",
            ),
            (
                one(r#"{"dtype":"F32","shape":[1],"data_offsets":[4,8]}"#),
                "tensor \"a\" leaves a hole before it: it begins at 4, not at 0",
            ),
            (one(r#"{"dtype":"F32","shape":[1],"data_offsets":[0,4]}"#), "4 bytes follow the last tensor"),
            (
                one(
                    r#"{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}"#,
                ),
                "tensor \"b\" overlaps the one before: it begins at 4, not at 8",
            ),
            (
                one(
                    r#"{"dtype":"F64","shape":[1],"data_offsets":[0,8]},"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}"#,
                ),
                "its header: \"a\" occurs twice",
            ),
            (
                one(r#"{"dtype":"F64","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,8]}"#),
                "tensor \"a\" is too much",
            ),
        ] {
            let error = safetensors::from_bytes(bytes, "f").unwrap_err().to_string();
            assert!(
                error.starts_with("f is not a safetensors file: ") && error.contains(expected),
                "{expected}: {error}"
            );
        }
    }
}

proptest! {
    #[test]
    fn column_major_is_the_transpose(lengths in prop::collection::vec(0_usize..4, 0..5)) {
        let count: usize = lengths.iter().product();
        let elements: Vec<u8> = (0..count).map(|place| place as u8).collect();
        let tuple = |lengths: &[usize]| lengths.iter().map(|n| format!("{n},")).collect::<String>();
        let reversed: Vec<usize> = lengths.iter().rev().copied().collect();
        let file = |order: &str, lengths: &[usize]| {
            npy_file(&format!("{{'descr': '|u1', 'fortran_order': {order}, 'shape': ({})}}", tuple(lengths)), &elements)
        };
        let axes: Vec<isize> = (0..lengths.len() as isize).rev().collect();
        let c = read(&file("False", &reversed))?.permute(&axes)?;
        prop_assert_eq!(read(&file("True", &lengths))?, c);
    }
}
