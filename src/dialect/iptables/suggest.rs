//! What was probably meant.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::address::padded;
use super::extension::OptionRow;
use super::general::{General, Id};
use super::kind::Kind;
use crate::dialect::names;
use crate::model::Family;

/// What to write for the arguments of an option that are not understood.
pub(super) fn argument(row: &OptionRow, words: &[&str]) -> Option<String> {
    let word = words.first()?;
    let meant = |name: &str| format!("did you mean `{name}`?");
    let near = |all: &[&str]| nearest_in_any_case(word, all).map(meant);
    match row.kind {
        Kind::PortRange | Kind::WrappingPortRange => port(row.name, word),
        Kind::Set(all) | Kind::SetByBeginning(all) | Kind::LooseSet(all) | Kind::ExactSet(all) => {
            let strange = word.split(',').find(|item| !all.contains(item))?;
            nearest_in_any_case(strange, all).map(meant)
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
    nearest(text, names::protocol_names()).map(|near| format!("did you mean `{near}`?"))
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
    nearest(word, names::service_names()).map(|name| format!("did you mean `{name}`?"))
}

/// The same as [`nearest`], where a name may be written in other letters.
pub(super) fn nearest_in_any_case<'a>(written: &str, known: &[&'a str]) -> Option<&'a str> {
    let same = known.iter().find(|name| name.eq_ignore_ascii_case(written)).copied();
    same.or_else(|| nearest(written, known.iter().copied()))
}

/// The known name nearest to `written`, where one is near enough to be meant.
pub(super) fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = 1 + written.chars().count() / 5;
    let near = known.into_iter().map(|name| (distance(written, name), name));
    near.filter(|(distance, _)| *distance <= limit).min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
}

/// How many letters must be changed, added, dropped or swapped with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, right) in b.iter().enumerate() {
            let at = |row: &[usize], at: usize| row.get(at).copied().unwrap_or(usize::MAX - 1);
            let mut best = (at(&last, j) + usize::from(left != right)).min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(right) && b.get(j - 1) == Some(left);
            if swapped {
                best = best.min(at(&before, j - 1) + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swapped_letter_is_one_step() {
        assert_eq!(nearest("dprot", ["sport", "dport", "syn"]), Some("dport"));
        assert_eq!(nearest("frobnicate", ["sport", "dport"]), None);
    }
}
