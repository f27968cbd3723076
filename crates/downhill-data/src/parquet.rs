//! Tables in Parquet files (feature `parquet`), uncompressed or compressed with Snappy, gzip or LZ4.
//!
//! A value becomes a cell's text, from which a [`Schema`](crate::Schema) makes what a column is used for: numbers are
//! written so that nothing of them is lost, truth is 1 and falsehood 0, and null is a missing cell.

use std::fmt::Write;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, FileReader, SerializedFileReader};
use parquet::record::reader::RowIter;
use parquet::record::{Field, Row};

use crate::cells::Cells;
use crate::gzip::read_error;
use crate::records::Record;
use crate::table_options::check_names;
use crate::{Error, Result, Table};

/// Reads a file as a table.
///
/// # Errors
/// [`Error::Read`]; [`Error::Malformed`] for a file that is damaged, compressed in another way, or whose metadata are not
/// true; [`Error::Column`] for a column of lists, maps, records or bytes; [`Error::NoRows`], [`Error::Unnamed`],
/// [`Error::Duplicate`].
pub fn read(path: impl AsRef<Path>) -> Result<Table> {
    let name = path.as_ref().display().to_string();
    let file = File::open(path).map_err(|source| read_error(&name, source))?;
    whole(file, &name)
}

/// Reads a file in memory; `name` stands for it in error messages.
///
/// # Errors
/// As [`read`].
pub fn from_bytes(bytes: Vec<u8>, name: &str) -> Result<Table> {
    whole(bytes::Bytes::from(bytes), name)
}

fn whole(file: impl ChunkReader + 'static, name: &str) -> Result<Table> {
    let table = Rows::new(file, name)?.next_table(usize::MAX)?;
    table.ok_or_else(|| Error::NoRows { table: name.to_owned() })
}

/// The rows of a file.
pub(crate) struct Rows {
    rows: RowIter<'static>,
    name: String,
    columns: Arc<[String]>,
    /// The number of rows read so far.
    read: usize,
}

impl Rows {
    pub(crate) fn new(file: impl ChunkReader + 'static, name: &str) -> Result<Rows> {
        guarded(name, || {
            let reader = SerializedFileReader::new(file).map_err(|error| malformed(name, &error))?;
            let fields = reader.metadata().file_metadata().schema().get_fields();
            let columns: Vec<String> = fields.iter().map(|field| field.name().to_owned()).collect();
            check_names(&columns, name)?;
            let rows = RowIter::from_file_into(Box::new(reader));
            Ok(Rows { rows, name: name.to_owned(), columns: columns.into(), read: 0 })
        })
    }

    /// The next rows, at most `most`; none at the end.
    pub(crate) fn next_table(&mut self, most: usize) -> Result<Option<Table>> {
        let Rows { rows, name, columns, read } = self;
        guarded(name, || {
            let mut cells = Cells::new(columns.len());
            let (mut text, mut ends) = (String::new(), Vec::new());
            while cells.rows() < most
                && let Some(row) = rows.next()
            {
                let row = row.map_err(|error| malformed(name, &error))?;
                write_cells(&row, &mut text, &mut ends).map_err(|(column, problem)| Error::Column {
                    table: name.clone(),
                    column,
                    problem,
                })?;
                let number = *read + cells.rows() + 1;
                if ends.len() != columns.len() {
                    let (expected, found) = (columns.len(), ends.len());
                    return Err(Error::Ragged { table: name.clone(), row: number, expected, found });
                }
                let record = Record::new(text.as_bytes(), &ends);
                cells.push(&record).map_err(|_| Error::Utf8 { table: name.clone(), row: number })?;
            }
            let before = *read;
            *read += cells.rows();
            Ok((cells.rows() > 0).then(|| Table::new(name, columns, cells, before)))
        })
    }
}

/// The text of a row's cells, one after the other, or the column that has none and why.
fn write_cells(row: &Row, text: &mut String, ends: &mut Vec<usize>) -> Result<(), (String, String)> {
    text.clear();
    ends.clear();
    for (name, field) in row.get_column_iter() {
        let written = match field {
            Field::Null => Ok(()),
            Field::Bool(truth) => write!(text, "{}", u8::from(*truth)),
            Field::Str(value) => write!(text, "{value}"),
            Field::Byte(x) => write!(text, "{x}"),
            Field::Short(x) => write!(text, "{x}"),
            Field::Int(x) => write!(text, "{x}"),
            Field::Long(x) => write!(text, "{x}"),
            Field::UByte(x) => write!(text, "{x}"),
            Field::UShort(x) => write!(text, "{x}"),
            Field::UInt(x) => write!(text, "{x}"),
            Field::ULong(x) => write!(text, "{x}"),
            Field::Float16(x) => write!(text, "{}", x.to_f32()),
            // An exponent keeps the text of large and small numbers short.
            Field::Float(x) => write!(text, "{x:e}"),
            Field::Double(x) => write!(text, "{x:e}"),
            Field::Decimal(_) | Field::Date(_) | Field::TimeMillis(_) | Field::TimeMicros(_) => {
                write!(text, "{field}")
            }
            Field::TimestampMillis(_) | Field::TimestampMicros(_) => write!(text, "{field}"),
            Field::Bytes(_) | Field::Group(_) | Field::ListInternal(_) | Field::MapInternal(_) => {
                return Err((name.clone(), "holds bytes, lists, maps or records, which are not read".into()));
            }
        };
        written.map_err(|_| (name.clone(), "holds what cannot be written as text".to_owned()))?;
        ends.push(text.len());
    }
    Ok(())
}

fn malformed(name: &str, error: &ParquetError) -> Error {
    Error::malformed(name, "a Parquet", error.to_string())
}

/// The format's reader panics on some files that are damaged.
fn guarded<R>(name: &str, read: impl FnOnce() -> Result<R>) -> Result<R> {
    catch_unwind(AssertUnwindSafe(read))
        .unwrap_or_else(|_| Err(Error::malformed(name, "a Parquet", "its reader gave up")))
}
