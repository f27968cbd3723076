//! Tables in Arrow's files, which Feather's of version 2 are, and in its streams (feature `arrow`), uncompressed or
//! compressed with LZ4.
//!
//! Values become cells as those of Parquet files do: numbers are written so that nothing of them is lost, truth is 1 and
//! falsehood 0, null is a missing cell, and dictionaries are what they stand for. One record batch is in memory at a time,
//! besides the dictionaries.
//!
//! The format's own reader may panic on a damaged file. That is caught and is an error, but for a program that is built
//! with `panic = "abort"`, which it ends: there read only files that you trust.

use std::collections::HashMap;
use std::fmt;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::temporal_conversions::{as_date, as_datetime, as_time};
use arrow_array::types::*;
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType};
use arrow_buffer::Buffer;
use arrow_ipc::reader::{read_dictionary, read_record_batch};
use arrow_ipc::{
    CompressionType, Endianness, Message, MessageHeader, RecordBatch, root_as_footer, root_as_message,
};
use arrow_schema::{ArrowError, DataType, Schema, TimeUnit};

use crate::columnar::{self, Problem, Row, Typed, Value};
use crate::gzip::read_error;
use crate::{Result, Table};

/// Reads a file or a stream in a file as a table.
///
/// # Errors
/// [`Read`](crate::Error::Read); [`Malformed`](crate::Error::Malformed) for a file that is damaged, compressed in another
/// way, or whose rows are thousands of times longer than it; [`Column`](crate::Error::Column) for a column of lists, maps,
/// records, bytes or lengths of time; [`NoRows`](crate::Error::NoRows), [`Unnamed`](crate::Error::Unnamed),
/// [`Duplicate`](crate::Error::Duplicate).
pub fn read(path: impl AsRef<Path>) -> Result<Table> {
    let name = path.as_ref().display().to_string();
    let file = File::open(path).map_err(|source| read_error(&name, source))?;
    from_reader(file, &name)
}

/// Reads the bytes of a file or a stream; `name` stands for it in error messages.
///
/// # Errors
/// As [`read`].
pub fn from_reader(reader: impl Read, name: &str) -> Result<Table> {
    rows(reader, name)?.whole()
}

/// The rows of a file or a stream.
pub(crate) type Rows<R> = columnar::Rows<Batches<BufReader<R>>>;

pub(crate) fn rows<R: Read>(reader: R, name: &str) -> Result<Rows<R>> {
    columnar::Rows::new(name, || Batches::new(BufReader::new(reader), name))
}

/// What a file begins and ends with.
const MAGIC: &[u8] = b"ARROW1";

/// The record batches, one after the other. A file is a stream between its first bytes and a footer, which tells where in
/// it the batches are: who reads all of them in their order does not need it.
pub(crate) struct Batches<R> {
    source: Source<R>,
    is_file: bool,
    schema: Arc<Schema>,
    dictionaries: HashMap<i64, ArrayRef>,
    /// The number of batches read so far.
    batches: usize,
    cells: Vec<Cell>,
    /// The row of the last batch that is next, and the number of its rows.
    row: usize,
    rows: usize,
    ended: bool,
}

/// Writes the cell of a column in a row of a batch.
type Cell = Box<dyn Fn(usize, &mut Row) -> fmt::Result + Send>;

impl<R: Read> Batches<R> {
    fn new(reader: R, name: &str) -> Result<Batches<R>, Problem> {
        let mut source = Source { reader, name: name.to_owned(), read: 0 };
        let mut start = source.bytes(4)?;
        let is_file = start == MAGIC[..4];
        if is_file {
            start = source.bytes(4)?;
            if start != [b'W', b'1', 0, 0] {
                return Err(Problem::File("it does not begin like one".into()));
            }
            // Zeros up to a multiple of eight or more bytes.
            start = source.bytes(4)?;
            while start == [0; 4] {
                start = source.bytes(4)?;
            }
        }
        if start == *b"FEA1" {
            return Err(Problem::File(
                "it is Feather of version 1, which is not read: write version 2".into(),
            ));
        }
        let message = source.message_behind(start)?;
        let (metadata, _) = message.ok_or_else(|| Problem::File("it is empty".into()))?;
        let header = parse(&metadata)?.header_as_schema();
        let header = header.ok_or_else(|| Problem::File("it does not begin with a schema".into()))?;
        if header.endianness() != Endianness::Little {
            return Err(Problem::File("its numbers are big-endian, which is not read".into()));
        }
        let schema = arrow_ipc::convert::try_fb_to_schema(header)?;
        for field in schema.fields() {
            if !is_read(field.data_type()) {
                let problem = format!("is of type {}, which is not read", field.data_type());
                return Err(Problem::Column(field.name().clone(), problem));
            }
        }
        let (schema, dictionaries) = (Arc::new(schema), HashMap::new());
        Ok(Batches {
            source,
            is_file,
            schema,
            dictionaries,
            batches: 0,
            cells: Vec::new(),
            row: 0,
            rows: 0,
            ended: false,
        })
    }

    /// Reads the next batch, or answers that there is none.
    fn next_batch(&mut self) -> Result<bool, Problem> {
        loop {
            let Some((metadata, body)) = self.source.message()? else { return self.end().map(|()| false) };
            let message = parse(&metadata)?;
            let (schema, version) = (&self.schema, message.version());
            let missing = || Problem::File(format!("batch {} has no data", self.batches));
            match message.header_type() {
                MessageHeader::DictionaryBatch => {
                    let batch = message.header_as_dictionary_batch().ok_or_else(missing)?;
                    check_lengths(batch.data().ok_or_else(missing)?, &body)?;
                    read_dictionary(&body, batch, schema, &mut self.dictionaries, &version)?;
                }
                MessageHeader::RecordBatch => {
                    let batch = message.header_as_record_batch().ok_or_else(missing)?;
                    check_lengths(batch, &body)?;
                    let batch =
                        read_record_batch(&body, batch, schema.clone(), &self.dictionaries, None, &version)?;
                    let cells = batch.columns().iter().zip(schema.fields()).map(|(column, field)| {
                        let unread = || Problem::Column(field.name().clone(), "cannot be read".into());
                        cell(column).ok_or_else(unread)
                    });
                    self.cells = cells.collect::<Result<_, _>>()?;
                    (self.row, self.rows) = (0, batch.num_rows());
                    self.batches += 1;
                    return Ok(true);
                }
                other => return Err(Problem::File(format!("it has a message of kind {other:?}"))),
            }
        }
    }

    /// A file that was cut off has no footer, or one of another.
    fn end(&mut self) -> Result<(), Problem> {
        if self.is_file {
            let cut = || Problem::File("its end is missing or damaged".into());
            let footer = self.source.bytes(u64::MAX)?;
            let footer =
                footer.strip_suffix(MAGIC).and_then(|footer| footer.split_last_chunk()).ok_or_else(cut)?;
            let (footer, length) = (footer.0, u32::from_le_bytes(*footer.1) as usize);
            let start = footer.len().checked_sub(length).ok_or_else(cut)?;
            let footer = root_as_footer(&footer[start..]).map_err(|_| cut())?;
            let (listed, read) = (footer.recordBatches().map_or(0, |batches| batches.len()), self.batches);
            if listed != read {
                return Err(Problem::File(format!("it lists {listed} record batches, but has {read}")));
            }
        }
        Ok(())
    }
}

impl<R: Read> Typed for Batches<R> {
    const FORMAT: &'static str = "an Arrow";

    fn columns(&self) -> Vec<String> {
        self.schema.fields().iter().map(|field| field.name().clone()).collect()
    }

    fn next_row(&mut self, row: &mut Row) -> Result<bool, Problem> {
        while self.row == self.rows {
            if self.ended || !self.next_batch()? {
                self.ended = true;
                return Ok(false);
            }
        }
        for (cell, field) in self.cells.iter().zip(self.schema.fields()) {
            cell(self.row, row).map_err(|_| {
                let problem = "holds what cannot be written as text";
                Problem::Column(field.name().clone(), problem.into())
            })?;
        }
        self.row += 1;
        Ok(true)
    }

    fn size(&self) -> u64 {
        self.source.read
    }
}

/// What is read from.
struct Source<R> {
    reader: R,
    name: String,
    /// The number of bytes so far.
    read: u64,
}

impl<R: Read> Source<R> {
    /// So many bytes, or all that are left if they are fewer. A length in a file may be any: only what is there takes
    /// memory.
    fn bytes(&mut self, most: u64) -> Result<Vec<u8>, Problem> {
        let mut bytes = Vec::new();
        let read = self.reader.by_ref().take(most).read_to_end(&mut bytes);
        read.map_err(|source| Problem::Error(read_error(&self.name, source)))?;
        self.read += bytes.len() as u64;
        Ok(bytes)
    }

    /// The metadata and the body of the next message; none at the end.
    fn message(&mut self) -> Result<Option<(Vec<u8>, Buffer)>, Problem> {
        let start = self.bytes(4)?;
        self.message_behind(start)
    }

    /// That of which the first bytes were read.
    fn message_behind(&mut self, start: Vec<u8>) -> Result<Option<(Vec<u8>, Buffer)>, Problem> {
        const CONTINUED: [u8; 4] = [0xff; 4];
        // A stream may end without saying so.
        if start.is_empty() {
            return Ok(None);
        }
        // Before version 0.15 the length was what comes first.
        let length = if start == CONTINUED { self.bytes(4)? } else { start };
        let cut = || Problem::File("it ends in the middle of a message".into());
        let wrong = |_| Problem::File("a message has a negative length".into());
        let length = i32::from_le_bytes(length.try_into().map_err(|_| cut())?);
        if length == 0 {
            return Ok(None);
        }
        let metadata = self.bytes(u64::try_from(length).map_err(wrong)?)?;
        if metadata.len() != length as usize {
            return Err(cut());
        }
        let length = u64::try_from(parse(&metadata)?.bodyLength()).map_err(wrong)?;
        let body = self.bytes(length)?;
        if body.len() as u64 != length {
            return Err(cut());
        }
        Ok(Some((metadata, Buffer::from_vec(body))))
    }
}

fn parse(metadata: &[u8]) -> Result<Message<'_>, Problem> {
    root_as_message(metadata).map_err(|error| Problem::File(format!("a message: {error}")))
}

/// Checks what the format's reader does not: it makes room for as many bytes as a compressed part says that it has.
fn check_lengths(batch: RecordBatch<'_>, body: &[u8]) -> Result<(), Problem> {
    /// LZ4 makes a byte of at most 255.
    const LZ4: i64 = 255;
    let Some(compression) = batch.compression() else { return Ok(()) };
    if compression.codec() != CompressionType::LZ4_FRAME {
        let codec = compression.codec().variant_name().unwrap_or("something unknown");
        return Err(Problem::File(format!(
            "it is compressed with {codec}, which is not read: write it with LZ4 or uncompressed"
        )));
    }
    let mut left = LZ4.saturating_mul(body.len() as i64);
    for part in batch.buffers().into_iter().flatten() {
        let start = usize::try_from(part.offset()).unwrap_or(usize::MAX);
        let length = body.get(start..).and_then(|part| part.first_chunk()).filter(|_| part.length() != 0);
        // -1 is what is not compressed.
        let length = length.map_or(0, |&length| i64::from_le_bytes(length).max(0));
        left = left.saturating_sub(length);
        if left < 0 {
            return Err(Problem::File("a compressed part says that it is longer than it can be".into()));
        }
    }
    Ok(())
}

/// Whether a column of this type can be read.
fn is_read(kind: &DataType) -> bool {
    use DataType::*;
    match kind {
        Null | Boolean | Int8 | Int16 | Int32 | Int64 | UInt8 | UInt16 | UInt32 | UInt64 => true,
        Float16 | Float32 | Float64 | Utf8 | LargeUtf8 | Utf8View => true,
        Decimal32(..) | Decimal64(..) | Decimal128(..) | Decimal256(..) => true,
        Date32 | Date64 | Time32(_) | Time64(_) | Timestamp(..) => true,
        Dictionary(_, values) => !matches!(**values, Dictionary(..)) && is_read(values),
        _ => false,
    }
}

/// What writes the cells of a column; none if it cannot be read.
fn cell(array: &ArrayRef) -> Option<Cell> {
    use DataType::*;
    /// Texts.
    macro_rules! texts {
        ($array:expr) => {{
            let array = $array.clone();
            Box::new(move |place, row| match array.is_null(place) {
                true => row.push(Value::Missing),
                false => row.push(Value::Text(array.value(place))),
            })
        }};
    }
    Some(match array.data_type() {
        Null => Box::new(|_, row| row.push(Value::Missing)),
        Boolean => {
            let array = array.as_boolean_opt()?.clone();
            Box::new(move |place, row| match array.is_null(place) {
                true => row.push(Value::Missing),
                false => row.push(Value::Truth(array.value(place))),
            })
        }
        Int8 => whole::<Int8Type>(array)?,
        Int16 => whole::<Int16Type>(array)?,
        Int32 => whole::<Int32Type>(array)?,
        Int64 => whole::<Int64Type>(array)?,
        UInt8 => whole::<UInt8Type>(array)?,
        UInt16 => whole::<UInt16Type>(array)?,
        UInt32 => whole::<UInt32Type>(array)?,
        UInt64 => whole::<UInt64Type>(array)?,
        Float16 => primitive::<Float16Type>(array, |x, row| row.push(Value::Single(x.to_f32())))?,
        Float32 => primitive::<Float32Type>(array, |x, row| row.push(Value::Single(x)))?,
        Float64 => primitive::<Float64Type>(array, |x, row| row.push(Value::Double(x)))?,
        Utf8 => texts!(array.as_string_opt::<i32>()?),
        LargeUtf8 => texts!(array.as_string_opt::<i64>()?),
        Utf8View => texts!(array.as_string_view_opt()?),
        Decimal32(digits, scale) => decimal::<Decimal32Type>(array, *digits, *scale)?,
        Decimal64(digits, scale) => decimal::<Decimal64Type>(array, *digits, *scale)?,
        Decimal128(digits, scale) => decimal::<Decimal128Type>(array, *digits, *scale)?,
        Decimal256(digits, scale) => decimal::<Decimal256Type>(array, *digits, *scale)?,
        Date32 => date::<Date32Type>(array)?,
        Date64 => date::<Date64Type>(array)?,
        Time32(TimeUnit::Second) => time::<Time32SecondType>(array, "%H:%M:%S")?,
        Time32(TimeUnit::Millisecond) => time::<Time32MillisecondType>(array, "%H:%M:%S%.3f")?,
        Time64(TimeUnit::Microsecond) => time::<Time64MicrosecondType>(array, "%H:%M:%S%.6f")?,
        Time64(TimeUnit::Nanosecond) => time::<Time64NanosecondType>(array, "%H:%M:%S%.9f")?,
        Timestamp(unit, zone) => {
            let zone = zone.is_some();
            match unit {
                TimeUnit::Second => timestamp::<TimestampSecondType>(array, zone, "%Y-%m-%d %H:%M:%S")?,
                TimeUnit::Millisecond => {
                    timestamp::<TimestampMillisecondType>(array, zone, "%Y-%m-%d %H:%M:%S%.3f")?
                }
                TimeUnit::Microsecond => {
                    timestamp::<TimestampMicrosecondType>(array, zone, "%Y-%m-%d %H:%M:%S%.6f")?
                }
                TimeUnit::Nanosecond => {
                    timestamp::<TimestampNanosecondType>(array, zone, "%Y-%m-%d %H:%M:%S%.9f")?
                }
            }
        }
        Dictionary(..) => {
            let dictionary = array.as_any_dictionary_opt()?;
            let values = dictionary.values();
            if values.is_empty() {
                return Some(Box::new(|_, row| row.push(Value::Missing)));
            }
            let (keys, nulls, value) = (dictionary.normalized_keys(), array.nulls().cloned(), cell(values)?);
            Box::new(move |place, row| match &nulls {
                Some(nulls) if nulls.is_null(place) => row.push(Value::Missing),
                _ => value(keys[place], row),
            })
        }
        _ => return None,
    })
}

/// Numbers and what is stored as numbers.
fn primitive<T: ArrowPrimitiveType>(
    array: &ArrayRef,
    push: impl Fn(T::Native, &mut Row) -> fmt::Result + Send + 'static,
) -> Option<Cell> {
    let array = array.as_primitive_opt::<T>()?.clone();
    Some(Box::new(move |place, row| match array.is_null(place) {
        true => row.push(Value::Missing),
        false => push(array.value(place), row),
    }))
}

fn whole<T: ArrowPrimitiveType<Native: fmt::Display>>(array: &ArrayRef) -> Option<Cell> {
    primitive::<T>(array, |x, row| row.push(Value::Other(&x)))
}

fn decimal<T: DecimalType>(array: &ArrayRef, digits: u8, scale: i8) -> Option<Cell> {
    primitive::<T>(array, move |x, row| row.push(Value::Text(&T::format_decimal(x, digits, scale))))
}

fn date<T: ArrowPrimitiveType<Native: Into<i64>>>(array: &ArrayRef) -> Option<Cell> {
    primitive::<T>(array, |x, row| {
        let date = as_date::<T>(x.into()).ok_or(fmt::Error)?;
        row.push(Value::Other(&date.format("%Y-%m-%d")))
    })
}

fn time<T: ArrowPrimitiveType<Native: Into<i64>>>(array: &ArrayRef, form: &'static str) -> Option<Cell> {
    primitive::<T>(array, |x, row| {
        let time = as_time::<T>(x.into()).ok_or(fmt::Error)?;
        row.push(Value::Other(&time.format(form)))
    })
}

/// Times of a zone are stored and written as those of Greenwich.
fn timestamp<T: ArrowPrimitiveType<Native: Into<i64>>>(
    array: &ArrayRef,
    zone: bool,
    form: &'static str,
) -> Option<Cell> {
    primitive::<T>(array, move |x, row| {
        let time = as_datetime::<T>(x.into()).ok_or(fmt::Error)?;
        let offset = if zone { " +00:00" } else { "" };
        row.push(Value::Other(&format_args!("{}{offset}", time.format(form))))
    })
}

impl From<ArrowError> for Problem {
    fn from(error: ArrowError) -> Problem {
        Problem::File(match error {
            // The kind of error is known already.
            ArrowError::IpcError(problem)
            | ArrowError::ParseError(problem)
            | ArrowError::InvalidArgumentError(problem) => problem,
            other => other.to_string(),
        })
    }
}
