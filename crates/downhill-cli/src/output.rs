//! What commands print.

use std::fmt::Write as _;
use std::io::{self, Write};

use serde::Serialize;

use crate::error::{Error, Result};

/// Prints text to standard output.
pub(crate) fn print(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    written(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// What became of writing to standard output: a reader that has gone, such as `head`, wants no more of it.
pub(crate) fn written(result: io::Result<()>) -> Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(Error::Closed),
        Err(error) => Err(Error::file("standard output", error)),
        Ok(()) => Ok(()),
    }
}

/// Something that a command has found out.
pub(crate) trait Report: Serialize {
    /// The same for people.
    fn text(&self) -> String;
}

/// Prints a report, for people or as JSON.
pub(crate) fn report(report: &impl Report, json: bool) -> Result<()> {
    if !json {
        return print(&report.text());
    }
    let text = serde_json::to_string_pretty(report);
    let text = text.map_err(|error| Error::Input(format!("this cannot be written as JSON: {error}")))?;
    print(&(text + "\n"))
}

/// Rows of cells in columns; the first row is the header, the first column has names. Columns of numbers are to the right.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let cell = |row: &[String], column: usize| row.get(column).map_or("", String::as_str).to_owned();
    let width = |column: usize| rows.iter().map(|row| cell(row, column).chars().count()).max().unwrap_or(0);
    let numeric = |column: usize| {
        let number =
            |text: String| text.is_empty() || text.starts_with(|c: char| c.is_ascii_digit() || c == '-');
        column > 0 && rows.iter().skip(1).all(|row| number(cell(row, column)))
    };
    let layout: Vec<(usize, bool)> = (0..columns).map(|column| (width(column), numeric(column))).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (column, &(width, numeric)) in layout.iter().enumerate() {
            let cell = cell(row, column);
            let _ = if numeric { write!(line, "  {cell:>width$}") } else { write!(line, "  {cell:width$}") };
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}

/// A number with as many digits as tell something.
pub(crate) fn number(value: f64) -> String {
    let size = value.abs();
    if value == value.round() && size < 1e15 {
        format!("{value}")
    } else if (1e-3..1e6).contains(&size) {
        let decimals = (4 - size.log10().floor() as i32).clamp(0, 6) as usize;
        format!("{value:.decimals$}")
    } else {
        format!("{value:.4e}")
    }
}

/// A whole number with its thousands set apart.
pub(crate) fn thousands(value: usize) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for (value, expected) in [
            (0.0, "0"),
            (3.0, "3"),
            (5.843_333, "5.8433"),
            (0.012_345_67, "0.012346"),
            (123.456_78, "123.46"),
            (-0.5, "-0.50000"),
            (1.5e-9, "1.5000e-9"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(number(value), expected);
        }
        assert_eq!([0, 999, 1000, 1_234_567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn columns_line_up() {
        let rows = [["name", "n"], ["2.weight", "10"], ["3", "2"]].map(|row| row.map(String::from).to_vec());
        assert_eq!(table(&rows), "  name       n\n  2.weight  10\n  3          2\n");
    }
}
