//! Arguments of options: protocols, interfaces, marks, TOS bytes and numbers.
//!
//! Each function says what the program makes of a text, or how it refuses it; a value
//! with an unknown piece is left as it is. Addresses and ports have files of their own.

use super::complaint::{Complaint, OVERLONG};
use super::lexis::{self, Rule};
use super::options::Opt;
use super::usage::Use;
use crate::dialect::names;
use crate::dialect::nearest::{nearest, perhaps};
use crate::model::{Interface, Known, MarkChange, Protocol, Value, Word};

/// The longest interface name that the program takes, with its `+`.
const LONGEST_INTERFACE: usize = 16;

/// The longest name of a chain.
const LONGEST_CHAIN: usize = 8;

/// Checks the values that the program looks at while it still reads options.
pub(super) fn early(found: &Use, words: &[Word]) -> Result<(), Complaint> {
    let Some(value) = &found.value else { return Ok(()) };
    let at = found.value_word();
    let checked = match found.spec.opt {
        Opt::Protocol => protocol(value, found.negated()).map(drop),
        Opt::Interface => interface(value).map(drop),
        Opt::Mark => mark(value).map(drop),
        Opt::Output => size(value).map(drop),
        Opt::Tos => return tos_pair(found, words).map(drop),
        Opt::Set => return timeouts(found, words).map(drop),
        Opt::Insert | Opt::Replace | Opt::Delete => return position(found, words).map(drop),
        Opt::NewChain => chain_name(value),
        _ => Ok(()),
    };
    checked.map_err(|complaint| complaint.at(at))
}

/// The protocol `value`; numbers come before names.
pub(super) fn protocol(value: &Value, negated: bool) -> Result<Known<Protocol>, Complaint> {
    let Some(text) = value.known() else { return Ok(Known::Unknown(value.clone())) };
    let number = number(text, u16::MAX.into()).map(|number| number as u16);
    let name = || names::protocol(text).map(u16::from).or_else(|| usual_protocol(text));
    match number.or_else(name) {
        Some(0) if negated => Err(Complaint::invalid("rule would never match protocol")
            .meaning("the opposite of every protocol matches nothing")),
        Some(number) => Ok(Known::Is(Protocol(number))),
        None => Err(unknown_protocol(text)),
    }
}

/// The names that the program knows itself, in any case.
fn usual_protocol(text: &str) -> Option<u16> {
    let known = [("tcp", 6), ("udp", 17), ("icmp", 1), ("all", 0)];
    known.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, number)| *number)
}

fn unknown_protocol(text: &str) -> Complaint {
    let complaint =
        Complaint::invalid(format!("unknown protocol `{text}' specified")).meaning(format!("`{text}` is no protocol"));
    let joined = text.strip_prefix("--protocol=").or_else(|| text.strip_prefix("-p"));
    match joined.or_else(|| nearest(text, names::protocol_names())) {
        Some(name) if joined.is_some() => complaint.hint(own_word("-p", name)),
        Some(near) => complaint.hint(perhaps(near)),
        None => complaint,
    }
}

/// Advice for arguments that ipchains does not take from the option's own word.
pub(super) fn own_word(option: &str, argument: &str) -> String {
    format!("the argument must be a word of its own: `{option} {argument}`")
}

/// The interface `value`.
pub(super) fn interface(value: &Value) -> Result<Known<Interface>, Complaint> {
    let Some(text) = value.known() else { return Ok(Known::Unknown(value.clone())) };
    if text.len() > LONGEST_INTERFACE {
        let said = format!("interface name `{text}' must be shorter than IFNAMSIZ (16)");
        return Err(Complaint::new(OVERLONG, said).meaning(format!("the interface name `{text}` is too long")));
    }
    Ok(Known::Is(Interface::from(if text.is_empty() { "+" } else { text })))
}

/// The change `value` of `-m`.
pub(super) fn mark(value: &Value) -> Result<Known<MarkChange>, Complaint> {
    let Some(text) = value.known() else { return Ok(Known::Unknown(value.clone())) };
    let bad = || {
        Complaint::invalid(format!("Bad value `{text}' for -m."))
            .meaning(format!("`{text}` is no mark"))
            .help("a mark is a number up to 4294967295, or a change of it like `+1`")
    };
    let mut pairs = lexis::read(Rule::mark, text).ok_or_else(bad)?;
    let first = pairs.next().ok_or_else(bad)?;
    let (sign, digits) = match first.as_rule() {
        Rule::sign => (first.as_str(), pairs.next().ok_or_else(bad)?),
        _ => ("", first),
    };
    let number = c_number(digits.as_str()).ok_or_else(bad)?;
    Ok(Known::Is(match sign {
        "+" => MarkChange::Add(number),
        "-" => MarkChange::Add(number.wrapping_neg()),
        _ => MarkChange::Set(number),
    }))
}

/// A number as C writes it: decimal, octal after `0`, hexadecimal after `0x`.
pub(super) fn c_number(text: &str) -> Option<u32> {
    let hexadecimal = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    match (hexadecimal, text.strip_prefix('0')) {
        (Some(digits), _) => u32::from_str_radix(digits, 16).ok(),
        (None, Some(digits)) if !digits.is_empty() => u32::from_str_radix(digits, 8).ok(),
        _ => text.parse().ok(),
    }
}

/// The bytes of `-t`; nothing where one is unknown.
pub(super) fn tos_pair(found: &Use, words: &[Word]) -> Result<Option<(u8, u8)>, Complaint> {
    let first = found.value.clone().unwrap_or(Value::empty());
    let and = tos_byte(&first).map_err(|complaint| complaint.at(found.value_word()))?;
    // One unknown may be both bytes.
    let Some(second) = found.further().first().copied() else { return Ok(None) };
    let text = words.get(second).map_or(Value::empty(), |word| word.value.clone());
    let xor = tos_byte(&text).map_err(|complaint| complaint.at(second))?;
    let (Some(and), Some(xor)) = (and, xor) else { return Ok(None) };
    if and & 1 == 0 || xor & 1 == 1 {
        let wrong = if and & 1 == 0 { found.value_word() } else { second };
        return Err(Complaint::invalid("TOS manipulation cannot alter bit 0 (RFC1349)").at(wrong));
    }
    // Bits that the mask clears and the second byte sets are set in every packet.
    if (!and & xor & 0x0E).count_ones() > 1 {
        return Err(Complaint::invalid("TOS manipulation sets more than one TOS bit").at(second));
    }
    Ok(Some((and, xor)))
}

fn tos_byte(value: &Value) -> Result<Option<u8>, Complaint> {
    let Some(text) = value.known() else { return Ok(None) };
    let digits = lexis::read(Rule::tos, text).and_then(|mut pairs| pairs.next());
    match digits.and_then(|pair| u8::from_str_radix(pair.as_str(), 16).ok()) {
        Some(byte) => Ok(Some(byte)),
        None => Err(Complaint::invalid(format!("bad TOS value `{text}'"))
            .meaning(format!("`{text}` is no byte"))
            .help("`-t` takes two bytes in hexadecimal, such as `01 10`")),
    }
}

/// The size `value` of `-o`.
pub(super) fn size(value: &Value) -> Result<Known<u16>, Complaint> {
    let Some(text) = value.known() else { return Ok(Known::Unknown(value.clone())) };
    match number(text, u16::MAX.into()) {
        Some(size) => Ok(Known::Is(size as u16)),
        None => Err(Complaint::invalid(format!("-o argument must be 0-65535, not `{text}'"))),
    }
}

/// The rule number after the chain, where there is one.
pub(super) fn position(found: &Use, words: &[Word]) -> Result<Option<Known<u32>>, Complaint> {
    let Some((at, word)) = found.further().first().and_then(|at| Some((*at, words.get(*at)?))) else { return Ok(None) };
    let Some(text) = word.known() else { return Ok(Some(Known::Unknown(word.value.clone()))) };
    match number(text, i32::MAX as u32).filter(|number| *number > 0) {
        Some(number) => Ok(Some(Known::Is(number))),
        None => Err(Complaint::invalid(format!("Invalid rule number `{text}'"))
            .meaning(format!("`{text}` is no rule number"))
            .at(at)),
    }
}

/// The three timeouts of `-S`.
pub(super) fn timeouts(found: &Use, words: &[Word]) -> Result<Vec<Known<u32>>, Complaint> {
    let first = found.value.iter().map(|value| (found.value_word(), value));
    let others = found.further().iter().filter_map(|at| Some((*at, &words.get(*at)?.value)));
    let read = |(at, value): (usize, &Value)| match value.known() {
        None => Ok(Known::Unknown(value.clone())),
        Some(text) => number(text, i32::MAX as u32).map(Known::Is).ok_or_else(|| {
            Complaint::invalid(format!("Invalid timeout `{text}'"))
                .meaning(format!("`{text}` is no time in seconds"))
                .at(at)
        }),
    };
    first.chain(others).map(read).collect()
}

fn chain_name(value: &Value) -> Result<(), Complaint> {
    match value.known() {
        Some(name) if name.len() > LONGEST_CHAIN => {
            let said = format!("chain name `{name}' too long (must be at most {LONGEST_CHAIN} characters)");
            Err(Complaint::new(OVERLONG, said))
        }
        Some("") => Err(Complaint::invalid("chain name is empty")),
        _ => Ok(()),
    }
}

/// A decimal number up to `highest`.
pub(super) fn number(text: &str, highest: u32) -> Option<u32> {
    lexis::read(Rule::count, text)?;
    text.parse().ok().filter(|number| *number <= highest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_written_as_in_c() {
        let read = |text: &str| mark(&text.into()).ok();
        assert_eq!(read("010"), Some(Known::Is(MarkChange::Set(8))));
        assert_eq!(read("0x1F"), Some(Known::Is(MarkChange::Set(31))));
        assert_eq!(read("0"), Some(Known::Is(MarkChange::Set(0))));
        assert_eq!(read("+7"), Some(Known::Is(MarkChange::Add(7))));
        assert_eq!(read("-1"), Some(Known::Is(MarkChange::Add(u32::MAX))));
        assert_eq!(read("4294967295"), Some(Known::Is(MarkChange::Set(u32::MAX))));
        for wrong in ["4294967296", "08", "0x", "", "+", "1 "] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn protocols_are_numbers_or_names() {
        let read = |text: &str| protocol(&text.into(), false).ok();
        assert_eq!(read("Tcp"), Some(Known::Is(Protocol::TCP)));
        assert_eq!(read("gre"), Some(Known::Is(Protocol(47))));
        assert_eq!(read("300"), Some(Known::Is(Protocol(300))));
        assert_eq!(read("65536"), None);
        assert!(protocol(&"all".into(), true).is_err());
    }
}
