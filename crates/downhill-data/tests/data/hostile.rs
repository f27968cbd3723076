//! Damaged files: every reader is given every kind of valid file, cut off and with bytes changed. It may refuse
//! them or read something else, but neither panic nor run out of memory.

use std::sync::LazyLock;

use downhill_data::{Error, Missing, Schema, Table, idx, npy};
use proptest::prelude::*;
use proptest::sample::Index;

/// A reader of a whole file.
type Reader = fn(&[u8]) -> Result<(), Error>;

/// A format, its reader, valid files of it.
type Format = (&'static str, Reader, Vec<Vec<u8>>);

static FORMATS: LazyLock<Vec<Format>> = LazyLock::new(formats);

fn formats() -> Vec<Format> {
    let npy_file = |kind: &str, shape: &str, elements: &[u8]| {
        let header = format!("{{'descr': '{kind}', 'fortran_order': True, 'shape': {shape}, }}\n");
        let length = (header.len() as u16).to_le_bytes();
        [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), elements].concat()
    };
    let idx_file = |start: &[u8], elements: &[u8]| [&[0, 0], start, elements].concat();
    #[allow(unused_mut)] // without features there are no more
    let mut formats: Vec<Format> = vec![
        (
            "csv",
            |bytes| {
                let table = Table::from_reader(bytes, "f")?;
                let _ = table.classification::<f32>("kind");
                let schema = Schema::regression(["y"]).categorical(["kind"]).missing(Missing::Median);
                schema.fit(&table)?.dataset::<f32>(&table).map(|_| ())
            },
            vec![b"x,kind,y\n1,\"a\",3\n-2.5e3,\"b \"\"c\",4\r\n7,a,5".to_vec()],
        ),
        (
            "idx",
            |bytes| {
                let _ = idx::labels_from_reader(bytes, "f");
                idx::from_reader::<f32>(bytes, "f").map(|_| ())
            },
            vec![
                idx_file(&[8, 2, 0, 0, 0, 2, 0, 0, 0, 3], &[1, 2, 3, 4, 5, 6]),
                idx_file(&[0xe, 1, 0, 0, 0, 1], &[0x40, 0, 0, 0, 0, 0, 0, 0]),
            ],
        ),
        (
            "npy",
            |bytes| {
                let array = npy::from_reader(bytes, "f")?;
                let _ = array.labels();
                array.numbers::<f32>().map(|_| ())
            },
            vec![npy_file("<f4", "(2, 3)", &[7; 24]), npy_file(">u2", "(3,)", &[7; 6])],
        ),
    ];
    #[cfg(feature = "safetensors")]
    formats.push((
        "safetensors",
        |bytes| {
            let read = downhill_data::safetensors::from_bytes(bytes.to_vec(), "f")?;
            read.iter().try_for_each(|(_, array)| array.numbers::<f32>().map(|_| ()))
        },
        vec![crate::arrays::safetensors_file(
            r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"I8","shape":[2,2],"data_offsets":[8,12]}}"#,
            &[1; 12],
        )],
    ));
    #[cfg(feature = "parquet")]
    formats.push((
        "parquet",
        |bytes| downhill_data::parquet::from_bytes(bytes.to_vec(), "f").map(|_| ()),
        vec![crate::parquet::file(), include_bytes!("pyarrow.parquet").to_vec()],
    ));
    #[cfg(feature = "arrow")]
    formats.push((
        "arrow",
        |bytes| downhill_data::arrow::from_reader(bytes, "f").map(|_| ()),
        crate::arrow::files(),
    ));
    #[cfg(feature = "images")]
    formats.push((
        "image",
        |bytes| downhill_data::images::from_bytes::<f32>(bytes, "f", 1).map(|_| ()),
        vec![
            crate::images::png(png::ColorType::Rgb, png::BitDepth::Eight, (2, 3), &[7; 18]),
            crate::images::JPEG[0].to_vec(),
            crate::images::JPEG[1].to_vec(),
        ],
    ));
    #[cfg(feature = "gzip")]
    {
        use std::io::Write;
        formats.push((
            "npz",
            |bytes| {
                let read = downhill_data::npz::from_bytes(bytes, "f", 1 << 20)?;
                read.iter().try_for_each(|(_, array)| array.numbers::<f32>().map(|_| ()))
            },
            vec![
                downhill_data::npz::to_bytes(&crate::arrays::two_arrays()).unwrap(),
                crate::arrays::DEFLATED.to_vec(),
            ],
        ));
        for (_, _, files) in &mut formats {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
            encoder.write_all(&files[0]).unwrap();
            files.push(encoder.finish().unwrap());
        }
    }
    formats
}

#[test]
fn the_files_are_valid() {
    for (name, reader, files) in &*FORMATS {
        for (place, file) in files.iter().enumerate() {
            // Only the last, compressed as a whole, may be none for its reader.
            let read = reader(file);
            assert!(
                read.is_ok() || place + 1 == files.len() && file.starts_with(&[0x1f, 0x8b]),
                "{name}: {read:?}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn damage_is_survived(
        keep in prop::option::of(any::<Index>()),
        changes in prop::collection::vec((any::<Index>(), any::<u8>()), 0..4),
        tail in prop::collection::vec(any::<u8>(), 0..3),
    ) {
        for (_, reader, files) in &*FORMATS {
            for file in files {
                let mut file = file.clone();
                if let Some(keep) = keep {
                    file.truncate(keep.index(file.len()));
                }
                for (place, byte) in &changes {
                    if !file.is_empty() {
                        let place = place.index(file.len());
                        file[place] = *byte;
                    }
                }
                file.extend(&tail);
                let _ = reader(&file);
            }
        }
    }
}
