//! Tables in Parquet files (feature `parquet`), uncompressed or compressed with Snappy, gzip or LZ4.
//!
//! A value becomes a cell's text, from which a [`Schema`](crate::Schema) makes what a column is used for: numbers are
//! written so that nothing of them is lost, truth is 1 and falsehood 0, and null is a missing cell.
//!
//! The format's own reader may panic on a damaged file. That is caught and is an error, but for a program that is built
//! with `panic = "abort"`, which it ends: there read only files that you trust.

use std::fs::File;
use std::path::Path;

use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, FileReader, SerializedFileReader};
use parquet::record::Field;
use parquet::record::reader::RowIter;

use crate::columnar::{self, Problem, Row, Typed, Value};
use crate::gzip::read_error;
use crate::{Result, Table};

/// Reads a file as a table.
///
/// # Errors
/// [`Read`](crate::Error::Read); [`Malformed`](crate::Error::Malformed) for a file that is damaged, compressed in another way, whose
/// metadata are not true, or whose rows are thousands of times longer than it; [`Column`](crate::Error::Column) for a column of
/// lists, maps, records or bytes; [`NoRows`](crate::Error::NoRows), [`Unnamed`](crate::Error::Unnamed), [`Duplicate`](crate::Error::Duplicate).
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
    rows(file, name)?.whole()
}

/// The rows of a file.
pub(crate) type Rows = columnar::Rows<Reader>;

pub(crate) fn rows(file: impl ChunkReader + 'static, name: &str) -> Result<Rows> {
    columnar::Rows::new(name, || {
        let size = file.len();
        let reader = SerializedFileReader::new(file)?;
        let fields = reader.metadata().file_metadata().schema().get_fields();
        let columns = fields.iter().map(|field| field.name().to_owned()).collect();
        Ok(Reader { rows: RowIter::from_file_into(Box::new(reader)), columns, size })
    })
}

pub(crate) struct Reader {
    rows: RowIter<'static>,
    columns: Vec<String>,
    size: u64,
}

impl Typed for Reader {
    const FORMAT: &'static str = "a Parquet";

    fn columns(&self) -> Vec<String> {
        self.columns.clone()
    }

    fn next_row(&mut self, row: &mut Row) -> Result<bool, Problem> {
        let Some(fields) = self.rows.next().transpose()? else { return Ok(false) };
        for (name, field) in fields.get_column_iter() {
            let value = match field {
                Field::Null => Value::Missing,
                Field::Bool(truth) => Value::Truth(*truth),
                Field::Str(value) => Value::Text(value),
                Field::Byte(x) => Value::Other(x),
                Field::Short(x) => Value::Other(x),
                Field::Int(x) => Value::Other(x),
                Field::Long(x) => Value::Other(x),
                Field::UByte(x) => Value::Other(x),
                Field::UShort(x) => Value::Other(x),
                Field::UInt(x) => Value::Other(x),
                Field::ULong(x) => Value::Other(x),
                Field::Float16(x) => Value::Single(x.to_f32()),
                Field::Float(x) => Value::Single(*x),
                Field::Double(x) => Value::Double(*x),
                Field::Decimal(_) | Field::Date(_) | Field::TimeMillis(_) | Field::TimeMicros(_) => {
                    Value::Other(field)
                }
                Field::TimestampMillis(_) | Field::TimestampMicros(_) => Value::Other(field),
                Field::Bytes(_) | Field::Group(_) | Field::ListInternal(_) | Field::MapInternal(_) => {
                    let problem = "holds bytes, lists, maps or records, which are not read";
                    return Err(Problem::Column(name.clone(), problem.into()));
                }
            };
            row.push(value).map_err(|_| {
                Problem::Column(name.clone(), "holds what cannot be written as text".to_owned())
            })?;
        }
        Ok(true)
    }

    fn size(&self) -> u64 {
        self.size
    }
}

impl From<ParquetError> for Problem {
    fn from(error: ParquetError) -> Problem {
        Problem::File(error.to_string())
    }
}
