//! Bits a second and the spans of time they are measured over.

use crate::model::Argument;

/// Units of a rate in bits; the letters are compared in any case.
const RATES: [(&str, f64); 10] = [
    ("bit", 1.0),
    ("kbit", 1e3),
    ("kibit", 1024.0),
    ("mbit", 1e6),
    ("mibit", 1_048_576.0),
    ("gbit", 1e9),
    ("bps", 8.0),
    ("kbps", 8e3),
    ("mbps", 8e6),
    ("gbps", 8e9),
];

/// Units of time in microseconds.
const SPANS: [(&str, f64); 8] =
    [("s", 1e6), ("sec", 1e6), ("secs", 1e6), ("ms", 1e3), ("msec", 1e3), ("msecs", 1e3), ("us", 1.0), ("usec", 1.0)];

/// The kernel measures over a quarter of a second, or twice, four... times as long.
const SHORTEST: f64 = 250_000.0;

fn measured(word: &str, units: &[(&str, f64)]) -> Option<f64> {
    let digits = word.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(word.len());
    let (count, unit) = word.split_at(digits);
    let count: f64 = count.parse().ok()?;
    let factor = units.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit)).map(|(_, factor)| *factor);
    let bare = unit.is_empty().then_some(1.0);
    bare.or(factor).map(|factor| count * factor)
}

/// A rate, kept in whole bytes; without a unit it is in bits.
pub(super) fn rate(word: &str) -> Result<Argument, String> {
    let bits = measured(word, &RATES).ok_or_else(|| format!("`{word}` is no rate such as `5mbit`"))?;
    let bits = (bits / 8.0).floor() * 8.0;
    if bits / 8.0 > f64::from(u32::MAX) {
        return Err(format!("the rate `{word}` is too high"));
    }
    Ok(Argument::Text(match bits {
        bits if bits >= 1e9 => format!("{:.0}Mbit", bits / 1e6),
        bits if bits >= 1e6 => format!("{:.0}Kbit", bits / 1e3),
        bits => format!("{bits:.0}bit"),
    }))
}

/// How long a span of time is.
pub(in super::super) fn microseconds(text: &str) -> Option<u64> {
    measured(text, &SPANS).map(|span| span as u64)
}

/// The span that the kernel measures over: the next it has, from a quarter of a second.
pub(super) fn span(word: &str) -> Result<Argument, String> {
    let wrong = || format!("`{word}` is no time such as `250ms`");
    let wanted = measured(word, &SPANS).ok_or_else(wrong)?;
    let mut span = SHORTEST;
    while span < wanted {
        span *= 2.0;
        if span > 1e9 {
            return Err(wrong());
        }
    }
    Ok(Argument::Text(if span >= 1e6 { format!("{:.1}s", span / 1e6) } else { format!("{:.1}ms", span / 1e3) }))
}
