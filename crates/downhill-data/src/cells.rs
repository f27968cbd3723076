//! The cells of a CSV text.

use std::io::{self, BufRead, BufReader, Read};
use std::str::Utf8Error;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

/// Reads CSV (RFC 4180) one record after the other; empty lines are passed over.
pub(crate) struct Records<R> {
    text: BufReader<R>,
    parser: Reader,
    /// The cells of the record that was read last, one after the other.
    bytes: Vec<u8>,
    /// Where in `bytes` each of them ends.
    ends: Vec<usize>,
}

impl<R: Read> Records<R> {
    pub(crate) fn new(text: R, delimiter: u8) -> Records<R> {
        let parser = ReaderBuilder::new().delimiter(delimiter).build();
        Records { text: BufReader::new(text), parser, bytes: vec![0; 1024], ends: vec![0; 64] }
    }

    /// The cells of the next record, or `None` behind the last.
    pub(crate) fn next(&mut self) -> io::Result<Option<Record<'_>>> {
        let (mut length, mut cells) = (0, 0);
        loop {
            let text = self.text.fill_buf()?;
            let (outcome, read, written, ended) =
                self.parser.read_record(text, &mut self.bytes[length..], &mut self.ends[cells..]);
            self.text.consume(read);
            (length, cells) = (length + written, cells + ended);
            match outcome {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.bytes.resize(2 * self.bytes.len(), 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(2 * self.ends.len(), 0),
                ReadRecordResult::Record => {
                    return Ok(Some(Record { bytes: &self.bytes[..length], ends: &self.ends[..cells] }));
                }
                ReadRecordResult::End => return Ok(None),
            }
        }
    }
}

/// One record.
pub(crate) struct Record<'a> {
    bytes: &'a [u8],
    ends: &'a [usize],
}

impl Record<'_> {
    /// The number of cells.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Its cells without the white space around them; an error for one that is not UTF-8.
    pub(crate) fn cells(&self) -> impl Iterator<Item = Result<&str, Utf8Error>> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(self.ends).map(|(start, &end)| Ok(str::from_utf8(&self.bytes[start..end])?.trim()))
    }
}

/// The cells of a table's rows, all in one text.
#[derive(Debug, Clone)]
pub(crate) struct Cells {
    text: String,
    /// Where in `text` each cell ends, row by row.
    ends: Vec<usize>,
    /// The number of cells in a row.
    width: usize,
}

impl Cells {
    /// No rows yet.
    pub(crate) fn new(width: usize) -> Cells {
        Cells { text: String::new(), ends: Vec::new(), width }
    }

    /// Adds a record of the rows' width behind the last; an error for one that is not UTF-8.
    pub(crate) fn push(&mut self, record: &Record<'_>) -> Result<(), Utf8Error> {
        for cell in record.cells() {
            self.text.push_str(cell?);
            self.ends.push(self.text.len());
        }
        Ok(())
    }

    /// The number of rows.
    pub(crate) fn rows(&self) -> usize {
        self.ends.len().checked_div(self.width).unwrap_or(0)
    }

    /// The cell in a row and a column.
    pub(crate) fn get(&self, row: usize, column: usize) -> &str {
        let place = row * self.width + column;
        let start = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start..self.ends[place]]
    }
}
