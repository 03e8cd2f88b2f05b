//! The rules of one command.
//!
//! A rule holds what the kernel holds: a test that every packet passes is left out. A negated
//! test stays whatever it tests, since the kernel keeps the negation: `! 0:65535` matches no
//! packet but later fragments, and is kept as a negated match of every port.

use super::address;
use super::complaint::{CONFLICT, Complaint};
use super::options::Opt;
use super::parts::Parts;
use super::ports::{self, Port};
use super::scan::Use;
use super::values;
use crate::model::{
    Address, Argument, Effect, Interface, Known, MarkChange, Match, Network, OptionUse, PortRange, Protocol, Rule,
    Target, Test, Value,
};
use crate::text::Place;

/// The tests of a rule, each in its own field so that `-b` can exchange the sides.
#[derive(Clone, Default)]
struct Tests {
    source: Option<Match>,
    destination: Option<Match>,
    interface: Option<Match>,
    protocol: Option<Match>,
    source_port: Option<Match>,
    destination_port: Option<Match>,
    flags: Vec<Match>,
}

/// The rules: with `-b` a second one for the other direction.
pub(super) fn rules(parts: &Parts<'_>, place: Place) -> Result<Vec<Rule>, Complaint> {
    let tests = tests(parts)?;
    let first = finish(parts, place, tests.clone())?;
    if parts.find(Opt::Bidirectional).is_none() {
        return Ok(vec![first]);
    }
    let mut second = finish(parts, place, reversed(tests, parts.protocol()))?;
    if parts.protocol().is_none() {
        // ICMP types and codes do not change sides, so the ports are open.
        let protocol = parts.find(Opt::Protocol).and_then(|found| found.value.clone());
        second.undecided.extend(protocol);
    }
    Ok(vec![first, second])
}

/// The rule, of a command that takes one.
pub(super) fn rule(parts: &Parts<'_>, place: Place) -> Result<Rule, Complaint> {
    finish(parts, place, tests(parts)?)
}

/// The packet of `-C`, which has one port on each side unless it is a fragment.
pub(super) fn packet(parts: &Parts<'_>, place: Place) -> Result<Rule, Complaint> {
    let rule = rule(parts, place)?;
    let one = |test: &Test| match test {
        Test::SourcePort(Known::Is(range)) | Test::DestinationPort(Known::Is(range)) => range.low == range.high,
        _ => true,
    };
    let ports =
        rule.matches.iter().filter(|found| matches!(found.test, Test::SourcePort(_) | Test::DestinationPort(_)));
    let with_ports = parts
        .protocol()
        .is_some_and(|(protocol, _)| [Protocol::TCP, Protocol::UDP, Protocol::ICMP].contains(&protocol));
    let needed = with_ports && parts.find(Opt::Fragments).is_none() && parts.undecided.is_empty();
    if (needed && ports.count() != 2) || !rule.matches.iter().all(|found| one(&found.test)) {
        return Err(Complaint::new(CONFLICT, "single source and destination ports required")
            .meaning("a packet to test needs exactly one source port and one destination port"));
    }
    Ok(rule)
}

fn tests(parts: &Parts<'_>) -> Result<Tests, Complaint> {
    let mut tests = Tests {
        source: side(parts, Opt::Source)?,
        destination: side(parts, Opt::Destination)?,
        interface: interface(parts)?,
        protocol: protocol(parts)?,
        ..Tests::default()
    };
    both_ports(parts, &mut tests)?;
    for (opt, test) in [(Opt::Syn, Test::Syn), (Opt::Fragments, Test::Fragment)] {
        let found = parts.find(opt);
        tests.flags.extend(found.map(|found| Match { negated: found.negated(), test, place: place(parts, found) }));
    }
    Ok(tests)
}

fn reversed(tests: Tests, protocol: Option<(Protocol, bool)>) -> Tests {
    let source = tests.destination.map(mirrored);
    let destination = tests.source.map(mirrored);
    let tests = Tests { source, destination, ..tests };
    if protocol.is_some_and(|(protocol, _)| protocol == Protocol::ICMP) {
        return tests;
    }
    let source_port = tests.destination_port.map(mirrored);
    let destination_port = tests.source_port.map(mirrored);
    Tests { source_port, destination_port, ..tests }
}

fn mirrored(found: Match) -> Match {
    let test = match found.test {
        Test::Source(address) => Test::Destination(address),
        Test::Destination(address) => Test::Source(address),
        Test::SourcePort(port) => Test::DestinationPort(port),
        Test::DestinationPort(port) => Test::SourcePort(port),
        other => other,
    };
    Match { test, ..found }
}

fn side(parts: &Parts<'_>, opt: Opt) -> Result<Option<Match>, Complaint> {
    let Some((found, value)) = given(parts, opt) else { return Ok(None) };
    let address = address::address(value).map_err(|complaint| complaint.at(found.value_word()))?;
    let any = address == Known::Is(Address::V4(Network::ANY));
    let test = if opt == Opt::Source { Test::Source(address) } else { Test::Destination(address) };
    Ok(kept(parts, found, test, any))
}

fn interface(parts: &Parts<'_>) -> Result<Option<Match>, Complaint> {
    let Some((found, value)) = given(parts, Opt::Interface) else { return Ok(None) };
    let interface = values::interface(value)?;
    let any = interface == Known::Is(Interface { name: String::new(), prefix: true });
    Ok(kept(parts, found, Test::Interface(interface), any))
}

fn protocol(parts: &Parts<'_>) -> Result<Option<Match>, Complaint> {
    let Some((found, value)) = given(parts, Opt::Protocol) else { return Ok(None) };
    let protocol = values::protocol(value, found.negated())?;
    let any = protocol == Known::Is(Protocol::ANY);
    Ok(kept(parts, found, Test::Protocol(protocol), any))
}

fn given<'a>(parts: &Parts<'a>, opt: Opt) -> Option<(&'a Use, &'a Value)> {
    let found = parts.find(opt)?;
    Some((found, found.value.as_ref()?))
}

/// The match, unless it is one that every packet passes.
fn kept(parts: &Parts<'_>, found: &Use, test: Test, any: bool) -> Option<Match> {
    let negated = found.negated();
    (negated || !any).then(|| Match { negated, test, place: place(parts, found) })
}

fn both_ports(parts: &Parts<'_>, tests: &mut Tests) -> Result<(), Complaint> {
    let (source, destination) = (parts.ports(Opt::Source), parts.ports(Opt::Destination));
    let protocol = parts.protocol().map(|(protocol, _)| protocol);
    if let Some(slot) = destination.first() {
        let port = ports::port(slot.value, protocol, false).map_err(|complaint| complaint.at(slot.at))?;
        if let Port::Range(range) = port {
            tests.destination_port = port_match(parts, slot.at, slot.negated, Test::DestinationPort(range));
        }
    }
    let Some(slot) = source.first() else { return Ok(()) };
    match ports::port(slot.value, protocol, true).map_err(|complaint| complaint.at(slot.at))? {
        Port::Range(range) => tests.source_port = port_match(parts, slot.at, slot.negated, Test::SourcePort(range)),
        Port::Icmp(..) if slot.negated => {
            return Err(Complaint::new(CONFLICT, "Can't negate an ICMP name").at(slot.at));
        }
        Port::Icmp(..) if !destination.is_empty() => {
            return Err(Complaint::new(CONFLICT, "Can't use ICMP name and destination port together").at(slot.at));
        }
        Port::Icmp(kind, code) => {
            tests.source_port = port_match(parts, slot.at, false, Test::SourcePort(Known::Is(kind)));
            let code = Known::Is(code.unwrap_or(PortRange::ANY));
            tests.destination_port = port_match(parts, slot.at, false, Test::DestinationPort(code));
        }
    }
    Ok(())
}

fn port_match(parts: &Parts<'_>, at: usize, negated: bool, test: Test) -> Option<Match> {
    let any = matches!(&test, Test::SourcePort(Known::Is(range)) | Test::DestinationPort(Known::Is(range)) if *range == PortRange::ANY);
    let place = parts.words.get(at).map(|word| word.place).unwrap_or_default();
    (negated || !any).then_some(Match { negated, test, place })
}

fn finish(parts: &Parts<'_>, place: Place, tests: Tests) -> Result<Rule, Complaint> {
    let mut rule = Rule::new(place);
    let sides = [tests.source, tests.destination, tests.interface, tests.protocol];
    let ports = [tests.source_port, tests.destination_port];
    rule.matches = sides.into_iter().chain(ports).flatten().chain(tests.flags).collect();
    let undecided = parts.undecided.iter().filter_map(|at| parts.words.get(*at));
    rule.undecided = undecided.map(|word| word.value.clone()).collect();
    effects(parts, &mut rule)?;
    rule.target = target(parts)?;
    Ok(rule)
}

/// What the kernel does to a packet before the target, in its order.
fn effects(parts: &Parts<'_>, rule: &mut Rule) -> Result<(), Complaint> {
    rule.effects.extend(parts.find(Opt::Log).map(|_| Effect::Log));
    if let Some(found) = parts.find(Opt::Tos) {
        match values::tos_pair(found, parts.words)? {
            Some((and, xor)) if (and, xor) != (0xFF, 0) => rule.effects.push(Effect::Tos { and, xor }),
            Some(_) => {}
            None => {
                rule.undecided.extend(found.arguments.iter().filter_map(|at| Some(parts.words.get(*at)?.value.clone())))
            }
        }
    }
    if let Some((_, value)) = given(parts, Opt::Mark) {
        // To the kernel, adding nothing is a rule without `-m`.
        let change = Some(values::mark(value)?).filter(|change| *change != Known::Is(MarkChange::Add(0)));
        rule.effects.extend(change.map(Effect::Mark));
    }
    if let Some(found) = parts.find(Opt::Output) {
        let size = found.value.as_ref().map_or(Ok(Known::Is(u16::MAX)), values::size)?;
        rule.effects.push(Effect::Netlink(size));
    }
    Ok(())
}

fn target(parts: &Parts<'_>) -> Result<Option<Target>, Complaint> {
    let Some((found, value)) = given(parts, Opt::Jump) else { return Ok(None) };
    let place = parts.words.get(found.value_word()).map(|word| word.place).unwrap_or_default();
    let port = redirect_port(parts, found, value)?;
    let options = port.map(|argument| OptionUse { name: "port".to_owned(), negated: false, argument: Some(argument) });
    Ok(Some(Target { name: value.clone(), goto: false, options: options.into_iter().collect(), place }))
}

fn redirect_port(parts: &Parts<'_>, found: &Use, target: &Value) -> Result<Option<Argument>, Complaint> {
    let Some((at, word)) = found.further().first().and_then(|at| Some((*at, parts.words.get(*at)?))) else {
        return Ok(target.is("REDIRECT").then_some(Argument::Number(0)));
    };
    let protocol = parts.protocol().map(|(protocol, _)| protocol);
    match ports::single(&word.value, protocol).map_err(|complaint| complaint.at(at))? {
        Known::Is(port) => Ok(Some(Argument::Number(port.into()))),
        Known::Unknown(value) => Ok(Some(Argument::Unknown(value))),
    }
}

/// The words of one option, from its `!` to its last argument.
fn place(parts: &Parts<'_>, found: &Use) -> Place {
    let words = found.bang.into_iter().chain([found.word]).chain(found.arguments.iter().copied());
    let places = words.filter_map(|at| parts.words.get(at)).map(|word| word.place);
    places.reduce(Place::cover).unwrap_or_default()
}
