//! The records of a CSV text.

use std::io::{self, BufRead};

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use memchr::{memchr2_iter, memrchr};

use crate::cells::Cells;

/// Reads CSV (RFC 4180) one record after the other; empty lines are passed over.
pub(crate) struct Records<R> {
    text: R,
    delimiter: u8,
    parser: Reader,
    /// The cells of the record that was read last, one after the other.
    bytes: Vec<u8>,
    /// Where in `bytes` each of them ends.
    ends: Vec<usize>,
}

impl<R: BufRead> Records<R> {
    pub(crate) fn new(text: R, delimiter: u8) -> Records<R> {
        let mut parser = ReaderBuilder::new().delimiter(delimiter).build();
        // It would pass over a byte order mark at the beginning, which this may not be. An empty line is none to it.
        parser.read_record(b"\n", &mut [0], &mut [0]);
        Records { text, delimiter, parser, bytes: vec![0; 1024], ends: vec![0; 64] }
    }

    /// What was not read yet.
    pub(crate) fn rest(self) -> R {
        self.text
    }

    /// Moves records to `cells`, until there are `most` rows, as long as they are of its width, in memory as a whole and
    /// need no parser. The record behind them is for [`next`](Records::next), whatever it is.
    pub(crate) fn take_plain(&mut self, cells: &mut Cells, most: usize) -> io::Result<()> {
        if is_plain(self.delimiter) {
            let text = plain(self.text.fill_buf()?);
            let taken = cells.push_lines(text, self.delimiter, most);
            self.text.consume(taken);
        }
        Ok(())
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

/// Whether lines can be cut at this delimiter without a parser.
pub(crate) fn is_plain(delimiter: u8) -> bool {
    delimiter.is_ascii() && !b"\"\r\n".contains(&delimiter)
}

/// The lines that a text begins with which have no quotes, end with `\n` or `\r\n`, and are UTF-8.
pub(crate) fn plain(text: &[u8]) -> &str {
    let needs_parser = |&at: &usize| text[at] == b'"' || text.get(at + 1) != Some(&b'\n');
    let whole_lines = |end: usize| &text[..memrchr(b'\n', &text[..end]).map_or(0, |last| last + 1)];
    let lines = whole_lines(memchr2_iter(b'"', b'\r', text).find(needs_parser).unwrap_or(text.len()));
    // The one that is not is the next record, and an error there.
    str::from_utf8(lines)
        .or_else(|error| str::from_utf8(whole_lines(error.valid_up_to())))
        .unwrap_or_default()
}

/// One record.
pub(crate) struct Record<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) ends: &'a [usize],
}

/// A record that is not UTF-8.
#[derive(Debug)]
pub(crate) struct NotText;

impl<'a> Record<'a> {
    /// Of cells that follow each other without anything between, and end there.
    #[cfg(any(feature = "arrow", feature = "parquet"))]
    pub(crate) fn new(bytes: &'a [u8], ends: &'a [usize]) -> Record<'a> {
        Record { bytes, ends }
    }

    /// The bytes of all cells.
    pub(crate) fn length(&self) -> usize {
        self.bytes.len()
    }

    /// The number of cells.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Its cells without the white space around them.
    pub(crate) fn cells(&self) -> Result<impl Iterator<Item = &'a str>, NotText> {
        let Record { bytes, ends } = *self;
        let text = str::from_utf8(bytes).map_err(|_| NotText)?;
        // Halves of a character in neighbouring cells make a whole one.
        if !ends.iter().all(|&end| text.is_char_boundary(end)) {
            return Err(NotText);
        }
        let mut start = 0;
        Ok(ends.iter().map(move |&end| trim(&text[std::mem::replace(&mut start, end)..end])))
    }
}

/// A cell without the white space around it, which it seldom has.
pub(crate) fn trim(cell: &str) -> &str {
    let plain = |byte: &u8| byte.is_ascii_graphic();
    match cell.as_bytes() {
        [only] if plain(only) => cell,
        [first, .., last] if plain(first) && plain(last) => cell,
        _ => cell.trim(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Read};

    use proptest::prelude::*;

    use super::*;

    /// A few bytes at a time.
    struct Pieces<'a>(&'a [u8], usize);

    impl Read for Pieces<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = buffer.len().min(self.1);
            self.0.read(&mut buffer[..count])
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        /// Lines that need no parser are cut as the parser would, wherever they are.
        #[test]
        fn both_ways_agree(
            text in prop::collection::vec("[ab,;\\r é]{0,4},[ab, é]{0,9}|\"[a\\n]\",b|\r|[ab,;\"\\r\\n é]{0,9}", 0..12),
            ends in prop::collection::vec(prop_oneof![Just("\n"), Just("\r\n")], 12),
            piece in 1_usize..200,
            step in 1_usize..4,
        ) {
            let text: String = text.iter().zip(ends).flat_map(|(line, end)| [line, end]).collect();
            let mut parsed = Records::new(text.as_bytes(), b',');
            let mut either = Records::new(BufReader::new(Pieces(text.as_bytes(), piece)), b',');
            let mut cells = Cells::new(2);
            loop {
                let most = cells.rows() + step;
                either.take_plain(&mut cells, most)?;
                prop_assert!(cells.rows() <= most);
                let record = either.next()?;
                let wide = record.as_ref().is_some_and(|record| record.len() == 2);
                if wide && let Some(record) = &record {
                    prop_assert!(cells.push(record).is_ok());
                    continue;
                }
                // Another width, or the end: all rows so far are those of the parser.
                for row in 0..cells.rows() {
                    let expected = parsed.next()?.map(|record| record.cells().map(Iterator::collect::<Vec<_>>));
                    prop_assert_eq!(expected.unwrap().unwrap(), [cells.get(row, 0), cells.get(row, 1)]);
                }
                let found = record.map(|record| record.cells().map(Iterator::collect::<Vec<_>>).unwrap());
                let expected = parsed.next()?.map(|record| record.cells().map(Iterator::collect::<Vec<_>>).unwrap());
                prop_assert_eq!(&found, &expected);
                if found.is_none() {
                    break;
                }
                cells = Cells::new(2);
            }
        }
    }
}
