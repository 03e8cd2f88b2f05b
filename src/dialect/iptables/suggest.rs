//! What was probably meant.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::address::padded;
use super::extension::OptionRow;
use super::general::{General, Id};
use super::kind::Kind;
use crate::dialect::names;
use crate::dialect::nearest::{nearest, perhaps};
use crate::model::Family;

/// What to write for the arguments of an option that are not understood.
pub(super) fn argument(row: &OptionRow, words: &[&str]) -> Option<String> {
    let word = words.first()?;
    let near = |all: &[&str]| nearest_in_any_case(word, all).map(perhaps);
    match row.kind {
        Kind::PortRange | Kind::WrappingPortRange => port(row.name, word),
        Kind::Set(all) | Kind::SetByBeginning(all) | Kind::LooseSet(all) | Kind::ExactSet(all) => {
            let strange = word.split(',').find(|item| !all.contains(item))?;
            nearest_in_any_case(strange, all).map(perhaps)
        }
        Kind::Choice(all, _) | Kind::Names(all) => near(&all.iter().map(|(name, _)| *name).collect::<Vec<_>>()),
        Kind::Icmp(all) => near(&all.iter().map(|(name, ..)| *name).collect::<Vec<_>>()),
        Kind::AddressRange if word.contains('/') => Some("write the first and the last address, `LOW-HIGH`".to_owned()),
        _ => None,
    }
}

/// What to write for an address that cannot be read.
pub(super) fn address(text: &str, general: &General, family: Family) -> Option<String> {
    let bare = text.split('/').next().unwrap_or_default();
    let end = if general.id == Id::Source { "src" } else { "dst" };
    let port = if general.id == Id::Source { "--sport" } else { "--dport" };
    if family == Family::V4 && bare.parse::<Ipv6Addr>().is_ok() {
        return Some("rules for IPv6 are those of ip6tables".to_owned());
    }
    if family == Family::V6 && bare.parse::<Ipv4Addr>().is_ok() {
        return Some("rules for IPv4 are those of iptables".to_owned());
    }
    if bare.split_once('-').is_some_and(|(low, high)| padded(low).is_some() && padded(high).is_some()) {
        return Some(format!("a range is written `-m iprange --{end}-range {bare}`"));
    }
    if let Some((_, number)) = bare.split_once(':').filter(|(host, number)| padded(host).is_some() && is_number(number))
    {
        return Some(format!("a port has an option of its own: `-p tcp {port} {number}`"));
    }
    let too_large = |part: &str| part.parse().is_ok_and(|part: u32| part > 255);
    let dotted = bare.split('.').count() == 4 && bare.split('.').all(is_number);
    (dotted && bare.split('.').any(too_large)).then(|| "each number of an address is at most 255".to_owned())
}

/// What to write for a protocol that is none.
pub(super) fn protocol(text: &str) -> Option<String> {
    let several = text.contains([',', '/']) && text.split([',', '/']).all(|part| names::protocol(part).is_some());
    if several {
        return Some("a rule is for one protocol: write a rule for each".to_owned());
    }
    nearest(text, names::protocol_names()).map(perhaps)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn port(option: &str, word: &str) -> Option<String> {
    if word.contains(',') {
        return Some(format!("several ports are written `-m multiport {option}s {word}`"));
    }
    if let Some((low, high)) = word.split_once('-').filter(|(low, high)| is_number(low) && is_number(high)) {
        return Some(format!("a range of ports is written `{low}:{high}` here"));
    }
    if is_number(word) {
        return Some("ports end at 65535".to_owned());
    }
    nearest(word, names::service_names()).map(perhaps)
}

/// The same as [`nearest`], where a name may be written in other letters.
pub(super) fn nearest_in_any_case<'a>(written: &str, known: &[&'a str]) -> Option<&'a str> {
    let same = known.iter().find(|name| name.eq_ignore_ascii_case(written)).copied();
    same.or_else(|| nearest(written, known.iter().copied()))
}
