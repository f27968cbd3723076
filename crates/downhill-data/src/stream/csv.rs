//! A CSV file, part after part.

use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};

use downhill_tensor::Real;

use super::Chunks;
use crate::gzip::read_error;
use crate::schema::Fitting;
use crate::table_options::Rows;
use crate::{Dataset, Encoder, Error, Result, Schema, TableOptions};

/// A CSV file that is read part after part. Its size is not limited by memory.
pub struct CsvChunks {
    path: PathBuf,
    options: TableOptions,
    encoder: Encoder,
    rows: usize,
    reading: Option<Rows<File>>,
}

/// The number of rows that are read at once.
const ROWS: usize = 4096;

impl CsvChunks {
    /// Reads the whole file once, to fit the schema and to count the rows that it keeps. Gaps that are to be filled with a
    /// median need 8 bytes of memory for each row.
    ///
    /// # Errors
    /// As [`Table::read`](crate::Table::read) and [`Schema::fit`].
    pub fn open(path: impl AsRef<Path>, options: TableOptions, schema: &Schema) -> Result<CsvChunks> {
        let path = path.as_ref();
        let options = options.max_bytes(u64::MAX);
        let mut reading = rows(path, &options)?;
        let no_rows = || Error::NoRows { table: path.display().to_string() };
        let first = reading.next_table(ROWS)?.ok_or_else(no_rows)?;
        let mut fitting = Fitting::new(schema, &first)?;
        fitting.add(&first)?;
        while let Some(table) = reading.next_table(ROWS)? {
            fitting.add(&table)?;
        }
        let rows = fitting.rows();
        Ok(CsvChunks { path: path.into(), options, encoder: fitting.finish()?, rows, reading: None })
    }

    /// The same, with an encoder that has been fitted on other rows: for a file to validate on, or to go on learning from.
    ///
    /// # Errors
    /// As [`Table::read`](crate::Table::read), [`Error::NoColumn`] or [`Error::MissingColumns`], [`Error::Cell`].
    pub fn with_encoder(
        path: impl AsRef<Path>,
        options: TableOptions,
        encoder: Encoder,
    ) -> Result<CsvChunks> {
        let (path, options) = (path.as_ref().to_owned(), options.max_bytes(u64::MAX));
        let mut chunks = CsvChunks { path, options, encoder, rows: 0, reading: None };
        let mut rows = 0;
        chunks.reading = Some(self::rows(&chunks.path, &chunks.options)?);
        while let Some(chunk) = Chunks::<f64>::next_chunk(&mut chunks)? {
            rows += chunk.len();
        }
        Ok(CsvChunks { rows, ..chunks })
    }

    /// What makes numbers of the cells.
    pub fn encoder(&self) -> &Encoder {
        &self.encoder
    }
}

fn rows(path: &Path, options: &TableOptions) -> Result<Rows<File>> {
    let name = path.display().to_string();
    let file = File::open(path).map_err(|source| read_error(&name, source))?;
    options.rows(file, &name)
}

/// At the beginning of the file, wherever this one is.
impl Clone for CsvChunks {
    fn clone(&self) -> CsvChunks {
        let (path, options, encoder) = (self.path.clone(), self.options.clone(), self.encoder.clone());
        CsvChunks { path, options, encoder, rows: self.rows, reading: None }
    }
}

impl fmt::Debug for CsvChunks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CsvChunks")
            .field("path", &self.path)
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

impl<T: Real> Chunks<T> for CsvChunks {
    fn rows(&self) -> usize {
        self.rows
    }

    fn restart(&mut self) -> Result<()> {
        self.reading = Some(rows(&self.path, &self.options)?);
        Ok(())
    }

    fn next_chunk(&mut self) -> Result<Option<Dataset<T>>> {
        let reading = match &mut self.reading {
            Some(reading) => reading,
            none => none.insert(rows(&self.path, &self.options)?),
        };
        reading.next_table(ROWS)?.map(|table| self.encoder.dataset(&table)).transpose()
    }
}
