//! Bits a second and the spans of time they are measured over.

use super::fraction::leading_fraction;
use crate::model::Argument;

/// Units of a rate in bits; the letters are compared in any case.
const RATES: [(&str, f64); 18] = [
    ("bit", 1.0),
    ("kibit", 1024.0),
    ("kbit", 1e3),
    ("mibit", 1_048_576.0),
    ("mbit", 1e6),
    ("gibit", 1_073_741_824.0),
    ("gbit", 1e9),
    ("tibit", 1_099_511_627_776.0),
    ("tbit", 1e12),
    ("bps", 8.0),
    ("kibps", 8.0 * 1024.0),
    ("kbps", 8e3),
    ("mibps", 8.0 * 1_048_576.0),
    ("mbps", 8e6),
    ("gibps", 8.0 * 1_073_741_824.0),
    ("gbps", 8e9),
    ("tibps", 8.0 * 1_099_511_627_776.0),
    ("tbps", 8e12),
];

/// Units of time in microseconds.
const SPANS: [(&str, f64); 9] = [
    ("s", 1e6),
    ("sec", 1e6),
    ("secs", 1e6),
    ("ms", 1e3),
    ("msec", 1e3),
    ("msecs", 1e3),
    ("us", 1.0),
    ("usec", 1.0),
    ("usecs", 1.0),
];

/// The kernel measures over a quarter of a second, or twice, four... times as long.
const SHORTEST: u32 = 250_000;
const MOST_DOUBLINGS: u32 = 5;

/// The weight of what was measured before is a power of two below this one.
const MOST_WEIGHT: u32 = 31;

fn measured(word: &str, units: &[(&str, f64)]) -> Option<f64> {
    let (count, unit) = leading_fraction(word)?;
    let factor = units.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit)).map(|(_, factor)| *factor);
    let bare = unit.is_empty().then_some(1.0);
    bare.or(factor).map(|factor| count * factor)
}

/// What the program keeps of a number in 32 bits.
fn kept(value: f64) -> u32 {
    let limit = 2_f64.powi(63);
    if (-limit..limit).contains(&value) { value as i64 as u32 } else { 0 }
}

/// A rate, kept in whole bytes; without a unit it is in bits.
pub(super) fn rate(word: &str) -> Result<Argument, String> {
    let bits = measured(word, &RATES).ok_or_else(|| format!("`{word}` is no rate such as `5mbit`"))?;
    let bits = 8.0 * f64::from(kept(bits / 8.0));
    Ok(Argument::Text(match bits {
        bits if bits >= 1e9 => format!("{:.0}Mbit", bits / 1e6),
        bits if bits >= 1e6 => format!("{:.0}Kbit", bits / 1e3),
        bits => format!("{bits:.0}bit"),
    }))
}

/// What is odd about a rate, which iptables takes all the same.
pub(super) fn doubt_rate(word: &str) -> Option<String> {
    let bytes = measured(word, &RATES)? / 8.0;
    (bytes.trunc() != f64::from(kept(bytes))).then(|| format!("iptables cannot count `{word}`, and takes another rate"))
}

/// A span of time in microseconds.
pub(super) fn span(word: &str) -> Result<Argument, String> {
    let span = measured(word, &SPANS).ok_or_else(|| format!("`{word}` is no time such as `250ms`"))?;
    Ok(Argument::Number(kept(span).into()))
}

/// What is odd about a span, which iptables takes all the same.
pub(super) fn doubt_span(word: &str) -> Option<String> {
    let span = measured(word, &SPANS)?;
    (span.trunc() != f64::from(kept(span))).then(|| format!("iptables cannot count `{word}`, and takes another time"))
}

/// A number of microseconds as the program writes it.
pub(super) fn write_span(span: u64) -> String {
    match span {
        1_000_000.. => format!("{:.1}s", span as f64 / 1e6),
        1000.. => format!("{:.1}ms", span as f64 / 1e3),
        _ => format!("{span}us"),
    }
}

/// The span that the kernel measures over, and how long an average over it counts, both in microseconds.
///
/// # Errors
/// What is wrong with the first of them, or the second.
pub(in super::super) fn averaged(interval: u64, average: u64) -> Result<(u64, u64), Wrong> {
    let measured = (0..=MOST_DOUBLINGS).map(|times| u64::from(SHORTEST) << times).find(|span| interval <= *span);
    let measured = measured.ok_or(Wrong::Interval)?;
    let outweighs = |weight: &u32| interval as f64 / -(1.0 - 1.0 / 2_f64.powi(*weight as i32)).ln() > average as f64;
    let beyond = (1..MOST_WEIGHT).find(outweighs).ok_or(Wrong::Average)?;
    match beyond - 1 {
        0 => Err(Wrong::Average),
        weight => Ok((measured, u64::from((measured << weight) as u32))),
    }
}

/// Which span of time cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Wrong {
    /// That of a measurement.
    Interval,
    /// That of the average.
    Average,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_become_those_of_the_kernel() {
        assert_eq!(averaged(250_000, 500_000), Ok((250_000, 500_000)));
        assert_eq!(averaged(500_000, 900_000), Ok((500_000, 1_000_000)));
        assert_eq!(averaged(8_000_001, 9_000_000), Err(Wrong::Interval));
        assert_eq!(averaged(250_000, 250_000), Err(Wrong::Average));
        assert_eq!(averaged(0, 1), Err(Wrong::Average));
    }
}
