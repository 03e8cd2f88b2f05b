//! Fractions, as strtod(3) reads them.

use super::number::BLANKS;

/// As many digits as a number of 128 bits holds with room for another.
const MOST_DIGITS: usize = 30;

/// The number that the text begins with, in decimal or hexadecimal, and what follows it.
pub(super) fn leading_fraction(text: &str) -> Option<(f64, &str)> {
    let text = text.trim_start_matches(BLANKS);
    let (sign, body) = match text.strip_prefix('-') {
        Some(body) => (-1.0, body),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    let begun = word(body).or_else(|| hexadecimal(body)).or_else(|| decimal(body));
    begun.map(|(value, rest)| (sign * value, rest))
}

/// The fraction that is the whole text.
pub(super) fn fraction(text: &str) -> Option<f64> {
    leading_fraction(text).filter(|(_, rest)| rest.is_empty()).map(|(value, _)| value)
}

fn without_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let begin = text.get(..prefix.len())?;
    begin.eq_ignore_ascii_case(prefix).then(|| text.get(prefix.len()..).unwrap_or_default())
}

/// `inf`, `infinity`, `nan` and `nan(...)`.
fn word(text: &str) -> Option<(f64, &str)> {
    if let Some(rest) = without_prefix(text, "infinity").or_else(|| without_prefix(text, "inf")) {
        return Some((f64::INFINITY, rest));
    }
    let rest = without_prefix(text, "nan")?;
    let inner = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let bracketed = rest.strip_prefix('(').and_then(|inside| inside.trim_start_matches(inner).strip_prefix(')'));
    Some((f64::NAN, bracketed.unwrap_or(rest)))
}

/// Digits with a point among them, and what follows.
fn digits(text: &str, is_digit: impl Fn(char) -> bool + Copy) -> Option<(&str, &str, &str)> {
    let cut = |text: &'_ str| text.len() - text.trim_start_matches(is_digit).len();
    let (whole, rest) = text.split_at(cut(text));
    let (part, rest) = match rest.strip_prefix('.') {
        Some(behind) => behind.split_at(cut(behind)),
        None => ("", rest),
    };
    (!(whole.is_empty() && part.is_empty())).then_some((whole, part, rest))
}

/// The number behind `letter`, and what follows it; 0 where there is none.
fn exponent(text: &str, letter: char) -> (i32, &str) {
    let number = || {
        let behind = text.strip_prefix([letter, letter.to_ascii_uppercase()])?;
        let unsigned = behind.strip_prefix(['-', '+']).unwrap_or(behind);
        let rest = unsigned.trim_start_matches(|c: char| c.is_ascii_digit());
        let digits = unsigned.get(..unsigned.len() - rest.len()).filter(|digits| !digits.is_empty())?;
        let value = digits.parse().unwrap_or(i32::MAX);
        Some((if behind.starts_with('-') { -value } else { value }, rest))
    };
    number().unwrap_or((0, text))
}

fn decimal(text: &str) -> Option<(f64, &str)> {
    let (whole, part, rest) = digits(text, |c| c.is_ascii_digit())?;
    let (power, rest) = exponent(rest, 'e');
    format!("0{whole}.{part}0e{power}").parse().ok().map(|value| (value, rest))
}

/// `0x1.8p-1`; a `0x` without digits is a 0 with something behind it.
fn hexadecimal(text: &str) -> Option<(f64, &str)> {
    let body = without_prefix(text, "0x")?;
    let (whole, part, rest) = digits(body, |c| c.is_ascii_hexdigit())?;
    let (power, rest) = exponent(rest, 'p');
    let all = [whole, part].concat();
    let counted = all.trim_start_matches('0');
    let kept = counted.get(..MOST_DIGITS).unwrap_or(counted);
    let mantissa = u128::from_str_radix(kept, 16).unwrap_or(0);
    let places = counted.len() as i64 - kept.len() as i64 - part.len() as i64;
    let power = (4 * places + i64::from(power)).clamp(-5000, 5000) as i32;
    // In two steps, since the power alone may be beyond what can be held.
    let half = power / 2;
    Some((mantissa as f64 * 2_f64.powi(half) * 2_f64.powi(power - half), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_are_read_as_strtod_reads_them() {
        let values = [
            ("0.5", 0.5),
            (".5", 0.5),
            ("5.", 5.0),
            ("1e-1", 0.1),
            ("0x1", 1.0),
            ("0x.8", 0.5),
            ("0X1P-1", 0.5),
            ("0x1.8p1", 3.0),
            ("0x0000000000000000000000000000000000000000000001p0", 1.0),
            (" +0.25", 0.25),
            ("-0x2", -2.0),
            ("INF", f64::INFINITY),
            ("1e99999999999", f64::INFINITY),
            ("0x1p-99999999999", 0.0),
        ];
        for (text, value) in values {
            assert_eq!(fraction(text), Some(value), "{text}");
        }
        assert!(fraction("nan(123)").is_some_and(f64::is_nan));
        for wrong in ["", ".", "x", "0.5 ", "1e", "0x", "0x1p", "e5", "-", "+-1"] {
            assert_eq!(fraction(wrong), None, "{wrong}");
        }
        assert_eq!(leading_fraction("0xms"), Some((0.0, "xms")));
        assert_eq!(leading_fraction("1.5es"), Some((1.5, "es")));
        assert_eq!(leading_fraction("0x1pms"), Some((1.0, "pms")));
    }
}
