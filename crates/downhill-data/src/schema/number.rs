//! Cells that are to be numbers.

use crate::{Result, Table};

/// The number in a table's cell; none if it is missing.
#[inline]
pub(super) fn number_in(table: &Table, row: usize, place: usize) -> Result<Option<f64>> {
    match short_decimal(table.cell_bytes(row, place)) {
        Some(number) => Ok(Some(number)),
        None => number(table.cell(row, place)).map_err(|problem| table.cell_error(row, place, problem)),
    }
}

/// The number in a cell; none if it is missing.
///
/// # Errors
/// What is wrong with it.
pub(super) fn number(cell: &str) -> Result<Option<f64>, &'static str> {
    match cell.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(Some(number)),
        _ if is_missing(cell) => Ok(None),
        Ok(_) => Err("is not finite"),
        Err(_) if is_date(cell) => {
            Err("is a date, not a number: turn it into numbers or leave the column out")
        }
        Err(_) => Err("is not a number"),
    }
}

/// The number that most cells are: digits, perhaps a point and a minus, few enough that the digits make a whole number and
/// the point a power of ten that `f64` holds exactly, so that one division rounds as it should (W. Clinger 1990). It is what
/// the standard library makes of them.
#[inline]
fn short_decimal(cell: &[u8]) -> Option<f64> {
    /// With as many digits a number is below 2⁵³.
    const MOST_DIGITS: usize = 15;
    const POWERS: [f64; MOST_DIGITS + 1] =
        [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
    // No branch: signs cannot be foreseen.
    let negative = cell.first() == Some(&b'-');
    let unsigned = &cell[usize::from(negative)..];
    if unsigned.len() > MOST_DIGITS + 1 {
        return None;
    }
    let (mut whole, mut digits, mut decimals) = (0_i64, 0, None);
    for &byte in unsigned {
        let digit = byte.wrapping_sub(b'0');
        if digit < 10 {
            whole = 10 * whole + i64::from(digit);
            digits += 1;
        } else if byte == b'.' && decimals.is_none() {
            decimals = Some(digits);
        } else {
            return None;
        }
    }
    let decimals = digits - decimals.unwrap_or(digits);
    let sign = if negative { -1.0 } else { 1.0 };
    (1..=MOST_DIGITS).contains(&digits).then(|| sign * (whole as f64 / POWERS[decimals]))
}

/// Whether a cell says that there is no number.
fn is_missing(cell: &str) -> bool {
    const MISSING: [&str; 7] = ["", "NA", "N/A", "NaN", "null", "None", "?"];
    MISSING.iter().any(|word| cell.eq_ignore_ascii_case(word))
}

/// Whether a cell looks like `2024-01-31`, `31.1.2024`, `1/31/24`, with or without a time of day behind it.
fn is_date(cell: &str) -> bool {
    let date = cell.split([' ', 'T']).next().unwrap_or(cell);
    ['-', '/', '.'].into_iter().any(|separator| {
        let mut parts = 0;
        let digits = |part: &str| (1..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        date.split(separator).all(|part| {
            parts += 1;
            digits(part)
        }) && parts == 3
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_a_short_decimal_is() {
        for (cell, expected) in [
            ("0", Some(0.0)),
            ("-0.0", Some(-0.0)),
            ("12.50", Some(12.5)),
            (".5", Some(0.5)),
            ("7.", Some(7.0)),
            ("0.1", Some(0.1)),
            ("999999999999999", Some(999_999_999_999_999.0)),
            ("-0.00000000000001", Some(-1e-14)),
            ("9999999999999999", None),
            ("", None),
            (".", None),
            ("-", None),
            ("+1", None),
            ("--1", None),
            ("1.2.3", None),
            ("1e3", None),
            ("1 2", None),
        ] {
            let bits = |number: Option<f64>| number.map(f64::to_bits);
            assert_eq!(bits(short_decimal(cell.as_bytes())), bits(expected), "{cell}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn a_short_decimal_is_what_the_standard_library_reads(cell in "[+-]?[0-9]{0,12}[.]?[0-9]{0,12}[e.x-]?") {
            if let Some(number) = short_decimal(cell.as_bytes()) {
                prop_assert_eq!(cell.parse().map(f64::to_bits), Ok(number.to_bits()));
            }
        }
    }

    #[test]
    fn cells() {
        for (cell, expected) in [
            ("1.5", Ok(Some(1.5))),
            ("-2e3", Ok(Some(-2000.0))),
            ("", Ok(None)),
            ("na", Ok(None)),
            ("NaN", Ok(None)),
            ("inf", Err("is not finite")),
            ("1e999", Err("is not finite")),
            ("1,5", Err("is not a number")),
            ("nano", Err("is not a number")),
        ] {
            assert_eq!(number(cell), expected, "{cell}");
        }
        for (cell, expected) in [
            ("2024-01-31", true),
            ("2024-01-31T12:00:00Z", true),
            ("31.1.2024 12:00", true),
            ("1/31/24", true),
            ("2024-01", false),
            ("1.2.3.4", false),
            ("a-b-c", false),
            ("--", false),
        ] {
            assert_eq!(is_date(cell), expected, "{cell}");
        }
    }
}
