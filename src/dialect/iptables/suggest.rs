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
    if let Some(rest) = word.strip_prefix('!').filter(|rest| row.negatable && !rest.is_empty()) {
        return Some(format!("`!` stands before the option: `! {} {rest}`", row.name));
    }
    match row.kind {
        Kind::PortRange | Kind::WrappingPortRange => backwards(word, ':').or_else(|| port(row.name, word)),
        Kind::PortList => empty_part(word)
            .or_else(|| range_of_numbers(word))
            .or_else(|| word.split(',').find_map(|part| backwards(part, ':'))),
        Kind::NatPorts(_) | Kind::Owner => backwards(word, '-'),
        Kind::Range(_) | Kind::AscendingRange(_) | Kind::StrictRange(_) | Kind::OpenRange => range_of_numbers(word),
        Kind::AddressRange if word.contains('/') => Some("write the first and the last address, `LOW-HIGH`".to_owned()),
        Kind::AddressRange => {
            let (low, high) =
                word.split_once(':').filter(|ends| padded(ends.0).is_some() && padded(ends.1).is_some())?;
            Some(format!("a range of addresses is written `{low}-{high}`"))
        }
        Kind::Nat(_) => {
            let (low, high) =
                word.split_once(':')?.1.split_once(':').filter(|ends| is_number(ends.0) && is_number(ends.1))?;
            Some(format!("a range of ports is written `{low}-{high}` here"))
        }
        Kind::Mac | Kind::GroupMac => {
            let colons = word.replace(['-', '.'], ":");
            (colons != *word && colons.split(':').count() == 6).then(|| format!("write it with colons, `{colons}`"))
        }
        _ => empty_part(word).or_else(|| known_word(row, words)),
    }
}

/// How messages begin to say what an option takes.
const TOLD: [&str; 7] = [" none of ", "there are ", " from ", " such as ", " up to ", " neither ", " may be "];

/// What the option takes, where the message does not say so.
pub(super) fn takes(row: &OptionRow, message: &str) -> Option<String> {
    let shape = row.kind.shape();
    let says_nothing = matches!(shape.as_str(), "" | "VALUE" | "TEXT");
    let told = says_nothing || TOLD.iter().any(|words| message.contains(words));
    (!told).then(|| format!("it takes {shape}"))
}

/// The word of the option that is nearest to one which it does not know.
fn known_word(row: &OptionRow, words: &[&str]) -> Option<String> {
    let known = row.kind.vocabulary();
    let parts = words.iter().flat_map(|word| word.split([',', '/']));
    let mut strange = parts.filter(|part| !is_number(part) && !known.contains(part));
    let begun = |part: &str| {
        let begins =
            |name: &&str| part.len() > 2 && name.get(..part.len()).is_some_and(|own| own.eq_ignore_ascii_case(part));
        known.iter().copied().find(begins)
    };
    strange.find_map(|part| nearest_in_any_case(part, &known).or_else(|| begun(part))).map(perhaps)
}

/// The range with its lower end first.
fn backwards(word: &str, between: char) -> Option<String> {
    let (low, high) = word.split_once(between).filter(|ends| is_number(ends.0) && is_number(ends.1))?;
    let runs_backwards = low.parse::<u64>().ok()? > high.parse::<u64>().ok()?;
    runs_backwards.then(|| format!("the lower end stands first: `{high}{between}{low}`"))
}

/// What is wrong with a list that was written with blanks.
fn empty_part(word: &str) -> Option<String> {
    let empty = word.contains(',') && word.split(',').any(str::is_empty);
    empty.then(|| "the parts of a list are joined by commas, without blanks".to_owned())
}

/// How a range is written that has a hyphen.
fn range_of_numbers(word: &str) -> Option<String> {
    let ends = word.split(',').find_map(|part| part.split_once('-'));
    let (low, high) = ends.filter(|ends| is_number(ends.0) && is_number(ends.1))?;
    Some(format!("a range is written `{low}:{high}` here"))
}

/// What to write for an address that cannot be read.
pub(super) fn address(text: &str, general: &General, family: Family) -> Option<String> {
    if let Some(hint) = empty_part(text) {
        return Some(hint);
    }
    let bare = text.split('/').next().unwrap_or_default();
    let end = if general.id == Id::Source { "src" } else { "dst" };
    let port = if general.id == Id::Source { "--sport" } else { "--dport" };
    if let Some(rest) = text.strip_prefix('=') {
        return Some(format!("`=` stands behind long options only: `{} {rest}`", general.name()));
    }
    if let Some(network) = starred(bare) {
        return Some(format!("a network is written `{network}`"));
    }
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

/// The network that `10.0.*` or `10.0.0.*` is meant for.
fn starred(text: &str) -> Option<String> {
    let known = text.split('.').take_while(|part| *part != "*").collect::<Vec<_>>();
    let stars = text.split('.').skip(known.len()).collect::<Vec<_>>();
    let right = (1..4).contains(&known.len()) && !stars.is_empty() && stars.iter().all(|part| *part == "*");
    let zeros = ".0".repeat(4 - known.len().min(4));
    (right && known.iter().all(|part| part.parse::<u8>().is_ok()))
        .then(|| format!("{}{zeros}/{}", known.join("."), 8 * known.len()))
}

/// What to write for a protocol that is none.
pub(super) fn protocol(text: &str) -> Option<String> {
    if text.eq_ignore_ascii_case("any") {
        return Some("without `-p` a rule is for all protocols".to_owned());
    }
    if ["INPUT", "FORWARD", "OUTPUT"].contains(&text) {
        return Some(format!("the policy of a chain is set by `-P {text}`"));
    }
    let several = text.contains([',', '/']) && text.split([',', '/']).all(|part| names::protocol(part).is_some());
    if several {
        return Some("a rule is for one protocol: write a rule for each".to_owned());
    }
    let service = text.to_lowercase();
    let over = ["tcp", "udp"].into_iter().find(|over| names::service(&service, over).is_some());
    if let Some(over) = over {
        return Some(format!("a service is a port: `-p {over} --dport {service}`"));
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
    let octal = word.strip_prefix('0').filter(|digits| is_number(digits));
    if let Some(digits) = octal.filter(|_| word.contains(['8', '9'])) {
        let decimal = digits.trim_start_matches('0');
        return Some(format!("a number that begins with 0 is octal: write `{decimal}`"));
    }
    if is_number(word) {
        return Some("ports end at 65535".to_owned());
    }
    let small = word.to_lowercase();
    let same = names::service_names().into_iter().find(|name| *name == small);
    same.or_else(|| nearest(word, names::service_names())).map(perhaps)
}

/// The same as [`nearest`], where a name may be written in other letters.
pub(super) fn nearest_in_any_case<'a>(written: &str, known: &[&'a str]) -> Option<&'a str> {
    let same = known.iter().find(|name| name.eq_ignore_ascii_case(written)).copied();
    same.or_else(|| nearest(written, known.iter().copied()))
}
