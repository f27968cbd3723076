//! Numbers as people read them.

/// A number in few characters, to about three digits: 0.05, 20, 51.3, 12.5k, 2M, 3e-7.
pub(crate) fn short(value: f64) -> String {
    let size = value.abs();
    match size {
        _ if value == 0.0 => "0".into(),
        _ if !value.is_finite() => value.to_string(),
        1e15.. => format!("{value:.1e}"),
        1e9.. => format!("{}G", digits(value / 1e9, 3)),
        1e6.. => format!("{}M", digits(value / 1e6, 3)),
        1e4.. => format!("{}k", digits(value / 1e3, 3)),
        1e-3.. => digits(value, 3),
        _ => {
            let power = size.log10().floor();
            format!("{}e{power}", digits(value / 10_f64.powf(power), 2))
        }
    }
}

/// A number to so many digits, without trailing zeros.
pub(crate) fn digits(value: f64, digits: i32) -> String {
    if value == 0.0 || !value.is_finite() {
        return if value == 0.0 { "0".into() } else { value.to_string() };
    }
    let after = (digits - 1 - value.abs().log10().floor() as i32).clamp(0, 12) as usize;
    let text = format!("{value:.after$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".into() } else { text.into() }
}

/// A count with a thin space between thousands: 12 544.
pub(crate) fn count(value: usize) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// A part of 1 in percent.
pub(crate) fn percent(part: f64) -> String {
    format!("{} %", digits((part * 1000.0).round() / 10.0, 4))
}

/// How long something took.
pub(crate) fn duration(seconds: f64) -> String {
    match seconds {
        3600.0.. => format!("{} h {} min", (seconds / 3600.0) as u64, (seconds / 60.0) as u64 % 60),
        60.0.. => format!("{} min {} s", (seconds / 60.0) as u64, seconds as u64 % 60),
        1.0.. => format!("{} s", digits(seconds, 3)),
        _ => format!("{} ms", digits(seconds * 1e3, 3)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        for (value, expected) in [
            (0.0, "0"),
            (-0.0, "0"),
            (0.05, "0.05"),
            (20.0, "20"),
            (51.28, "51.3"),
            (100.0, "100"),
            (12_500.0, "12.5k"),
            (2e6, "2M"),
            (3.04e-7, "3e-7"),
            (-0.123_45, "-0.123"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(short(value), expected);
        }
        assert_eq!(
            (count(12), count(1234), count(1_234_567)),
            ("12".into(), "1\u{202f}234".into(), "1\u{202f}234\u{202f}567".into())
        );
        assert_eq!(percent(0.9833), "98.3 %");
        assert_eq!((duration(0.25).as_str(), duration(75.0).as_str()), ("250 ms", "1 min 15 s"));
    }
}
