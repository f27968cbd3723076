//! The cells of a table's rows.

use std::ops::Range;

use crate::breaks::Breaks;
use crate::records::{NotText, Record, trim};

/// The cells of a table's rows.
#[derive(Debug, Clone)]
pub(crate) struct Cells {
    /// Row after row, cell after cell, a byte of anything between two cells.
    text: String,
    /// Where in `text` each row begins.
    rows: Vec<usize>,
    /// Where in its row's text each cell ends, row by row.
    ends: Vec<u32>,
    /// The number of cells in a row.
    width: usize,
}

impl Cells {
    /// No rows yet.
    pub(crate) fn new(width: usize) -> Cells {
        Cells { text: String::new(), rows: Vec::new(), ends: Vec::new(), width }
    }

    /// Adds a record of the rows' width behind the last; an error for one that is not UTF-8, or has more than 4 GiB.
    pub(crate) fn push(&mut self, record: &Record<'_>) -> Result<(), NotText> {
        let start = self.text.len();
        for cell in record.cells()? {
            self.text.push_str(cell);
            let end = u32::try_from(self.text.len() - start).map_err(|_| NotText)?;
            self.ends.push(end);
            self.text.push('\n');
        }
        self.rows.push(start);
        Ok(())
    }

    /// Adds lines whose cells are all there is between two delimiters, in ASCII: until there are `most` rows or a line
    /// has not their width. Empty lines are passed over, and what follows the last end of a line is left. Answers how many
    /// bytes were taken; the text must be shorter than 4 GiB.
    pub(crate) fn push_lines(&mut self, text: &str, delimiter: u8, most: usize) -> usize {
        let (bytes, base) = (text.as_bytes(), self.text.len());
        let (mut start, mut kept) = (0, self.ends.len());
        for place in Breaks::new(bytes, [delimiter, b'\n']) {
            if bytes[place] != b'\n' {
                self.ends.push((place - start) as u32);
                continue;
            }
            let end = place - usize::from(place > start && bytes[place - 1] == b'\r');
            if end > start {
                self.ends.push((end - start) as u32);
                if self.ends.len() - kept != self.width {
                    break;
                }
                kept = self.ends.len();
                self.rows.push(base + start);
            }
            start = place + 1;
            if self.rows.len() >= most {
                break;
            }
        }
        self.ends.truncate(kept);
        self.text.push_str(&text[..start]);
        start
    }

    /// The number of rows.
    pub(crate) fn rows(&self) -> usize {
        self.rows.len()
    }

    /// The cell in a row and a column, without the white space around it.
    pub(crate) fn get(&self, row: usize, column: usize) -> &str {
        trim(&self.text[self.range(row, column)])
    }

    /// The bytes of a cell, with white space around them if there is any: it takes less time.
    pub(crate) fn bytes(&self, row: usize, column: usize) -> &[u8] {
        &self.text.as_bytes()[self.range(row, column)]
    }

    fn range(&self, row: usize, column: usize) -> Range<usize> {
        let (start, place) = (self.rows[row], row * self.width + column);
        let before = if column == 0 { 0 } else { self.ends[place - 1] as usize + 1 };
        start + before..start + self.ends[place] as usize
    }
}
