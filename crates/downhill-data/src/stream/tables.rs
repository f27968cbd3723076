//! The table in a file, part after part.

use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};

use downhill_tensor::Real;

use super::Chunks;
use crate::gzip::read_error;
use crate::schema::Fitting;
use crate::table_options::Rows;
use crate::{Dataset, Encoder, Error, Result, Schema, Table, TableOptions};

/// A CSV, Parquet or Arrow file that is read part after part. Its size is not limited by memory.
pub struct TableChunks {
    path: PathBuf,
    format: Format,
    encoder: Encoder,
    rows: usize,
    reading: Option<Reading>,
}

#[derive(Clone)]
enum Format {
    Csv(TableOptions),
    #[cfg(feature = "parquet")]
    Parquet,
    #[cfg(feature = "arrow")]
    Arrow,
}

enum Reading {
    Csv(Box<Rows<File>>),
    #[cfg(feature = "parquet")]
    Parquet(Box<crate::parquet::Rows>),
    #[cfg(feature = "arrow")]
    Arrow(Box<crate::arrow::Rows<File>>),
}

/// The number of rows that are read at once.
const ROWS: usize = 4096;

impl TableChunks {
    /// Reads the whole of a CSV file once, to fit the schema and to count the rows that it keeps. Gaps that are to be
    /// filled with a median need 8 bytes of memory for each row.
    ///
    /// # Errors
    /// As [`Table::read`] and [`Schema::fit`].
    pub fn csv(path: impl AsRef<Path>, options: TableOptions, schema: &Schema) -> Result<TableChunks> {
        TableChunks::open(path.as_ref(), Format::Csv(options.max_bytes(u64::MAX)), schema)
    }

    /// The same of a Parquet file.
    ///
    /// # Errors
    /// As [`parquet::read`](crate::parquet::read) and [`Schema::fit`].
    #[cfg(feature = "parquet")]
    pub fn parquet(path: impl AsRef<Path>, schema: &Schema) -> Result<TableChunks> {
        TableChunks::open(path.as_ref(), Format::Parquet, schema)
    }

    /// The same of an Arrow file. One of its record batches is in memory at a time.
    ///
    /// # Errors
    /// As [`arrow::read`](crate::arrow::read) and [`Schema::fit`].
    #[cfg(feature = "arrow")]
    pub fn arrow(path: impl AsRef<Path>, schema: &Schema) -> Result<TableChunks> {
        TableChunks::open(path.as_ref(), Format::Arrow, schema)
    }

    fn open(path: &Path, format: Format, schema: &Schema) -> Result<TableChunks> {
        let mut reading = format.open(path)?;
        let no_rows = || Error::NoRows { table: path.display().to_string() };
        let first = reading.next_table(ROWS)?.ok_or_else(no_rows)?;
        let mut fitting = Fitting::new(schema, &first)?;
        fitting.add(&first)?;
        while let Some(table) = reading.next_table(ROWS)? {
            fitting.add(&table)?;
        }
        let rows = fitting.rows();
        Ok(TableChunks { path: path.into(), format, encoder: fitting.finish()?, rows, reading: None })
    }

    /// Another file of this format, read with what was learnt from this one: to validate on, or to go on learning from.
    ///
    /// # Errors
    /// As [`csv`](TableChunks::csv), [`Error::NoColumn`] or [`Error::MissingColumns`], [`Error::Cell`].
    pub fn like(&self, path: impl AsRef<Path>) -> Result<TableChunks> {
        let mut chunks = TableChunks { path: path.as_ref().into(), ..self.clone() };
        let mut rows = 0;
        while let Some(chunk) = Chunks::<f64>::next_chunk(&mut chunks)? {
            rows += chunk.len();
        }
        Ok(TableChunks { rows, ..chunks })
    }

    /// What makes numbers of the cells.
    pub fn encoder(&self) -> &Encoder {
        &self.encoder
    }
}

impl Format {
    fn open(&self, path: &Path) -> Result<Reading> {
        let name = path.display().to_string();
        let file = File::open(path).map_err(|source| read_error(&name, source))?;
        Ok(match self {
            Format::Csv(options) => Reading::Csv(Box::new(options.rows(file, &name)?)),
            #[cfg(feature = "parquet")]
            Format::Parquet => Reading::Parquet(Box::new(crate::parquet::rows(file, &name)?)),
            #[cfg(feature = "arrow")]
            Format::Arrow => Reading::Arrow(Box::new(crate::arrow::rows(file, &name)?)),
        })
    }
}

impl Reading {
    fn next_table(&mut self, most: usize) -> Result<Option<Table>> {
        match self {
            Reading::Csv(rows) => rows.next_table(most),
            #[cfg(feature = "parquet")]
            Reading::Parquet(rows) => rows.next_table(most),
            #[cfg(feature = "arrow")]
            Reading::Arrow(rows) => rows.next_table(most),
        }
    }
}

/// At the beginning of the file, wherever this one is.
impl Clone for TableChunks {
    fn clone(&self) -> TableChunks {
        let (path, format, encoder) = (self.path.clone(), self.format.clone(), self.encoder.clone());
        TableChunks { path, format, encoder, rows: self.rows, reading: None }
    }
}

impl fmt::Debug for TableChunks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TableChunks")
            .field("path", &self.path)
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

impl<T: Real> Chunks<T> for TableChunks {
    fn rows(&self) -> usize {
        self.rows
    }

    fn restart(&mut self) -> Result<()> {
        self.reading = Some(self.format.open(&self.path)?);
        Ok(())
    }

    fn next_chunk(&mut self) -> Result<Option<Dataset<T>>> {
        let reading = match &mut self.reading {
            Some(reading) => reading,
            none => none.insert(self.format.open(&self.path)?),
        };
        reading.next_table(ROWS)?.map(|table| self.encoder.dataset(&table)).transpose()
    }
}
