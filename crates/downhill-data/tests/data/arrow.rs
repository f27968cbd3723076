//! Arrow's files and streams.

use std::io::Read;
use std::sync::Arc;

use arrow_array::builder::StringDictionaryBuilder;
use arrow_array::types::{Float16Type, Int32Type};
use arrow_array::*;
use arrow_ipc::CompressionType;
use arrow_ipc::writer::{FileWriter, IpcWriteOptions, StreamWriter};
use arrow_schema::{ArrowError, DataType};
use downhill_data::{Dataset, Error, Missing, Schema, Source, Stream, Table, TableChunks, arrow};
use proptest::prelude::*;

use crate::folder::Folder;

type Column = (&'static str, ArrayRef);

/// Columns `x` (with a gap), `kind` (of a dictionary) and `y`.
fn batch(kinds: &[&str]) -> RecordBatch {
    let mut dictionary = StringDictionaryBuilder::<Int32Type>::new();
    for kind in kinds {
        dictionary.append_value(kind);
    }
    let columns: [Column; 3] = [
        ("x", Arc::new(Float64Array::from(vec![Some(0.1), None, Some(-2e300)]))),
        ("kind", Arc::new(dictionary.finish())),
        ("y", Arc::new(Int32Array::from(vec![1, -2, 3]))),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

fn lz4() -> IpcWriteOptions {
    IpcWriteOptions::default().try_with_compression(Some(CompressionType::LZ4_FRAME)).unwrap()
}

fn file_of(batches: &[RecordBatch], options: IpcWriteOptions) -> Result<Vec<u8>, ArrowError> {
    let mut writer = FileWriter::try_new_with_options(Vec::new(), &batches[0].schema(), options)?;
    batches.iter().try_for_each(|batch| writer.write(batch))?;
    writer.into_inner()
}

/// A dictionary may be another in each batch of a stream.
fn stream_of(batches: &[RecordBatch], options: IpcWriteOptions) -> Result<Vec<u8>, ArrowError> {
    let mut writer = StreamWriter::try_new_with_options(Vec::new(), &batches[0].schema(), options)?;
    batches.iter().try_for_each(|batch| writer.write(batch))?;
    writer.into_inner()
}

/// Valid files and streams.
pub(crate) fn files() -> Vec<Vec<u8>> {
    let same = [batch(&["a", "b, \"c\"", "a"]), batch(&["a", "b, \"c\"", "a"])];
    let two = [batch(&["a", "b, \"c\"", "a"]), batch(&["d", "d", "d"])];
    let plain = IpcWriteOptions::default;
    vec![
        file_of(&same, plain()).unwrap(),
        file_of(&same, lz4()).unwrap(),
        stream_of(&two, plain()).unwrap(),
        stream_of(&two, lz4()).unwrap(),
        include_bytes!("pyarrow.feather").to_vec(),
    ]
}

fn of(columns: Vec<Column>) -> Result<Table, Error> {
    let batch =
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, a)| (name, a, true)));
    arrow::from_reader(&file_of(&[batch.unwrap()], IpcWriteOptions::default()).unwrap()[..], "f")
}

#[test]
fn a_file_is_a_table() -> Result<(), Error> {
    let folder = Folder::new("arrow");
    for file in &files()[..2] {
        let path = folder.write("t.arrow", file);
        let table = arrow::read(&path)?.select(&[0, 1, 2])?;
        assert_eq!(table.columns().collect::<Vec<_>>(), ["x", "kind", "y"]);
        let schema = Schema::regression(["y"]).categorical(["kind"]).missing(Missing::Constant(7.0));
        let data: Dataset<f64> = schema.fit(&table)?.dataset(&table)?;
        assert_eq!(data.feature_names(), ["x", "kind=a", "kind=b, \"c\""]);
        assert_eq!(data.inputs().as_slice(), [0.1, 1.0, 0.0, 7.0, 0.0, 1.0, -2e300, 1.0, 0.0]);
        assert_eq!(data.values()?.as_slice(), [1.0, -2.0, 3.0]);

        let mut stream: Stream<f64, _> = Stream::new(TableChunks::arrow(&path, &schema)?, 3)?;
        assert_eq!(stream.samples(), 6);
        for _ in 0..2 {
            assert_eq!(&stream.next_batch()?.unwrap().inputs, data.inputs());
        }
    }
    Ok(())
}

#[test]
fn a_stream_is_a_table() -> Result<(), Error> {
    for file in &files()[2..4] {
        // With the mark of its end and, as is allowed, without.
        for file in [&file[..], &file[..file.len() - 8]] {
            let table = arrow::from_reader(file, "f")?;
            assert_eq!(table.column("kind")?.collect::<Vec<_>>(), ["a", "b, \"c\"", "a", "d", "d", "d"]);
            assert_eq!(table.column("y")?.collect::<Vec<_>>(), ["1", "-2", "3", "1", "-2", "3"]);
        }
    }
    Ok(())
}

#[test]
fn a_file_of_another_program() -> Result<(), Error> {
    // Written by pyarrow, LZ4, from pandas.
    let table = arrow::from_reader(&include_bytes!("pyarrow.feather")[..], "f")?;
    for (column, cells) in [
        ("x", ["1e-1", "-2.5e0", ""]),
        ("n", ["1", "-2", "3"]),
        ("kind", ["a", "b", "a"]),
        ("text", ["one", "", "three"]),
        ("true", ["1", "0", "1"]),
        ("f", ["1e-30", "5e-1", "3e8"]),
        ("day", ["2024-01-31 12:00:00.500000000", "", "1969-12-31 00:00:00.000000000"]),
    ] {
        assert_eq!(table.column(column)?.collect::<Vec<_>>(), cells, "{column}");
    }
    Ok(())
}

#[test]
fn every_type_has_its_text() -> Result<(), Error> {
    let zone = TimestampMillisecondArray::from(vec![Some(1), None]).with_timezone("+02:00");
    let half = <Float16Type as ArrowPrimitiveType>::Native::from_f32;
    let decimals = Decimal128Array::from(vec![Some(-1250), None]).with_precision_and_scale(10, 3).unwrap();
    let cases: Vec<(ArrayRef, &str)> = vec![
        (Arc::new(NullArray::new(2)), ""),
        (Arc::new(BooleanArray::from(vec![Some(true), None])), "1"),
        (Arc::new(Int8Array::from(vec![Some(i8::MIN), None])), "-128"),
        (Arc::new(Int16Array::from(vec![Some(i16::MIN), None])), "-32768"),
        (Arc::new(Int64Array::from(vec![Some(i64::MIN), None])), "-9223372036854775808"),
        (Arc::new(UInt8Array::from(vec![Some(u8::MAX), None])), "255"),
        (Arc::new(UInt16Array::from(vec![Some(u16::MAX), None])), "65535"),
        (Arc::new(UInt32Array::from(vec![Some(u32::MAX), None])), "4294967295"),
        (Arc::new(UInt64Array::from(vec![Some(u64::MAX), None])), "18446744073709551615"),
        (Arc::new(Float16Array::from(vec![Some(half(0.5)), None])), "5e-1"),
        (Arc::new(Float32Array::from(vec![Some(0.1), None])), "1e-1"),
        (Arc::new(Float64Array::from(vec![Some(f64::MAX), None])), "1.7976931348623157e308"),
        (Arc::new(StringArray::from(vec![Some(" é "), None])), "é"),
        (Arc::new(LargeStringArray::from(vec![Some("a,b"), None])), "a,b"),
        (
            Arc::new(StringViewArray::from(vec![Some("longer than twelve bytes"), None])),
            "longer than twelve bytes",
        ),
        (Arc::new(decimals), "-1.250"),
        (Arc::new(Date32Array::from(vec![Some(-1), None])), "1969-12-31"),
        (Arc::new(Date64Array::from(vec![Some(86_400_000), None])), "1970-01-02"),
        (Arc::new(Time32SecondArray::from(vec![Some(61), None])), "00:01:01"),
        (Arc::new(Time32MillisecondArray::from(vec![Some(61), None])), "00:00:00.061"),
        (Arc::new(Time64MicrosecondArray::from(vec![Some(61), None])), "00:00:00.000061"),
        (Arc::new(Time64NanosecondArray::from(vec![Some(61), None])), "00:00:00.000000061"),
        (Arc::new(TimestampSecondArray::from(vec![Some(-1), None])), "1969-12-31 23:59:59"),
        (Arc::new(TimestampMicrosecondArray::from(vec![Some(1), None])), "1970-01-01 00:00:00.000001"),
        (Arc::new(TimestampNanosecondArray::from(vec![Some(1), None])), "1970-01-01 00:00:00.000000001"),
        (Arc::new(zone), "1970-01-01 00:00:00.001 +00:00"),
        (Arc::new([Some("a"), None].into_iter().collect::<DictionaryArray<Int32Type>>()), "a"),
        (Arc::new([None::<&str>, None].into_iter().collect::<DictionaryArray<Int32Type>>()), ""),
    ];
    for (array, expected) in cases {
        let kind = array.data_type().clone();
        let table = of(vec![("c", array)])?;
        assert_eq!(table.column("c")?.collect::<Vec<_>>(), [expected, ""], "{kind}");
    }
    Ok(())
}

#[test]
fn what_is_wrong_is_said() {
    let error = |bytes: &[u8]| arrow::from_reader(bytes, "f").unwrap_err().to_string();
    let [whole, stream] = [0, 2].map(|place| files()[place].clone());
    let zstd = include_bytes!("zstd.arrow");
    let with_tail = [&whole[..], &[0]].concat();
    for (bytes, expected) in [
        (&b""[..], "f is not an Arrow file: it is empty"),
        (b"ARR", "f is not an Arrow file: it ends in the middle of a message"),
        (b"ARROW2\0\0", "f is not an Arrow file: it does not begin like one"),
        (
            b"FEA1\0\0\0\0",
            "f is not an Arrow file: it is Feather of version 1, which is not read: write version 2",
        ),
        (&stream[..stream.len() - 9], "f is not an Arrow file: it ends in the middle of a message"),
        (&whole[..whole.len() - 1], "f is not an Arrow file: its end is missing or damaged"),
        (&with_tail, "f is not an Arrow file: its end is missing or damaged"),
        (
            zstd,
            "f is not an Arrow file: it is compressed with ZSTD, which is not read: write it with LZ4 or uncompressed",
        ),
    ] {
        assert_eq!(error(bytes), expected);
    }
    let lists: ArrayRef = Arc::new(BinaryArray::from(vec![Some(&b"ab"[..])]));
    let lengths: ArrayRef = Arc::new(DurationSecondArray::from(vec![1]));
    let one: ArrayRef = Arc::new(Int8Array::from(vec![1]));
    let none: ArrayRef = Arc::new(Int8Array::from(Vec::<i8>::new()));
    let unread = |kind: DataType| format!("f: column \"a\" is of type {kind}, which is not read");
    for (columns, expected) in [
        (vec![("a", lists.clone())], unread(lists.data_type().clone())),
        (vec![("a", lengths.clone())], unread(lengths.data_type().clone())),
        (vec![("a", one.clone()), ("a", one.clone())], "f: column \"a\" occurs twice".into()),
        (vec![("a", one.clone()), ("", one)], "f: column 2 has no name".into()),
        (vec![("a", none)], "f: there are no rows".into()),
    ] {
        assert_eq!(of(columns).unwrap_err().to_string(), expected);
    }
}

#[test]
fn a_small_file_does_not_fill_memory() {
    // Rows that take no room in the file, and a text that is in many rows.
    let nulls: ArrayRef = Arc::new(NullArray::new(1 << 40));
    let text = StringArray::from(vec!["x".repeat(1 << 16)]);
    let keys = Int8Array::from(vec![0; 1 << 14]);
    let dictionary: ArrayRef = Arc::new(DictionaryArray::new(keys, Arc::new(text)));
    for array in [nulls, dictionary] {
        let batch = RecordBatch::try_from_iter([("a", array)]).unwrap();
        let file = stream_of(&[batch], lz4()).unwrap();
        let error = arrow::from_reader(&file[..], "f").unwrap_err().to_string();
        assert!(error.ends_with(": the rows are far longer than the file"), "{error}");
    }
    // A compressed part that says it has 2^40 bytes.
    let mut file = stream_of(&[batch(&["a"; 3])], lz4()).unwrap();
    let mut found = 0;
    for place in 0..file.len() - 12 {
        // The length, and -1 or the beginning of an LZ4 frame.
        if file[place..place + 8] == [255; 8] || file[place + 8..].starts_with(&[0x04, 0x22, 0x4d, 0x18]) {
            file[place..place + 8].copy_from_slice(&(1_i64 << 40).to_le_bytes());
            found += 1;
        }
    }
    assert!(found > 0);
    let error = arrow::from_reader(&file[..], "f").unwrap_err().to_string();
    assert!(error.contains("longer than it can be"), "{error}");
}

/// A few bytes at a time.
struct Pieces<'a>(&'a [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = buffer.len().min(self.1);
        self.0.read(&mut buffer[..count])
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// Whatever the batches, however it is written and read.
    #[test]
    fn numbers_are_what_was_written(
        rows in prop::collection::vec((prop::option::of(any::<f64>()), any::<i64>(), "[a-zé]{0,9}"), 1..40),
        cuts in 1_usize..20,
        form in 0..4,
        piece in 1_usize..100,
    ) {
        let batches: Vec<RecordBatch> = rows.chunks(cuts).map(|rows| {
            let columns: [(_, ArrayRef, _); 3] = [
                ("x", Arc::new(rows.iter().map(|row| row.0).collect::<Float64Array>()), true),
                ("n", Arc::new(rows.iter().map(|row| Some(row.1)).collect::<Int64Array>()), true),
                ("t", Arc::new(rows.iter().map(|row| Some(&row.2)).collect::<StringArray>()), true),
            ];
            RecordBatch::try_from_iter_with_nullable(columns).unwrap()
        }).collect();
        let options = if form % 2 == 0 { IpcWriteOptions::default() } else { lz4() };
        let file = if form < 2 { file_of(&batches, options) } else { stream_of(&batches, options) }.unwrap();
        let table = arrow::from_reader(Pieces(&file, piece), "f").unwrap();
        prop_assert_eq!(table.len(), rows.len());
        let (xs, ns, ts) = (table.column("x").unwrap(), table.column("n").unwrap(), table.column("t").unwrap());
        for ((((x, n, t), x_cell), n_cell), t_cell) in rows.iter().zip(xs).zip(ns).zip(ts) {
            prop_assert_eq!(x.filter(|x| !x.is_nan()), x_cell.parse().ok().filter(|x: &f64| !x.is_nan()));
            prop_assert_eq!(Ok(*n), n_cell.parse());
            prop_assert_eq!(t, t_cell);
        }
        // Cut off anywhere it is an error, or, between two messages, a stream that ends there.
        for end in (0..file.len()).step_by(37) {
            if let Ok(table) = arrow::from_reader(&file[..end], "f") {
                prop_assert!(form >= 2 && table.len() % cuts == 0 || table.len() == rows.len());
            }
        }
    }
}
