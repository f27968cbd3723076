//! How a CSV file is read.

use std::collections::HashSet;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use crate::cells::Cells;
use crate::gzip::{Limited, Plain, Whole, peek, plain, read_error};
use crate::records::{Record, Records};
use crate::{Error, Result, Table};

/// How a [`Table`] is read: by default with a header line, cells separated by commas, and up to 1 GiB
/// of text.
///
/// ```
/// use downhill_data::TableOptions;
///
/// let options = TableOptions::new().delimiter(b';').names(["length", "species"]);
/// let table = options.from_reader("5.1;setosa\n6.3;virginica\n".as_bytes(), "flowers")?;
/// assert_eq!(table.len(), 2);
/// # Ok::<(), downhill_data::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct TableOptions {
    delimiter: u8,
    names: Option<Vec<String>>,
    max_bytes: u64,
}

impl TableOptions {
    /// The defaults.
    pub fn new() -> TableOptions {
        TableOptions { delimiter: b',', names: None, max_bytes: 1 << 30 }
    }

    /// The character between two cells: `b';'`, `b'\t'`.
    #[must_use]
    pub fn delimiter(self, delimiter: u8) -> TableOptions {
        TableOptions { delimiter, ..self }
    }

    /// The columns' names, for a file without a header line.
    #[must_use]
    pub fn names(self, names: impl IntoIterator<Item = impl Into<String>>) -> TableOptions {
        TableOptions { names: Some(names.into_iter().map(Into::into).collect()), ..self }
    }

    /// The most bytes of text to read, after decompression.
    #[must_use]
    pub fn max_bytes(self, max_bytes: u64) -> TableOptions {
        TableOptions { max_bytes, ..self }
    }

    /// Reads a file, which may be compressed with gzip.
    ///
    /// # Errors
    /// As [`Table::read`].
    pub fn read(&self, path: impl AsRef<Path>) -> Result<Table> {
        let name = path.as_ref().display().to_string();
        let file = File::open(path).map_err(|source| read_error(&name, source))?;
        self.from_reader(file, &name)
    }

    /// Reads text, which may be compressed with gzip; `name` stands for it in error messages.
    ///
    /// # Errors
    /// As [`Table::read`].
    pub fn from_reader(&self, reader: impl Read, name: &str) -> Result<Table> {
        let mut rows = self.rows(reader, name)?;
        match rows.next_table(usize::MAX)? {
            Some(table) => Ok(table),
            None => Err(Error::NoRows { table: name.to_owned() }),
        }
    }

    /// What a table is read from, part after part.
    pub(crate) fn rows<R: Read>(&self, reader: R, name: &str) -> Result<Rows<R>> {
        const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];
        let (start, mut text) = peek(Limited::new(plain(reader, name)?, self.max_bytes), 3, name)?;
        if start == BYTE_ORDER_MARK {
            text.read_exact(&mut [0; 3]).map_err(|source| read_error(name, source))?;
        }
        let mut records = Records::new(text, self.delimiter);
        let columns = match &self.names {
            Some(names) => names.clone(),
            None => header(records.next().map_err(|source| read_error(name, source))?, name)?,
        };
        check_names(&columns, name)?;
        Ok(Rows { records, name: name.to_owned(), columns: columns.into(), read: 0 })
    }
}

/// The rows of a text.
pub(crate) struct Rows<R> {
    records: Records<Whole<Limited<Plain<R>>>>,
    name: String,
    columns: Arc<[String]>,
    /// The number of rows read so far.
    read: usize,
}

impl<R: Read> Rows<R> {
    /// The next rows, at most `most`; none at the end.
    pub(crate) fn next_table(&mut self, most: usize) -> Result<Option<Table>> {
        let (name, expected) = (&self.name, self.columns.len());
        let mut cells = Cells::new(expected);
        while cells.rows() < most {
            self.records.take_plain(&mut cells, most).map_err(|source| read_error(name, source))?;
            if cells.rows() == most {
                break;
            }
            let record = self.records.next().map_err(|source| read_error(name, source))?;
            let Some(record) = record else { break };
            let (row, found) = (self.read + cells.rows() + 1, record.len());
            if found != expected {
                return Err(Error::Ragged { table: name.clone(), row, expected, found });
            }
            cells.push(&record).map_err(|_| Error::Utf8 { table: name.clone(), row })?;
        }
        let before = self.read;
        self.read += cells.rows();
        Ok((cells.rows() > 0).then(|| Table::new(name, &self.columns, cells, before)))
    }
}

impl Default for TableOptions {
    fn default() -> TableOptions {
        TableOptions::new()
    }
}

/// The names in a header line.
fn header(header: Option<Record<'_>>, table: &str) -> Result<Vec<String>> {
    let table = || table.to_owned();
    let header = header.ok_or_else(|| Error::NoRows { table: table() })?;
    let names: Vec<&str> = header.cells().map_err(|_| Error::Utf8 { table: table(), row: 0 })?.collect();
    if names.iter().all(|name| name.parse::<f64>().is_ok()) {
        return Err(Error::NoHeader { table: table() });
    }
    Ok(names.into_iter().map(str::to_owned).collect())
}

pub(crate) fn check_names(columns: &[String], table: &str) -> Result<()> {
    if let Some(place) = columns.iter().position(String::is_empty) {
        return Err(Error::Unnamed { table: table.to_owned(), column: place + 1 });
    }
    let mut seen = HashSet::new();
    match columns.iter().find(|&name| !seen.insert(name)) {
        None => Ok(()),
        Some(column) => Err(Error::Duplicate { table: table.to_owned(), column: column.clone() }),
    }
}
