//! The cells of a table's rows.

use std::ops::Range;

use crate::breaks::Breaks;
use crate::records::{NotText, Record, trim};

/// The cells of a table's rows.
#[derive(Debug, Clone)]
pub(crate) struct Cells {
    /// What was read by itself is by itself: to join it would be to copy all of it.
    parts: Vec<Part>,
    rows: Vec<Place>,
    /// The number of cells in a row.
    width: usize,
}

/// The text of rows that follow each other.
#[derive(Debug, Clone, Default)]
struct Part {
    /// Row after row, cell after cell, a byte of anything between two cells.
    text: String,
    /// Where in its row's text each cell ends, row by row.
    ends: Vec<u32>,
    /// The number of its first row.
    first: usize,
}

/// Where a row begins.
#[derive(Debug, Clone, Copy)]
struct Place {
    part: u32,
    start: u32,
}

impl Cells {
    /// No rows yet.
    pub(crate) fn new(width: usize) -> Cells {
        Cells { parts: Vec::new(), rows: Vec::new(), width }
    }

    /// Adds a record of the rows' width behind the last; an error for one that is not UTF-8, or has more than 4 GiB.
    pub(crate) fn push(&mut self, record: &Record<'_>) -> Result<(), NotText> {
        let (mut place, part) = self.last(record.length());
        let start = part.text.len();
        place.start = u32::try_from(start).map_err(|_| NotText)?;
        for cell in record.cells()? {
            part.text.push_str(cell);
            let end = u32::try_from(part.text.len() - start).map_err(|_| NotText)?;
            part.ends.push(end);
            part.text.push('\n');
        }
        self.rows.push(place);
        Ok(())
    }

    /// Adds lines whose cells are all there is between two delimiters, in ASCII: until there are `most` rows or a line
    /// has not their width. Empty lines are passed over, and what follows the last end of a line is left. Answers how many
    /// bytes were taken; the text must be shorter than 4 GiB.
    pub(crate) fn push_lines(&mut self, text: &str, delimiter: u8, most: usize) -> usize {
        let (place, _) = self.last(text.len());
        let Cells { parts, rows, width } = self;
        let Some(part) = parts.last_mut() else { return 0 };
        let taken = cut(text.as_bytes(), delimiter, most, *width, place, rows, &mut part.ends);
        part.text.push_str(&text[..taken]);
        taken
    }

    /// Those of a text of such lines alone, the last of which ends, too; the text if it is none.
    pub(crate) fn of_lines(width: usize, text: String, delimiter: u8) -> Result<Cells, String> {
        let mut cells = Cells::new(width);
        let place = Place { part: 0, start: 0 };
        let mut ends = Vec::with_capacity(text.len() / 4);
        let taken = cut(text.as_bytes(), delimiter, usize::MAX, width, place, &mut cells.rows, &mut ends);
        if taken != text.len() {
            return Err(text);
        }
        cells.parts.push(Part { text, ends, first: 0 });
        Ok(cells)
    }

    /// Adds rows of the same width.
    pub(crate) fn append(&mut self, rows: Cells) {
        let (parts, first) = (self.parts.len() as u32, self.rows.len());
        self.rows.extend(rows.rows.iter().map(|place| Place { part: place.part + parts, ..*place }));
        self.parts.extend(rows.parts.into_iter().map(|part| Part { first: part.first + first, ..part }));
    }

    /// Where the next row begins and what it becomes part of: what has room for so many bytes.
    fn last(&mut self, length: usize) -> (Place, &mut Part) {
        // A byte is added to each cell.
        let fits = |part: &Part| part.text.len() + length + self.width < u32::MAX as usize;
        if !self.parts.last().is_some_and(fits) {
            self.parts.push(Part { first: self.rows.len(), ..Part::default() });
        }
        let last = self.parts.len() - 1;
        let part = &mut self.parts[last];
        (Place { part: last as u32, start: part.text.len() as u32 }, part)
    }

    /// The number of cells in a row.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// The number of rows.
    pub(crate) fn rows(&self) -> usize {
        self.rows.len()
    }

    /// The cell in a row and a column, without the white space around it.
    pub(crate) fn get(&self, row: usize, column: usize) -> &str {
        let (part, range) = self.range(row, column);
        trim(&part.text[range])
    }

    /// The bytes of a cell, with white space around them if there is any: it takes less time.
    pub(crate) fn bytes(&self, row: usize, column: usize) -> &[u8] {
        let (part, range) = self.range(row, column);
        &part.text.as_bytes()[range]
    }

    fn range(&self, row: usize, column: usize) -> (&Part, Range<usize>) {
        let Place { part, start } = self.rows[row];
        let part = &self.parts[part as usize];
        let (start, place) = (start as usize, (row - part.first) * self.width + column);
        let before = if column == 0 { 0 } else { part.ends[place - 1] as usize + 1 };
        (part, start + before..start + part.ends[place] as usize)
    }
}

/// Cuts lines of a text that begins at `base`.
fn cut(
    bytes: &[u8],
    delimiter: u8,
    most: usize,
    width: usize,
    base: Place,
    rows: &mut Vec<Place>,
    ends: &mut Vec<u32>,
) -> usize {
    let (mut start, mut kept) = (0, ends.len());
    for place in Breaks::new(bytes, [delimiter, b'\n']) {
        if bytes[place] != b'\n' {
            ends.push((place - start) as u32);
            continue;
        }
        let end = place - usize::from(place > start && bytes[place - 1] == b'\r');
        if end > start {
            ends.push((end - start) as u32);
            if ends.len() - kept != width {
                break;
            }
            kept = ends.len();
            rows.push(Place { start: base.start + start as u32, ..base });
        }
        start = place + 1;
        if rows.len() >= most {
            break;
        }
    }
    ends.truncate(kept);
    start
}
