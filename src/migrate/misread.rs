//! Values from outside that iptables reads otherwise than ipchains, or refuses: the report names what sets them.

use super::Item;
use crate::analysis::{Analysis, Reading};
use crate::dialect::ipchains::{Opt, Parsed, Use};
use crate::model::{Piece, Unknown, Value, Word};
use crate::text::Place;

/// What is said of the values of each kind, before the variables that hold them.
const SAID: [(Kind, &str); 4] = [
    (
        Kind::Address,
        "iptables refuses a value that begins with `!` behind -p, -s, -d and -i, and one with a port behind the address, \
         where ipchains took it, and reads addresses such as 10/8 or 010.0.0.1 otherwise; see what sets",
    ),
    (
        Kind::Port,
        "iptables refuses ports that begin with `!`, run backwards (`2000:1000`) or have options behind them, where \
         ipchains took them, and reads 010 as 8; see what sets",
    ),
    (
        Kind::Icmp,
        "iptables refuses types of ICMP that begin with `!`, are a range or have options behind them, where ipchains took \
         them, and takes 255 for any; see what sets",
    ),
    (
        Kind::Flag,
        "while the script runs, what stands for the flag of the log may be `-l` or nothing, and iptables refuses a rule \
         with anything else; see what sets",
    ),
];

/// The kinds of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// What -s and -d say.
    Address,
    /// What -p and -i say.
    Name,
    /// A port of TCP or UDP.
    Port,
    /// A type of ICMP.
    Icmp,
    /// The flag for the log, or nothing.
    Flag,
}

/// What is said of the variables that may hold such values, where the first of them is used: where iptables refuses what
/// ipchains took, the script runs on without the rule. The commands `when_run` are translated with their values.
pub(super) fn notes(analysis: &Analysis<'_>, when_run: impl Fn(Place) -> bool) -> Vec<Item> {
    let mut found: Vec<(Kind, String, Place)> = Vec::new();
    for (number, step, invocation) in analysis.invocations().filter(|(_, step, _)| !when_run(step.place)) {
        let Some(Some(Reading::Ipchains(parsed))) = analysis.readings.get(number) else { continue };
        let words = &invocation.arguments;
        let written =
            |at: usize| words.get(at).map(|word| analysis.sources.text(word.place).into_owned()).unwrap_or_default();
        for (kind, at) in open_values(parsed, words, written) {
            let unknown = words.get(at).and_then(|word| lone(&word.value));
            // What is one word, as in quotes, has no mark in front; the names of protocols and devices are alike then.
            let several = |unknown: &&Unknown| kind != Kind::Name || written(at).starts_with('$') && !unknown.single;
            let name = unknown.filter(several).map(|unknown| format!("`${}`", unknown.name));
            let kind = if kind == Kind::Name { Kind::Address } else { kind };
            let is_new = |name: &String| found.iter().all(|(other, known, _)| (*other, known) != (kind, name));
            found.extend(name.filter(is_new).map(|name| (kind, name, step.place)));
        }
    }
    let note = |(kind, message): &(Kind, &str)| {
        let own: Vec<_> = found.iter().filter(|(other, ..)| other == kind).collect();
        let names: Vec<&str> = own.iter().map(|(_, name, _)| name.as_str()).collect();
        let message = format!("{message} {}", names.join(", "));
        own.first().map(|(.., place)| Item { place: *place, message, person: false })
    };
    SAID.iter().filter_map(note).collect()
}

/// The words of a command that are all an option says, or a port behind an address, or the flag for the log.
fn open_values(parsed: &Parsed, words: &[Word], written: impl Fn(usize) -> String) -> Vec<(Kind, usize)> {
    if parsed.command.is_none() {
        return Vec::new();
    }
    let icmp = parsed.uses.iter().any(|found| {
        let names = |value: &Value| value.known().is_some_and(|name| name == "1" || name.eq_ignore_ascii_case("icmp"));
        found.spec.opt == Opt::Protocol && found.value.as_ref().is_some_and(names)
    });
    let ports = if icmp { Kind::Icmp } else { Kind::Port };
    let open = parsed.open_words(words, written);
    let own = |found: &Use| match found.spec.opt {
        _ if found.joined.is_some() => None,
        Opt::Source | Opt::Destination => Some((Kind::Address, found.value_word())),
        Opt::Protocol | Opt::Interface if !found.negated() => Some((Kind::Name, found.value_word())),
        Opt::SourcePort | Opt::DestinationPort => Some((ports, found.value_word())),
        _ => None,
    };
    let behind = parsed.uses.iter().filter_map(|found| found.port).map(|port| port.word);
    let behind = behind.chain(open.ports).map(|at| (ports, at));
    let flag = open.flag.map(|at| (Kind::Flag, at));
    parsed.uses.iter().filter_map(own).chain(behind).chain(flag).collect()
}

/// What a value is of which nothing is known.
fn lone(value: &Value) -> Option<&Unknown> {
    let is_name = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    match value {
        Value::Mixed(pieces) => match &pieces[..] {
            [Piece::Unknown(unknown)] => Some(unknown).filter(|unknown| is_name(&unknown.name)),
            _ => None,
        },
        Value::Known(_) => None,
    }
}
