//! The way of a packet through the rules, for people: hook by hook, chain by chain, rule by rule.

use std::net::Ipv4Addr;

use super::visible;
use crate::dialect::names;
use crate::eval::{Condition, Conditions};
use crate::model::{Dialect, PortRange};
use crate::packet::{Decision, Event, Flags, Header, Outcome, Packet, Path, Reason, Trace, Verdict};
use crate::text::{Place, Sources};

/// A rule's text is cut after so many characters.
const LONGEST_RULE: usize = 160;
/// Of more conditions that a rule hangs on, only so many are named.
const MOST_CONDITIONS: usize = 3;

/// A packet and what is known of its way.
pub struct Told<'a> {
    /// The files that the rules come from.
    pub sources: &'a Sources,
    /// What their scripts ask; conditions are named where it is given.
    pub conditions: Option<&'a Conditions>,
    /// Whose rules they are.
    pub dialect: Dialect,
    /// The packet.
    pub packet: &'a Packet,
    /// Its steps.
    pub trace: &'a Trace,
    /// Its fate.
    pub decision: &'a Decision,
}

/// The whole report.
pub fn trace(told: &Told<'_>) -> String {
    let mut text = format!("packet: {}\n", packet(told.packet));
    for event in &told.trace.events {
        step(&mut text, told, event);
    }
    text.push('\n');
    match told.decision {
        Decision::Known(known) => text.push_str(&format!("verdict: {}\n", outcome(known, told))),
        Decision::Depends { reasons, outcomes } => {
            text.push_str("verdict: it depends\n");
            let mut all: Vec<String> = reasons.iter().map(|reason| hangs_on(told, reason)).collect();
            // The rules of a loop have one place.
            all.dedup();
            all.iter().for_each(|line| text.push_str(line));
            for one in outcomes {
                text.push_str(&format!("  possible: {}\n", outcome(one, told)));
            }
        }
    }
    text
}

fn step(text: &mut String, told: &Told<'_>, event: &Event) {
    let line = match event {
        Event::Builtin { table, chain, arrival, departure } => {
            let device = devices(told.dialect, arrival.as_deref(), departure.as_deref());
            let table = if told.dialect == Dialect::Ipchains { String::new() } else { format!("{table} ") };
            format!("\n{table}{}{device}", visible(chain))
        }
        Event::Rule { place, depth } => format!("{}{}", indent(*depth), rule(told, *place)),
        Event::Undecided { place, depth, reason } => {
            let blank = indent(*depth);
            format!("{blank}? {}\n{blank}    taken as no match: {}", rule(told, *place), visible(&why(told, reason)))
        }
        Event::Policy { place } => match place {
            Some(place) => format!("  policy: {}", rule(told, *place)),
            None => "  policy of the kernel".to_owned(),
        },
        Event::Jump { chain, goto } => {
            format!("      {} {}", if *goto { "goes to" } else { "jumps to" }, visible(chain))
        }
        Event::Back { chain, depth } => format!("{}back in {}", indent(*depth), visible(chain)),
        Event::Loop(chain) => format!("      jumps back into {}: dropped", visible(chain)),
        Event::Log => "      logged".to_owned(),
        Event::Mark(mark) => format!("      mark {}", number(mark.map(u64::from))),
        Event::Tos(tos) => format!("      TOS {}", number(tos.map(u64::from))),
        Event::ConnectionMark(mark) => format!("      connection mark {}", number(mark.map(u64::from))),
        Event::Untracked => "      not tracked".to_owned(),
        Event::Changed => "      goes on".to_owned(),
        Event::Ruling(name) => format!("      {}", ruling(told.dialect, name)),
        Event::Rejected(with) => format!("      the sender gets: {with}"),
        Event::Source(address, port) => format!("      source is now {}", end(*address, *port)),
        Event::Destination(address, port) => format!("      destination is now {}", end(*address, *port)),
    };
    text.push_str(&line);
    text.push('\n');
}

/// The word that the dialect has for it.
fn ruling(dialect: Dialect, name: &'static str) -> &'static str {
    match (dialect, name) {
        (Dialect::Ipchains, "MASQUERADE") => "MASQ",
        (Dialect::Iptables, "DENY") => "DROP",
        _ => name,
    }
}

fn hangs_on(told: &Told<'_>, reason: &Reason) -> String {
    let place = reason.place().map_or(String::new(), |place| format!("{}: ", position(told, place)));
    format!("  {place}{}\n", visible(&why(told, reason)))
}

/// What something hangs on; of conditions, what they ask and where.
fn why(told: &Told<'_>, reason: &Reason) -> String {
    let (Reason::Condition(_, guard), Some(conditions)) = (reason, told.conditions) else { return reason.to_string() };
    let asked: Vec<String> = conditions.asked(*guard, MOST_CONDITIONS + 1).map(|own| question(told, own)).collect();
    match asked.len() {
        0 => reason.to_string(),
        1..=MOST_CONDITIONS => format!("whether it is there depends on whether {}", asked.join(", and on whether ")),
        _ => format!("whether it is there depends on whether {}, and more", asked[..MOST_CONDITIONS].join(", ")),
    }
}

fn question(told: &Told<'_>, condition: &Condition) -> String {
    let line = told.sources.get(condition.place.file).line(condition.place.span.start);
    format!("{} (line {line})", condition.question.wording(true))
}

fn indent(depth: usize) -> String {
    "  ".repeat(depth + 1)
}

fn devices(dialect: Dialect, arrival: Option<&str>, departure: Option<&str>) -> String {
    let shown = |word: &str, device: Option<&str>| match device {
        Some("") => String::new(),
        Some(device) => format!(", {word} {}", visible(device)),
        None => format!(", {word} ?"),
    };
    match dialect {
        Dialect::Ipchains => shown("device", arrival),
        Dialect::Iptables => shown("in", arrival) + &shown("out", departure),
    }
}

pub(super) fn rule(told: &Told<'_>, place: Place) -> String {
    let text = told.sources.text(place);
    // The lines of a command that goes on are one.
    let words: Vec<&str> = text.split_whitespace().filter(|word| *word != "\\").collect();
    let mut text = visible(&words.join(" "));
    if let Some((end, _)) = text.char_indices().nth(LONGEST_RULE) {
        text.truncate(end);
        text.push('…');
    }
    format!("{}: {text}", position(told, place))
}

fn position(told: &Told<'_>, place: Place) -> String {
    let source = told.sources.get(place.file);
    format!("{}:{}", visible(source.path()), source.line(place.span.start))
}

fn number(value: Option<u64>) -> String {
    value.map_or_else(|| "is not known".to_owned(), |value| format!("{value:#x}"))
}

fn end(address: Option<Ipv4Addr>, port: Option<PortRange>) -> String {
    let address = address.map_or_else(|| "?".to_owned(), |address| address.to_string());
    match port {
        Some(port) if port.low == port.high => format!("{address}:{}", port.low),
        Some(port) => format!("{address}:{}-{}", port.low, port.high),
        None => address,
    }
}

pub(super) fn packet(packet: &Packet) -> String {
    let protocol = names::protocol_name(packet.protocol);
    let protocol = protocol.map_or_else(|| format!("protocol {}", packet.protocol), str::to_owned);
    let port = |own: Option<u16>| own.map(PortRange::single);
    let ports = packet.header.ports();
    let from = end(Some(packet.source), port(ports.map(|ports| ports.0)));
    let to = end(Some(packet.destination), port(ports.map(|ports| ports.1)));
    let header = match packet.header {
        _ if packet.fragment => " later fragment".to_owned(),
        Header::Tcp { flags, .. } => format!(" {}", flag_names(flags)),
        Header::Icmp { kind, code } => format!(" type {kind} code {code}"),
        Header::Ports { .. } | Header::Hidden => String::new(),
    };
    let (arrival, departure) = (visible(&packet.arrival), visible(&packet.departure));
    let way = match packet.path {
        Path::Received => format!("received by {arrival} for this host"),
        Path::Sent => format!("sent by this host, out by {departure}"),
        Path::Forwarded => format!("forwarded from {arrival} to {departure}"),
    };
    format!("{protocol} {from} > {to}{header}, {way}")
}

fn flag_names(flags: Flags) -> String {
    let set: Vec<&str> = Flags::NAMES.iter().filter(|(_, flag)| flags.has(*flag)).map(|(name, _)| *name).collect();
    if set.is_empty() { "no flags".to_owned() } else { set.join(",") }
}

pub(super) fn outcome(outcome: &Outcome, told: &Told<'_>) -> String {
    let mut text = format!("{} in {}", outcome.verdict.name(), outcome.at.chain(told.dialect));
    match outcome.verdict {
        Verdict::Reject(rejection) => text.push_str(&format!(", the sender gets: {rejection}")),
        Verdict::Redirect { port: Some(port) } => text.push_str(&format!(", to port {port} of this host")),
        Verdict::Masquerade { rewritten: true } => {
            text.push_str(&format!(", as from {}", end(outcome.source, outcome.source_port)));
        }
        Verdict::Masquerade { rewritten: false } => text.push_str(", but with its own source"),
        _ => {}
    }
    if outcome.verdict.passes() && outcome.destination != Some(told.packet.destination) {
        text.push_str(&format!(", delivered to {}", end(outcome.destination, outcome.destination_port)));
    }
    if outcome.verdict.passes() && outcome.mark != Some(told.packet.mark) {
        text.push_str(&format!(", mark {}", number(outcome.mark.map(u64::from))));
    }
    if outcome.verdict.passes() && outcome.tos != Some(told.packet.tos) {
        text.push_str(&format!(", TOS {}", number(outcome.tos.map(u64::from))));
    }
    text
}
