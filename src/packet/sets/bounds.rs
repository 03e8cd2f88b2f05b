//! What is quickly told of a rule's packets: bounds that they are within, and one of them.
//!
//! Most rules of a large ruleset have nothing in common, and bounds suffice to see that.
//! Only fields that no rule of a chain changes have bounds.

use super::Class;
use super::WITH_PORTS;
use super::device::Classes;
use crate::model::{Network, PortRange};
use crate::packet::check::{Check, Condition, ConnectionTest, Side};
use crate::packet::program::{Chain, Program, Rule};

/// Lowest and highest value, both included.
pub(super) type Span = (u32, u32);

const PROTOCOL: usize = 0;
pub(super) const SOURCE: usize = 1;
pub(super) const DESTINATION: usize = 2;
const SOURCE_PORT: usize = 3;
pub(super) const DESTINATION_PORT: usize = 4;
pub(super) const ARRIVAL: usize = 5;
pub(super) const DEPARTURE: usize = 6;

/// The values of a packet, field by field.
pub(super) type Fields = [u32; 7];

/// A packet, as far as bounds tell it from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Point {
    pub(super) fields: Fields,
    /// The bit of the state that it is in.
    pub(super) state: u8,
}

/// Bounds of a set of packets, field by field; some packets within them may not belong to the set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    spans: [Span; 7],
    /// The states that packets may be in, as bits.
    states: u8,
}

/// The bits of all states.
const STATES: u8 = 0b1_1111;

impl Bounds {
    const ALL: Self = Self { spans: [(0, u32::MAX); 7], states: STATES };

    /// The bounds of the packets that a rule matches.
    pub(super) fn of(rule: &Rule, classes: &Classes) -> Self {
        let mut bounds = Self::ALL;
        for condition in rule.conditions.iter().filter(|condition| !condition.negated) {
            if let Check::Connection(test) = &condition.check {
                bounds.states &= states(test).unwrap_or(STATES);
            }
            for (field, (low, high)) in spans(&condition.check, classes) {
                let own = &mut bounds.spans[field];
                *own = (own.0.max(low), own.1.min(high));
            }
        }
        bounds
    }

    /// The bounds of each rule of each chain.
    pub(super) fn of_all(program: &Program, classes: &Classes) -> Vec<Vec<Self>> {
        let of_chain = |chain: &Chain| chain.rules.iter().map(|rule| Self::of(rule, classes)).collect();
        program.chains.iter().map(of_chain).collect()
    }

    /// The bounds of a class of packets, whatever their devices and states.
    pub(super) fn of_class(class: &Class) -> Self {
        let mut bounds = Self::ALL;
        let port = |range: PortRange| (range.low.into(), range.high.into());
        let spans = [
            (PROTOCOL, class.protocol.map(single)),
            (SOURCE, class.source.and_then(network_span)),
            (DESTINATION, class.destination.and_then(network_span)),
            (SOURCE_PORT, class.source_port.map(port)),
            (DESTINATION_PORT, class.destination_port.map(port)),
        ];
        for (field, span) in spans {
            bounds.spans[field] = span.unwrap_or(bounds.spans[field]);
        }
        bounds
    }

    /// The same for packets in any state.
    pub(super) fn in_any_state(self) -> Self {
        Self { states: STATES, ..self }
    }

    /// The span of one field.
    pub(super) fn span(&self, field: usize) -> Span {
        self.spans[field]
    }

    /// Whether a packet is within them.
    pub(super) fn hold(&self, point: &Point) -> bool {
        let fields = self.spans.iter().zip(&point.fields);
        self.states & point.state != 0 && fields.into_iter().all(|((low, high), value)| low <= value && value <= high)
    }

    /// Whether some packet is within both.
    pub(super) fn meet(&self, other: &Self) -> bool {
        let mut spans = self.spans.iter().zip(&other.spans);
        self.states & other.states != 0 && spans.all(|(one, other)| one.0.max(other.0) <= one.1.min(other.1))
    }

    /// The packet with the lowest values, where there is such a packet.
    fn lowest(&self) -> Option<Fields> {
        let fields = self.spans.map(|(low, _)| low);
        let whole = self.spans.iter().all(|(low, high)| low <= high) && fields[PROTOCOL] <= u8::MAX.into();
        let port =
            |field: usize| fields[field] == 0 || WITH_PORTS.iter().any(|own| u32::from(*own) == fields[PROTOCOL]);
        let icmp = fields[PROTOCOL] == 1 && fields[SOURCE_PORT].max(fields[DESTINATION_PORT]) <= u8::MAX.into();
        (whole && (icmp || port(SOURCE_PORT) && port(DESTINATION_PORT))).then_some(fields)
    }
}

/// Packets that the rule certainly matches, where that is quickly told: one for each state.
///
/// Each test is of a kind that some packet passes whatever its other fields are, and of each kind
/// there is one, so that tests within the same bounds cannot contradict each other.
pub(super) fn samples(rule: &Rule, bounds: &Bounds, program: &Program) -> impl Iterator<Item = Point> + use<> {
    let (fields, states) = (sample(rule, bounds, program), bounds.states);
    let points = fields.into_iter().flat_map(|fields| (0..5).rev().map(move |at| Point { fields, state: 1 << at }));
    points.filter(move |point| states & point.state != 0)
}

fn sample(rule: &Rule, bounds: &Bounds, program: &Program) -> Option<Fields> {
    let mut kinds = 0;
    for condition in &rule.conditions {
        let kind = match kind(condition, program)? {
            Kind::Within => continue,
            Kind::One(kind) => 1 << kind,
        };
        if kinds & kind != 0 {
            return None;
        }
        kinds |= kind;
    }
    let lowest = bounds.lowest()?;
    let fits = rule.conditions.iter().all(|condition| fits_protocol(&condition.check, lowest[PROTOCOL]));
    fits.then_some(lowest)
}

/// How many tests of a kind a rule may have, if a packet is to be named at once.
enum Kind {
    /// Any number: exactly the packets within the bounds pass it.
    Within,
    /// One of this number.
    One(u32),
}

fn kind(condition: &Condition, program: &Program) -> Option<Kind> {
    let unknown = program.unknowns.get(condition.unknown.0 as usize);
    if unknown.is_some_and(|unknown| unknown.stateful) {
        // It comes out either way.
        return Some(Kind::Within);
    }
    if let Check::Unknown = condition.check {
        return Some(Kind::One(0));
    }
    if condition.negated {
        return None;
    }
    Some(match &condition.check {
        Check::Source(network) | Check::Destination(network) => network_span(*network).map(|_| Kind::Within)?,
        Check::AddressRange(Side::Source | Side::Destination, ..) => Kind::Within,
        Check::Protocol(_) | Check::Visible(_) | Check::HasPorts => Kind::Within,
        Check::Ports(Side::Source, _) => Kind::One(1),
        Check::Ports(Side::Destination, _) => Kind::One(2),
        Check::Icmp { .. } => Kind::One(3),
        Check::Arrival { .. } => Kind::One(4),
        Check::Departure { .. } => Kind::One(5),
        Check::Flags { among, chosen } if chosen & !among == 0 => Kind::One(6),
        Check::Connection(test) if test.parts.is_empty() && states(test).is_some() => Kind::Within,
        _ => return None,
    })
}

/// Whether packets of a protocol have what the test looks at.
fn fits_protocol(check: &Check, protocol: u32) -> bool {
    match check {
        Check::HasPorts => WITH_PORTS.iter().any(|own| u32::from(*own) == protocol),
        Check::Flags { .. } => protocol == 6,
        _ => true,
    }
}

/// The states, as bits, that the test wants packets to be in; none where it does not look at them alone.
fn states(test: &ConnectionTest) -> Option<u8> {
    let (states, negated) = test.states.filter(|(states, _)| states & !STATES == 0)?;
    Some(if negated { STATES & !states } else { states })
}

/// The bounds that a test sets.
fn spans(check: &Check, classes: &Classes) -> Vec<(usize, Span)> {
    match check {
        Check::Source(network) => network_span(*network).map(|span| (SOURCE, span)).into_iter().collect(),
        Check::Destination(network) => network_span(*network).map(|span| (DESTINATION, span)).into_iter().collect(),
        Check::AddressRange(Side::Source, first, last) => vec![(SOURCE, (*first, *last))],
        Check::AddressRange(Side::Destination, first, last) => vec![(DESTINATION, (*first, *last))],
        Check::Protocol(0) => Vec::new(),
        Check::Protocol(number) => vec![(PROTOCOL, single(*number))],
        Check::Visible(number) => vec![(PROTOCOL, single(u16::from(*number)))],
        Check::Ports(Side::Source, ranges) => vec![(SOURCE_PORT, hull(ranges))],
        Check::Ports(Side::Destination, ranges) => vec![(DESTINATION_PORT, hull(ranges))],
        Check::Icmp { kind: u8::MAX, .. } => vec![(PROTOCOL, single(1))],
        Check::Icmp { kind, low, high } => vec![
            (PROTOCOL, single(1)),
            (SOURCE_PORT, single(u16::from(*kind))),
            (DESTINATION_PORT, (u32::from(*low), u32::from(*high))),
        ],
        Check::Arrival { name, prefix } => vec![(ARRIVAL, classes.span(name, *prefix))],
        Check::Departure { name, prefix } => vec![(DEPARTURE, classes.span(name, *prefix))],
        _ => Vec::new(),
    }
}

fn single(value: u16) -> Span {
    (value.into(), value.into())
}

/// From the lowest port to the highest; empty where a range is.
fn hull(ranges: &[PortRange]) -> Span {
    let whole = ranges.iter().filter(|range| range.low <= range.high);
    let low = whole.clone().map(|range| range.low).min();
    let high = whole.map(|range| range.high).max();
    (low.unwrap_or(1).into(), high.unwrap_or(0).into())
}

/// The addresses of a network whose mask is the length of a prefix; without bits beyond it.
fn network_span(network: Network) -> Option<Span> {
    let Network { address, mask } = network;
    let prefix = mask.leading_ones() + mask.trailing_zeros() >= 32;
    (prefix && address & !mask == 0).then_some((address, address | !mask))
}
