//! Numbers, ranges of them, rates and what else is made of numbers.

use super::super::syntax;
use super::fraction::fraction;
use crate::model::Argument;

/// What isspace(3) passes over before a number.
pub(super) const BLANKS: [char; 6] = [' ', '\t', '\n', '\x0B', '\x0C', '\r'];

/// The number `text` in decimal, octal (leading 0) or hexadecimal (leading 0x), as strtoul(3) reads it.
pub(in super::super) fn number(text: &str) -> Option<u64> {
    let text = text.trim_start_matches(BLANKS);
    let text = text.strip_prefix('+').unwrap_or(text);
    let (digits, radix) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None if text.len() > 1 && text.starts_with('0') => (text, 8),
        None => (text, 10),
    };
    let valid = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
    valid.then(|| u64::from_str_radix(digits, radix).ok())?
}

/// The number that the text begins with, in the same way; what is too large is the largest.
pub(super) fn number_before(text: &str) -> Option<u64> {
    let text = text.trim_start_matches(BLANKS);
    let text = text.strip_prefix('+').unwrap_or(text);
    let hexadecimal = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let hexadecimal = hexadecimal.filter(|digits| digits.starts_with(|c: char| c.is_ascii_hexdigit()));
    let (digits, radix) = hexadecimal.map_or((text, if text.starts_with('0') { 8 } else { 10 }), |digits| (digits, 16));
    let end = digits.find(|c: char| !c.is_digit(radix)).unwrap_or(digits.len());
    let digits = digits.get(..end).filter(|digits| !digits.is_empty())?;
    Some(u64::from_str_radix(digits, radix).unwrap_or(u64::MAX))
}

pub(super) fn bounded(word: &str, low: u64, high: u64) -> Result<Argument, String> {
    match number(word) {
        Some(value) if (low..=high).contains(&value) => Ok(Argument::Number(value)),
        _ => Err(format!("`{word}` is no number from {low} to {high}")),
    }
}

/// `low[:high]`; either end may be left out. The ends may be in the wrong order, as in iptables.
pub(super) fn range(word: &str, highest: u64) -> Result<Argument, String> {
    let end = |text: &str, default| match text {
        "" => Some(default),
        _ => number(text).filter(|value| *value <= highest),
    };
    let wrong = || format!("`{word}` is no number or range up to {highest}");
    let (low, high) = syntax::range(word).ok_or_else(wrong)?;
    match high {
        None if !word.is_empty() && low.is_empty() => Err(wrong()),
        None => end(low, 0).map(|value| Argument::Range { low: value, high: value }).ok_or_else(wrong),
        Some(high) => match (end(low, 0), end(high, highest)) {
            (Some(low), Some(high)) => Ok(Argument::Range { low, high }),
            _ => Err(wrong()),
        },
    }
}

pub(super) fn open_range(word: &str) -> Result<Argument, String> {
    match range(word, u64::MAX)? {
        Argument::Range { low, high } if low == high && !word.contains(':') => {
            Ok(Argument::Range { low, high: u64::MAX })
        }
        Argument::Range { low, high } if low > high => Err(format!("the range `{word}` runs backwards")),
        other => Ok(other),
    }
}

/// What is odd about a range, which iptables 1.8.9 takes all the same.
pub(super) fn doubt(word: &str) -> Option<String> {
    let (low, high) = word.split_once(':')?;
    let backwards = number(low)? > number(high)?;
    backwards.then(|| format!("the range `{word}` runs backwards: it matches nothing, and iptables 1.8.11 refuses it"))
}

pub(super) fn ascending_range(word: &str, highest: u64) -> Result<Argument, String> {
    match range(word, highest)? {
        Argument::Range { low, high } if low > high => Err(format!("the range `{word}` runs backwards")),
        other => Ok(other),
    }
}

/// The kernel counts the numbers of the range up to `highest`.
pub(super) fn strict_range(word: &str, highest: u64) -> Result<Argument, String> {
    match range(word, highest)? {
        // From iptables 1.8.11 on, which counts one less.
        Argument::Range { low: 0, .. } if is_everything(word) => Ok(Argument::Range { low: 0, high: highest - 1 }),
        Argument::Range { low, high } if low < high && high - low < highest && word.contains(':') => {
            Ok(Argument::Range { low, high })
        }
        _ => Err(format!("`{word}` is no range `low:high`")),
    }
}

/// What is odd about such a range, which the kernel takes from iptables 1.8.11 alone.
pub(super) fn doubt_open(word: &str, highest: u64) -> Option<String> {
    if is_everything(word) {
        return Some(format!("iptables before 1.8.11 fails at `{word}`: write `0:{}`", highest - 1));
    }
    let ends_there = word.split_once(':').and_then(|(_, high)| number(high)) == Some(highest);
    ends_there.then(|| format!("iptables 1.8.11 refuses `{word}`, which has to end at {} there", highest - 1))
}

/// Whether the range has no end, or none at all.
fn is_everything(word: &str) -> bool {
    matches!(word, ":" | "0:")
}

/// The nearest of the 2^31 + 1 fractions that the kernel can hold, in the precision iptables prints.
pub(super) fn probability(word: &str) -> Result<Argument, String> {
    let steps = f64::from(1_u32 << 31);
    let wanted = fraction(word).ok_or_else(|| format!("`{word}` is no fraction"))?;
    // What is not a number is in no order with others, and becomes 0.
    let wanted = if wanted.is_nan() { 0.0 } else { wanted };
    if !(0.0..=1.0).contains(&wanted) {
        return Err(format!("`{word}` is not from 0 to 1"));
    }
    Ok(Argument::Text(format!("{:.11}", (wanted * steps).round() / steps)))
}

/// The bit with the number `word`, of which the first is one.
pub(super) fn bit(word: &str, highest: u64) -> Result<Argument, String> {
    match bounded(word, 1, highest.min(64))? {
        Argument::Number(value) => Ok(Argument::Number(1 << (value - 1))),
        other => Ok(other),
    }
}

/// A number that the program keeps in 32 bits with a sign, and the kernel in 16 without.
pub(super) fn label(word: &str, highest: u64) -> Result<Argument, String> {
    let number = wrapping(word, false).filter(|value| !word.is_empty() && *value as i32 >= 0);
    let number = number.map(|value| u64::from(value as u16)).filter(|value| *value <= highest);
    number.map(Argument::Number).ok_or_else(|| format!("`{word}` is no number from 0 to {highest}"))
}

/// Milliseconds of 32 bits, which iptables prints with a sign; the largest number stands for ever.
pub(super) fn delay(word: &str) -> Result<Argument, String> {
    if word.get(..3).is_some_and(|begin| begin.eq_ignore_ascii_case("inf")) {
        return Ok(Argument::Text("-1".to_owned()));
    }
    match bounded(word, 0, u32::MAX.into())? {
        Argument::Number(value) => Ok(Argument::Text((value as u32 as i32).to_string())),
        other => Ok(other),
    }
}

/// A number of seconds that fits into 31 bits.
pub(super) fn seconds(word: &str) -> Result<Argument, String> {
    let value = super::super::address::leading_number(word).filter(|value| (1..=i32::MAX as u64).contains(value));
    value.map(Argument::Number).ok_or_else(|| format!("`{word}` is no number of seconds"))
}

pub(super) fn lowered(word: &str, most: u64) -> Result<Argument, String> {
    match bounded(word, 0, u32::MAX.into())? {
        Argument::Number(value) => Ok(Argument::Number(value.min(most))),
        other => Ok(other),
    }
}

/// What the kernel makes of a number that is too large.
pub(super) fn doubt_lowered(word: &str, most: u64) -> Option<String> {
    (number(word)? > most).then(|| format!("the kernel makes {most} of it, the most that it takes"))
}

pub(super) fn low_bits(word: &str, bits: u32) -> Result<Argument, String> {
    match bounded(word, 0, u32::MAX.into())? {
        Argument::Number(value) => Ok(Argument::Number(value & ((1 << bits) - 1))),
        other => Ok(other),
    }
}

pub(super) fn zone(word: &str) -> Result<Argument, String> {
    if word.eq_ignore_ascii_case("mark") {
        return Ok(Argument::Text("mark".to_owned()));
    }
    bounded(word, 0, u16::MAX.into())
}

/// A number or range of owners. Names are looked up on the machine, so only `root` is certain here.
pub(super) fn owner(word: &str) -> Result<Argument, String> {
    let wrong = || format!("`{word}` is no user or group");
    if word.is_empty() {
        return Err(wrong());
    }
    let numeric = word.trim_start_matches(BLANKS).trim_start_matches('+');
    if !numeric.starts_with(|first: char| first.is_ascii_digit()) {
        let named = !word.starts_with(['-', '!', '+']) && !word.contains([',', ':']);
        return if word == "root" {
            Ok(Argument::Range { low: 0, high: 0 })
        } else if named {
            Ok(Argument::Text(word.to_owned()))
        } else {
            Err(wrong())
        };
    }
    let (low, high) = word.split_once(['-', ':']).unwrap_or((word, word));
    let end = |text| number(text).filter(|value| *value < u32::MAX.into()).ok_or_else(wrong);
    let (low, high) = (end(low)?, end(high)?);
    if low > high {
        return Err(format!("the range `{word}` runs backwards"));
    }
    Ok(Argument::Range { low, high })
}

pub(super) fn class(word: &str) -> Result<Argument, String> {
    let halves = || {
        let (major, rest) = hexadecimal(word)?;
        let (minor, _) = hexadecimal(rest.strip_prefix(':')?)?;
        Some((major & 0xFFFF, minor & 0xFFFF))
    };
    let (major, minor) = halves().ok_or_else(|| format!("`{word}` is no class such as `1:10`"))?;
    Ok(Argument::Text(format!("{major:04x}:{minor:04x}")))
}

/// The hexadecimal number that the text begins with, as sscanf(3) reads it, and what follows.
fn hexadecimal(text: &str) -> Option<(u64, &str)> {
    let text = text.trim_start_matches(BLANKS);
    let (negative, text) = match text.strip_prefix(['-', '+']) {
        Some(rest) => (text.starts_with('-'), rest),
        None => (false, text),
    };
    // `0x` without digits behind it is zero.
    let prefixed = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let text = prefixed.unwrap_or(text);
    let (digits, rest) = text.split_at(text.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(text.len()));
    let value = match digits {
        "" => prefixed.map(|_| 0)?,
        digits => u64::from_str_radix(digits, 16).unwrap_or(u64::MAX),
    };
    Some((if negative { value.wrapping_neg() } else { value }, rest))
}

/// The number `text` as strtoul(3) reads it into 32 bits: a sign turns it round, and what is missing is zero.
pub(super) fn wrapping(text: &str, decimal: bool) -> Option<u32> {
    let trimmed = text.trim_start_matches(BLANKS);
    let (negative, digits) = match trimmed.strip_prefix(['-', '+']) {
        Some(rest) => (trimmed.starts_with('-'), rest),
        None => (false, trimmed),
    };
    if text.is_empty() {
        return Some(0);
    }
    let value = match decimal {
        // What is too large is the largest, whatever its sign.
        true if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok(),
        true => return None,
        false => Some(number(digits).filter(|_| !digits.starts_with(['+', ' ']))?),
    };
    let signed = |value: u64| if negative { value.wrapping_neg() } else { value };
    Some(value.map_or(u64::MAX, signed) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_three_bases() {
        let begun = |text| number_before(text);
        assert_eq!(
            (begun("8x"), begun("0x"), begun("08"), begun("0x1g"), begun("x")),
            (Some(8), Some(0), Some(0), Some(1), None)
        );
        assert_eq!((number("010"), number("0x10"), number("08"), number("-1")), (Some(8), Some(16), None, None));
    }
}
