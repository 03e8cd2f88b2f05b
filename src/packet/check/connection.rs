//! `-m conntrack` and `-m state`.

use super::{Answer, Sight, within_network, within_ports};
use crate::model::{Network, PortRange};
use crate::packet::sight::Ends;
use crate::packet::{Direction, State};

/// The bit of `--ctstate SNAT`.
pub(in crate::packet) const STATE_SNAT: u8 = 1 << 5;
/// The bit of `--ctstate DNAT`.
pub(in crate::packet) const STATE_DNAT: u8 = 1 << 6;

/// What a match says of the connection.
#[derive(Clone, Debug, Default)]
pub(in crate::packet) struct ConnectionTest {
    /// The states that will do, as bits, and whether they will not do instead.
    pub(in crate::packet) states: Option<(u8, bool)>,
    /// All else, each with its negation.
    pub(in crate::packet) parts: Vec<(ConnectionPart, bool)>,
}

/// What a match says of a connection beside its state.
#[derive(Clone, Debug)]
pub(in crate::packet) enum ConnectionPart {
    Direction(Direction),
    Protocol(u16),
    OriginalSource(Network),
    OriginalDestination(Network),
    ReplySource(Network),
    ReplyDestination(Network),
    OriginalSourcePort(PortRange),
    OriginalDestinationPort(PortRange),
    ReplySourcePort(PortRange),
    ReplyDestinationPort(PortRange),
    Unknown,
}

/// The bit of a state.
pub(in crate::packet) fn state_bit(state: State) -> u8 {
    match state {
        State::Invalid => 1,
        State::New => 1 << 1,
        State::Related => 1 << 2,
        State::Established => 1 << 3,
        State::Untracked => 1 << 4,
    }
}

impl ConnectionTest {
    /// `conntrack_mt` of net/netfilter/xt_conntrack.c: without a connection only the state counts, and it must be tested.
    pub(super) fn answer(&self, sight: &Sight<'_>) -> Answer {
        if let Some((states, negated)) = self.states
            && (states & bits(sight) != 0) == negated
        {
            return Answer::No;
        }
        if !sight.track.exists() {
            return self.states.is_some().into();
        }
        let mut answer = Answer::Yes;
        for (part, negated) in &self.parts {
            match part.answer(sight) ^ *negated {
                Answer::No => return Answer::No,
                Answer::Unknown => answer = Answer::Unknown,
                Answer::Yes => {}
            }
        }
        answer
    }
}

fn bits(sight: &Sight<'_>) -> u8 {
    let mut bits = state_bit(sight.track.state);
    if sight.track.exists() {
        bits |= if sight.track.source_is_translated() { STATE_SNAT } else { 0 };
        bits |= if sight.track.destination_is_translated() { STATE_DNAT } else { 0 };
    }
    bits
}

impl ConnectionPart {
    fn answer(&self, sight: &Sight<'_>) -> Answer {
        let (original, reply) = (sight.track.original, sight.track.reply);
        match self {
            Self::Direction(direction) => (sight.track.direction == *direction).into(),
            // An ICMP error is about a connection of any protocol.
            Self::Protocol(_) if sight.packet.protocol == 1 && sight.track.state == State::Related => Answer::Unknown,
            Self::Protocol(number) => (u16::from(sight.packet.protocol) == *number).into(),
            Self::OriginalSource(network) => within_network(original.source, *network),
            Self::OriginalDestination(network) => within_network(original.destination, *network),
            Self::ReplySource(network) => within_network(reply.source, *network),
            Self::ReplyDestination(network) => within_network(reply.destination, *network),
            Self::OriginalSourcePort(range) => port(original, *range, true),
            Self::OriginalDestinationPort(range) => port(original, *range, false),
            Self::ReplySourcePort(range) => port(reply, *range, true),
            Self::ReplyDestinationPort(range) => port(reply, *range, false),
            Self::Unknown => Answer::Unknown,
        }
    }
}

/// Connections without ports have other numbers in their place (the identifier of ICMP), which are not known here.
fn port(ends: Ends, range: PortRange, source: bool) -> Answer {
    match ends.ports {
        Some((from, to)) => within_ports(if source { from } else { to }, range),
        None => Answer::Unknown,
    }
}
