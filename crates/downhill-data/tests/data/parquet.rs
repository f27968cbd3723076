//! Parquet files.

use std::sync::Arc;

use ::parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int32Type};
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::writer::SerializedFileWriter;
use ::parquet::schema::parser::parse_message_type;
use downhill_data::{Dataset, Error, Missing, Schema, Source, Stream, TableChunks, parquet};

use crate::folder::Folder;

/// A file of columns `x` (with a gap), `kind` and `y`.
pub(crate) fn file() -> Vec<u8> {
    let schema = "message t { optional double x; required binary kind (UTF8); required int32 y; }";
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let mut file = Vec::new();
    let mut writer =
        SerializedFileWriter::new(&mut file, schema, Arc::new(WriterProperties::default())).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<DoubleType>().write_batch(&[0.1, -2e300], Some(&[1, 0, 1]), None).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    let kinds = ["a", "b, \"c\"", "a"].map(ByteArray::from);
    column.typed::<ByteArrayType>().write_batch(&kinds, None, None).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<Int32Type>().write_batch(&[1, -2, 3], None, None).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
    file
}

#[test]
fn a_file_is_a_table() -> Result<(), Error> {
    let folder = Folder::new("parquet");
    let path = folder.write("t.parquet", file());
    let table = parquet::read(&path)?;
    assert_eq!(table.columns().collect::<Vec<_>>(), ["x", "kind", "y"]);
    let schema = Schema::regression(["y"]).categorical(["kind"]).missing(Missing::Constant(7.0));
    let data: Dataset<f64> = schema.fit(&table)?.dataset(&table)?;
    assert_eq!(data.feature_names(), ["x", "kind=a", "kind=b, \"c\""]);
    assert_eq!(data.inputs().as_slice(), [0.1, 1.0, 0.0, 7.0, 0.0, 1.0, -2e300, 1.0, 0.0]);
    assert_eq!(data.values()?.as_slice(), [1.0, -2.0, 3.0]);

    let mut stream: Stream<f64, _> = Stream::new(TableChunks::parquet(&path, &schema)?, 10)?;
    assert_eq!(&stream.next_batch()?.unwrap().inputs, data.inputs());
    Ok(())
}

#[test]
fn a_file_of_another_program() -> Result<(), Error> {
    // Written by pyarrow, with dictionaries and Snappy.
    let table = parquet::from_bytes(include_bytes!("pyarrow.parquet").to_vec(), "f")?;
    for (column, cells) in [
        ("x", ["1e-1", "-2.5e0", ""]),
        ("n", ["1", "-2", "3"]),
        ("kind", ["a", "b", "a"]),
        ("true", ["1", "0", "1"]),
        ("f", ["1e-30", "5e-1", "3e8"]),
    ] {
        assert_eq!(table.column(column)?.collect::<Vec<_>>(), cells, "{column}");
    }
    Ok(())
}

#[test]
fn what_is_wrong_is_said() {
    let whole = file();
    let error = |bytes: &[u8]| parquet::from_bytes(bytes.to_vec(), "f").unwrap_err().to_string();
    for bytes in [&b"PAR1"[..], &whole[..whole.len() - 1], &whole[4..]] {
        assert!(error(bytes).starts_with("f is not a Parquet file: "), "{}", error(bytes));
    }
}
