//! The tests of a rule.
//!
//! A rule holds what the kernel holds: a test that every packet passes is left out. A negated
//! test stays whatever it tests, since the kernel keeps the negation: `! 0:65535` matches no
//! packet but later fragments, and is kept as a negated match of every port.

use smol_str::SmolStr;

use super::address;
use super::complaint::{CONFLICT, Complaint};
use super::options::Opt;
use super::parts::Parts;
use super::ports::{self, Port};
use super::usage::Use;
use super::values;
use crate::model::{Address, Interface, Known, Match, Network, PortRange, Protocol, Test, Value};
use crate::text::Place;

/// The tests of a rule, each in its own field so that `-b` can exchange the sides.
#[derive(Clone, Default)]
pub(super) struct Tests {
    source: Option<Match>,
    destination: Option<Match>,
    interface: Option<Match>,
    protocol: Option<Match>,
    source_port: Option<Match>,
    destination_port: Option<Match>,
    flags: Vec<Match>,
}

impl Tests {
    /// The matches in their canonical order.
    pub(super) fn in_order(self) -> Vec<Match> {
        let sides = [self.source, self.destination, self.interface, self.protocol];
        let ports = [self.source_port, self.destination_port];
        sides.into_iter().chain(ports).flatten().chain(self.flags).collect()
    }

    /// The tests of the packets that go the other way; ICMP types and codes stay where they are.
    pub(super) fn reversed(self, protocol: Option<(Protocol, bool)>) -> Self {
        let source = self.destination.map(mirrored);
        let destination = self.source.map(mirrored);
        let tests = Tests { source, destination, ..self };
        if protocol.is_some_and(|(protocol, _)| protocol == Protocol::ICMP) {
            return tests;
        }
        let source_port = tests.destination_port.map(mirrored);
        let destination_port = tests.source_port.map(mirrored);
        Tests { source_port, destination_port, ..tests }
    }
}

/// The tests of the rule.
pub(super) fn tests(parts: &Parts<'_>) -> Result<Tests, Complaint> {
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
    let any = interface == Known::Is(Interface { name: SmolStr::default(), prefix: true });
    Ok(kept(parts, found, Test::Interface(interface), any))
}

fn protocol(parts: &Parts<'_>) -> Result<Option<Match>, Complaint> {
    let Some((found, value)) = given(parts, Opt::Protocol) else { return Ok(None) };
    let protocol = values::protocol(value, found.negated())?;
    let any = protocol == Known::Is(Protocol::ANY);
    Ok(kept(parts, found, Test::Protocol(protocol), any))
}

/// The option `opt` with its value.
pub(super) fn given<'a>(parts: &Parts<'a>, opt: Opt) -> Option<(&'a Use, &'a Value)> {
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

/// The words of one option, from its `!` to its last argument.
fn place(parts: &Parts<'_>, found: &Use) -> Place {
    let words = found.bang.into_iter().chain([found.word]).chain(found.arguments.iter().copied());
    let places = words.filter_map(|at| parts.words.get(at)).map(|word| word.place);
    places.reduce(Place::cover).unwrap_or_default()
}
