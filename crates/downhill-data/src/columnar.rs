//! Tables in files of typed columns: what all formats of them have in common.

use std::fmt::{self, Display, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::cells::Cells;
use crate::records::Record;
use crate::table_options::check_names;
use crate::{Error, Result, Table};

/// What reads the rows of a file, one after the other.
pub(crate) trait Typed: Sized {
    /// The format with its article: `"a Parquet"`.
    const FORMAT: &'static str;

    /// The names of the columns.
    fn columns(&self) -> Vec<String>;

    /// Writes the cells of the next row, or answers that there is none.
    fn next_row(&mut self, row: &mut Row) -> Result<bool, Problem>;

    /// The bytes of the file, as far as it is known.
    fn size(&self) -> u64;
}

/// What is wrong with a file.
pub(crate) enum Problem {
    /// Something as a whole.
    File(String),
    /// A column, by its name, and what.
    Column(String, String),
    Error(Error),
}

/// The text of a row's cells, one after the other.
#[derive(Default)]
pub(crate) struct Row {
    text: String,
    ends: Vec<usize>,
}

/// A value in a cell.
pub(crate) enum Value<'a> {
    Missing,
    Truth(bool),
    Text(&'a str),
    Single(f32),
    Double(f64),
    /// What is written as it is: whole numbers, decimals, dates.
    Other(&'a dyn Display),
}

impl Row {
    /// Adds a cell: numbers are written so that nothing of them is lost, truth is 1 and falsehood 0.
    pub(crate) fn push(&mut self, value: Value<'_>) -> fmt::Result {
        let text = &mut self.text;
        match value {
            Value::Missing => {}
            Value::Truth(truth) => text.push(if truth { '1' } else { '0' }),
            Value::Text(value) => text.push_str(value),
            // An exponent keeps the text of large and small numbers short.
            Value::Single(x) => write!(text, "{x:e}")?,
            Value::Double(x) => write!(text, "{x:e}")?,
            Value::Other(value) => write!(text, "{value}")?,
        }
        self.ends.push(self.text.len());
        Ok(())
    }
}

/// The rows of a file.
pub(crate) struct Rows<R> {
    reader: R,
    name: String,
    columns: Arc<[String]>,
    /// The number of rows read so far.
    read: usize,
    row: Row,
}

impl<R: Typed> Rows<R> {
    /// The rows of the file that `open` begins to read.
    pub(crate) fn new(name: &str, open: impl FnOnce() -> Result<R, Problem>) -> Result<Rows<R>> {
        let reader = guarded::<R, _>(name, open)?;
        let columns = reader.columns();
        check_names(&columns, name)?;
        Ok(Rows { reader, name: name.to_owned(), columns: columns.into(), read: 0, row: Row::default() })
    }

    /// All rows.
    pub(crate) fn whole(mut self) -> Result<Table> {
        self.next_table(usize::MAX)?.ok_or(Error::NoRows { table: self.name })
    }

    /// The next rows, at most `most`; none at the end.
    pub(crate) fn next_table(&mut self, most: usize) -> Result<Option<Table>> {
        let Rows { reader, name, columns, read, row } = self;
        guarded::<R, _>(name, || {
            let mut cells = Cells::new(columns.len());
            let mut written = 0;
            while cells.rows() < most {
                row.text.clear();
                row.ends.clear();
                if !reader.next_row(row)? {
                    break;
                }
                let number = *read + cells.rows() + 1;
                if row.ends.len() != columns.len() {
                    let (expected, found) = (columns.len(), row.ends.len());
                    let ragged = Error::Ragged { table: name.clone(), row: number, expected, found };
                    return Err(Problem::Error(ragged));
                }
                written += (row.text.len() + PLACE * (1 + row.ends.len())) as u64;
                if written > allowed(reader.size()) {
                    return Err(Problem::File(format!(
                        "row {number}: the rows are far longer than the file"
                    )));
                }
                let utf8 = |_| Problem::Error(Error::Utf8 { table: name.clone(), row: number });
                cells.push(&Record::new(row.text.as_bytes(), &row.ends)).map_err(utf8)?;
            }
            let before = *read;
            *read += cells.rows();
            Ok((cells.rows() > 0).then(|| Table::new(name, columns, cells, before)))
        })
    }
}

/// The bytes that the place of a cell or row takes.
const PLACE: usize = 5;

/// The most bytes of rows in a table from a file of so many. A value that is stored once can stand in any number of rows:
/// a small file may promise more of them than memory holds.
fn allowed(size: u64) -> u64 {
    const FREE: u64 = 1 << 27;
    const TIMES: u64 = 1 << 12;
    size.saturating_mul(TIMES).saturating_add(FREE)
}

/// Calls a format's reader, which may panic on files that are damaged.
fn guarded<R: Typed, V>(name: &str, read: impl FnOnce() -> Result<V, Problem>) -> Result<V> {
    let problem = match catch_unwind(AssertUnwindSafe(read)) {
        Ok(Ok(value)) => return Ok(value),
        Ok(Err(problem)) => problem,
        Err(_) => Problem::File("its reader gave up".into()),
    };
    Err(match problem {
        Problem::File(problem) => Error::malformed(name, R::FORMAT, problem),
        Problem::Column(column, problem) => Error::Column { table: name.to_owned(), column, problem },
        Problem::Error(error) => error,
    })
}
