//! ICMP types and codes by name or number.

use super::number;
use crate::model::Argument;

/// A name of an ICMP type: type, lowest and highest code.
pub type IcmpName = (&'static str, u8, u8, u8);

/// The type that stands for every type in `-m icmp`.
const ANY: u8 = 255;

pub(super) fn read(word: &str, names: &[IcmpName]) -> Result<Argument, String> {
    let lower = word.to_lowercase();
    let starts: Vec<&IcmpName> = names.iter().filter(|(name, ..)| name.to_lowercase().starts_with(&lower)).collect();
    let exact = starts.iter().find(|(name, ..)| name.eq_ignore_ascii_case(word));
    match (exact, starts.as_slice()) {
        (Some((_, kind, low, high)), _) | (None, [(_, kind, low, high)]) => {
            Ok(Argument::Icmp { kind: *kind, low: *low, high: *high })
        }
        (None, [one, other, ..]) => Err(format!("`{word}` may be `{}` or `{}`", one.0, other.0)),
        (None, []) => numeric(word),
    }
}

fn numeric(word: &str) -> Result<Argument, String> {
    let byte = |text: &str| number(text).and_then(|value| u8::try_from(value).ok());
    let (kind, code) = match word.split_once('/') {
        None => (byte(word), Some((0, u8::MAX))),
        Some((kind, code)) => (byte(kind), byte(code).map(|code| (code, code))),
    };
    match (kind, code) {
        (Some(kind), Some((low, high))) => Ok(Argument::Icmp { kind, low, high }),
        _ => Err(format!("`{word}` is no ICMP type")),
    }
}

/// `type`, `type/code`, or `any` where the names know it.
pub(super) fn write(kind: u8, low: u8, high: u8, names: &[IcmpName]) -> String {
    let any = kind == ANY && names.iter().any(|(_, kind, ..)| *kind == ANY);
    match (any, low == high) {
        (true, _) => "any".to_owned(),
        (false, true) => format!("{kind}/{low}"),
        (false, false) => kind.to_string(),
    }
}
