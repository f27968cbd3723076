//! Cells that are to be numbers.

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
    use super::*;

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
