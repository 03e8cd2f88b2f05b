//! ICMP types and codes by name or number.

use super::number;
use crate::model::Argument;

/// A name of an ICMP type: type, lowest and highest code.
pub type IcmpName = (&'static str, u8, u8, u8);

/// The type that stands for every type in `-m icmp`.
const ANY: u8 = 255;

/// How the names begin that iptables has from 1.8.10 on.
const LATE: &str = "mld-listener-";

/// What is odd about a name that not every version has.
pub(super) fn doubt(word: &str) -> Option<String> {
    let late = word.get(..LATE.len()).is_some_and(|start| start.eq_ignore_ascii_case(LATE));
    late.then(|| format!("iptables 1.8.9 does not know the name `{word}` yet; the number of the type does everywhere"))
}

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
    let (kind, code) = word.split_once('/').unwrap_or((word, "0:255"));
    match (bytes(kind), bytes(code)) {
        (Some((kind, same)), Some((low, high))) if kind == same => Ok(Argument::Icmp { kind, low, high }),
        (Some(_), Some(_)) => Err(format!("`{word}` has several ICMP types; only codes can be a range")),
        _ => Err(format!("`{word}` is no ICMP type")),
    }
}

/// A number or `low:high`.
fn bytes(text: &str) -> Option<(u8, u8)> {
    let byte = |text: &str| number(text).and_then(|value| u8::try_from(value).ok());
    let (low, high) = text.split_once(':').unwrap_or((text, text));
    Some((byte(low)?, byte(high)?))
}

/// `type`, `type/code`, or `any` where the names know it. Of a range of codes iptables prints the first alone.
pub(super) fn write(kind: u8, low: u8, high: u8, names: &[IcmpName]) -> String {
    let any = kind == ANY && names.iter().any(|(_, kind, ..)| *kind == ANY);
    match (any, low, high) {
        (true, ..) => "any".to_owned(),
        (false, 0, u8::MAX) => kind.to_string(),
        (false, ..) => format!("{kind}/{low}"),
    }
}
