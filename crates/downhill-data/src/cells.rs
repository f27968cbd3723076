//! The cells of a CSV text.

use std::io::{self, BufRead, BufReader, Read};

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use memchr::{memchr, memchr_iter, memchr2};

/// The number of bytes that are read at once.
const BUFFER: usize = 1 << 18;

/// Reads CSV (RFC 4180) one record after the other; empty lines are passed over.
pub(crate) struct Records<R> {
    text: BufReader<R>,
    delimiter: u8,
    parser: Reader,
    /// The cells of the record that was read last, one after the other.
    bytes: Vec<u8>,
    /// Where in `bytes` each of them ends.
    ends: Vec<usize>,
}

impl<R: Read> Records<R> {
    pub(crate) fn new(text: R, delimiter: u8) -> Records<R> {
        let parser = ReaderBuilder::new().delimiter(delimiter).build();
        let text = BufReader::with_capacity(BUFFER, text);
        Records { text, delimiter, parser, bytes: vec![0; 1024], ends: vec![0; 64] }
    }

    /// The cells of the next record, or `None` behind the last.
    pub(crate) fn next(&mut self) -> io::Result<Option<Record<'_>>> {
        loop {
            // A line without quotes that is in memory as a whole needs no parser.
            let text = self.text.fill_buf()?;
            let Some(end) = memchr(b'\n', text) else { break };
            let line = text[..end].strip_suffix(b"\r").unwrap_or(&text[..end]);
            if memchr2(b'"', b'\r', line).is_some() {
                break;
            }
            let length = line.len();
            if self.bytes.len() < length {
                self.bytes.resize(length, 0);
            }
            self.bytes[..length].copy_from_slice(line);
            self.text.consume(end + 1);
            if length > 0 {
                self.ends.clear();
                self.ends.extend(memchr_iter(self.delimiter, &self.bytes[..length]));
                self.ends.push(length);
                return Ok(Some(Record { bytes: &self.bytes[..length], ends: &self.ends, gap: 1 }));
            }
        }
        self.parse()
    }

    /// The same with all that CSV can be.
    fn parse(&mut self) -> io::Result<Option<Record<'_>>> {
        let (mut length, mut cells) = (0, 0);
        self.ends.resize(self.ends.capacity().max(64), 0);
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
                    return Ok(Some(Record {
                        bytes: &self.bytes[..length],
                        ends: &self.ends[..cells],
                        gap: 0,
                    }));
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
    /// The number of bytes between two cells.
    gap: usize,
}

/// A record that is not UTF-8.
pub(crate) struct NotText;

impl<'a> Record<'a> {
    /// Of cells that follow each other without anything between, and end there.
    #[cfg(feature = "parquet")]
    pub(crate) fn new(bytes: &'a [u8], ends: &'a [usize]) -> Record<'a> {
        Record { bytes, ends, gap: 0 }
    }

    /// The number of cells.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    fn text(&self) -> Result<&str, NotText> {
        str::from_utf8(self.bytes).map_err(|_| NotText)
    }

    /// Where in its text the cells lie, without the white space around them.
    fn places<'t>(&'t self, text: &'t str) -> impl Iterator<Item = Result<(usize, usize), NotText>> + 't {
        let mut start = 0;
        self.ends.iter().map(move |&end| {
            // Not a slice: halves of a character in neighbouring cells make a whole one.
            let cell = text.get(start..end).ok_or(NotText)?;
            let trimmed = trim(cell);
            let from = start + (trimmed.as_ptr() as usize - cell.as_ptr() as usize);
            start = end + self.gap;
            Ok((from, from + trimmed.len()))
        })
    }

    /// Its cells without the white space around them.
    pub(crate) fn cells(&self) -> Result<Vec<&str>, NotText> {
        let text = self.text()?;
        self.places(text).map(|place| place.map(|(start, end)| &text[start..end])).collect()
    }
}

/// A cell without the white space around it, which it seldom has.
fn trim(cell: &str) -> &str {
    let plain = |byte: &u8| byte.is_ascii_graphic();
    match cell.as_bytes() {
        [only] if plain(only) => cell,
        [first, .., last] if plain(first) && plain(last) => cell,
        _ => cell.trim(),
    }
}

/// The cells of a table's rows.
#[derive(Debug, Clone)]
pub(crate) struct Cells {
    text: String,
    /// Where in `text` each row begins.
    rows: Vec<usize>,
    /// Where in its row's text each cell begins and ends, row by row.
    places: Vec<(u32, u32)>,
    /// The number of cells in a row.
    width: usize,
}

impl Cells {
    /// No rows yet.
    pub(crate) fn new(width: usize) -> Cells {
        Cells { text: String::new(), rows: Vec::new(), places: Vec::new(), width }
    }

    /// Adds a record of the rows' width behind the last; an error for one that is not UTF-8, or has more than 4 GiB.
    pub(crate) fn push(&mut self, record: &Record<'_>) -> Result<(), NotText> {
        let text = record.text()?;
        u32::try_from(text.len()).map_err(|_| NotText)?;
        for place in record.places(text) {
            let (start, end) = place?;
            self.places.push((start as u32, end as u32));
        }
        self.rows.push(self.text.len());
        self.text.push_str(text);
        Ok(())
    }

    /// The number of rows.
    pub(crate) fn rows(&self) -> usize {
        self.rows.len()
    }

    /// The cell in a row and a column.
    pub(crate) fn get(&self, row: usize, column: usize) -> &str {
        let (start, end) = self.places[row * self.width + column];
        &self.text[self.rows[row]..][start as usize..end as usize]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Lines that need no parser are cut as the parser would, wherever they are.
        #[test]
        fn both_ways_agree(text in "[ab,;\"\\r\\n é]{0,60}", piece in 1_usize..9) {
            /// A few bytes at a time.
            struct Pieces<'a>(&'a [u8], usize);

            impl Read for Pieces<'_> {
                fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                    let count = buffer.len().min(self.1);
                    self.0.read(&mut buffer[..count])
                }
            }

            let cells = |record: Option<Record<'_>>| {
                record.map(|record| record.cells().ok().map(|cells| cells.join("|")))
            };
            let mut parsed = Records::new(text.as_bytes(), b',');
            let mut either = Records::new(Pieces(text.as_bytes(), piece), b',');
            loop {
                let expected = cells(parsed.parse()?);
                prop_assert_eq!(cells(either.next()?), expected.clone());
                if expected.is_none() {
                    break;
                }
            }
        }
    }
}
