//! Rates of packets and of bytes, and how many may come at once.

use super::super::address::leading_number;
use crate::model::{Argument, Rate};

/// Units with their length in seconds, the longest first.
pub(super) const UNITS: [(&str, &str, u64); 4] =
    [("day", "day", 86_400), ("hour", "hour", 3600), ("minute", "min", 60), ("second", "sec", 1)];

/// `-m limit` counts the pause between two packets in ten-thousandths of a second, which rounds the rate.
pub(in super::super) const SCALE: u64 = 10_000;

/// `-m hashlimit` counts finer, and can count bytes.
pub(in super::super) const FINE_SCALE: u64 = 1_000_000;

/// The largest burst of packets.
pub(in super::super) const LARGEST_BURST: u64 = 1_000_000;

/// Sixteen bytes are counted as one.
const BYTE_SHIFT: u32 = 4;

/// Letters before `b` with what they stand for, the largest first.
const FACTORS: [(&str, u64); 3] = [("m", 1 << 20), ("k", 1 << 10), ("", 1)];

/// `count[/unit]`, of which the kernel keeps the pause in parts of a second.
pub(super) fn packets(word: &str, scale: u64) -> Result<Argument, String> {
    let wrong = || format!("`{word}` is no rate such as `5/minute`");
    let count = leading_number(word).ok_or_else(wrong)?;
    // `-m limit` keeps 32 bits of the count.
    let count = if scale == SCALE { u64::from(count as u32) } else { count };
    let unit = word.split_once('/').map_or("second", |(_, unit)| unit).to_lowercase();
    let unit = UNITS.iter().rev().find(|(name, ..)| !unit.is_empty() && name.starts_with(&unit));
    let (_, _, seconds) = unit.ok_or_else(wrong)?;
    if count == 0 {
        return Err(wrong());
    }
    let pause = scale * seconds / count;
    if pause == 0 {
        return Err(format!("`{word}` is faster than the {scale} packets a second that can be limited"));
    }
    Ok(Argument::Rate(Rate::Packets { pause, unit: *seconds }))
}

/// Such a rate, or one of bytes: `512kb/s`.
pub(super) fn fine(word: &str) -> Result<Argument, String> {
    match bytes(word) {
        Some(0) => Err(format!("the rate `{word}` is too high")),
        Some(cost) => Ok(Argument::Rate(Rate::Bytes { cost })),
        None => packets(word, FINE_SCALE),
    }
}

/// The cost of bytes at this rate.
fn bytes(word: &str) -> Option<u64> {
    let (count, _) = word.split_once("b/s").filter(|(count, _)| !count.is_empty())?;
    // Of the count 32 bits are kept.
    let number = u64::from(leading_number(count).filter(|number| *number > 0)? as u32);
    Some(cost_of(number.saturating_mul(factor(count.chars().next_back()))))
}

fn factor(letter: Option<char>) -> u64 {
    match letter {
        Some('m') => 1 << 20,
        Some('k') => 1 << 10,
        _ => 1,
    }
}

fn cost_of(bytes: u64) -> u64 {
    u64::from(u32::MAX) / ((bytes >> BYTE_SHIFT) + 1)
}

/// How many bytes a second have this cost.
pub(in super::super) fn bytes_of(cost: u64) -> u64 {
    let parts = u64::from(u32::MAX).checked_div(cost).unwrap_or(u32::MAX.into());
    parts.saturating_sub(1) << BYTE_SHIFT
}

/// How many packets, or bytes with their unit, may come at once. What follows the number and its unit counts for nothing.
pub(super) fn burst(word: &str) -> Result<Argument, String> {
    let wrong = || format!("`{word}` is no number of packets or bytes");
    let word = word.strip_prefix('+').unwrap_or(word);
    let end = word.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(word.len());
    let number = word.get(..end).unwrap_or(word);
    let digits = number.trim_end_matches(|c: char| c.is_ascii_alphabetic() && !c.is_ascii_hexdigit() || c == 'b');
    let count = super::number(digits).or_else(|| leading_number(word).filter(|_| !number.starts_with("0x")));
    let count = count.filter(|count| *count > 0).ok_or_else(wrong)?;
    if number.len() == word.len() && digits.len() == word.len() && count > LARGEST_BURST {
        return Err(format!("`{word}` is above the largest burst of {LARGEST_BURST} packets"));
    }
    let unit = number.get(digits.len()..).unwrap_or_default().chars().next();
    Ok(Argument::Number(count.saturating_mul(factor(unit))))
}

/// A rate in the largest unit that says it without losing too much.
pub(super) fn write(rate: Rate, scale: u64) -> String {
    match rate {
        Rate::Packets { pause, .. } => {
            let (name, seconds) = unit_of(pause, scale);
            format!("{}/{name}", scale * seconds / pause)
        }
        Rate::Bytes { cost } => {
            let bytes = bytes_of(cost);
            let fits = |factor: u64| bytes >= factor && cost_of(bytes & !(factor - 1)) == cost;
            let (letter, factor) = FACTORS.into_iter().find(|(_, factor)| fits(*factor)).unwrap_or(("", 1));
            format!("{}{letter}b/s", bytes / factor)
        }
    }
}

/// So many bytes, rounded down to the largest unit.
pub(in super::super) fn write_bytes(bytes: u64) -> String {
    let (letter, factor) = FACTORS.into_iter().find(|(_, factor)| bytes >= *factor).unwrap_or(("", 1));
    format!("{}{letter}b", bytes / factor)
}

/// The unit in which a pause is written, as iptables chooses it, and its seconds.
pub(in super::super) fn unit_of(pause: u64, scale: u64) -> (&'static str, u64) {
    let [first, others @ ..] = UNITS;
    let mut best = first;
    for unit in others {
        let whole = scale * unit.2;
        if pause > whole || whole / pause < whole % pause {
            break;
        }
        best = unit;
    }
    (best.1, best.2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(read: Result<Argument, String>, scale: u64) -> String {
        match read {
            Ok(Argument::Rate(rate)) => write(rate, scale),
            Ok(other) => super::super::write(&other),
            Err(wrong) => wrong,
        }
    }

    #[test]
    fn rates_are_rounded_as_the_kernel_counts() {
        let text = |word| shown(packets(word, SCALE), SCALE);
        assert_eq!(text("60/min"), "1/sec");
        assert_eq!(text("7/min"), "7/min");
        assert_eq!(text("3000/s"), "3333/sec");
        assert_eq!(text("1.5/s"), "1/sec");
        assert_eq!(text("7000/hour"), "7001/hour");
        for wrong in ["1/week", "0/s", "10001/s"] {
            assert!(packets(wrong, SCALE).is_err(), "{wrong}");
        }
    }

    #[test]
    fn bytes_are_counted_in_sixteens() {
        let text = |word| shown(fine(word), FINE_SCALE);
        assert_eq!(text("512kb/s"), "512kb/s");
        assert_eq!(text("1000b/s"), "992b/s");
        assert_eq!(text("1048576b/s"), "1mb/s");
        assert_eq!(text("5/min"), "5/min");
        assert!(fine("0b/s").is_err());
    }

    #[test]
    fn bursts_are_numbers_with_a_unit() {
        let text = |word| shown(burst(word), SCALE);
        assert_eq!(
            (text("0x10"), text("5kb"), text("5b"), text("2m")),
            ("16".into(), "5120".into(), "5".into(), "2097152".into())
        );
        assert!(burst("0").is_err() && burst("x").is_err() && burst("1000001").is_err());
    }
}
