//! Classes of packets that every firewall has to do with, for questions to a [`Gate`](crate::packet::Gate).

use crate::model::{Network, PortRange};
use crate::packet::{Class, Flags, State, Ways};

/// A port that programs get for connections of their own, and that rules do not name one by one.
pub(super) const PICKED: PortRange = PortRange { low: 45_731, high: 45_731 };

const TCP: u16 = 6;
const UDP: u16 = 17;
const ICMP: u16 = 1;
const ICMP_SIX: u16 = 58;

/// Addresses of the host to itself.
pub(super) const LOOPBACK: Network = Network { address: 0x7F00_0000, mask: 0xFF00_0000 };

/// First packets of TCP connections to a port that no rule is about.
pub(super) fn first() -> Class {
    Class {
        protocol: Some(TCP),
        source_port: Some(PortRange { low: 1024, high: u16::MAX }),
        destination_port: Some(PICKED),
        flags: Some(Flags::SYN),
        state: Some(State::New),
        reply: Some(false),
        ..Class::default()
    }
}

/// First packets of TCP connections to any port.
pub(super) fn any_first() -> Class {
    Class { destination_port: None, ..first() }
}

/// What comes back from servers elsewhere over TCP and UDP: from any port to one that was picked here.
pub(super) fn answers() -> [Class; 2] {
    let answer = Class {
        destination_port: Some(PICKED),
        state: Some(State::Established),
        reply: Some(true),
        device: Some(Ways::Outside),
        ..Class::default()
    };
    [Class { protocol: Some(TCP), flags: Some(Flags::ACK), ..answer.clone() }, Class { protocol: Some(UDP), ..answer }]
}

/// What routers say of packets that are too long for the next link (ICMP type 3, code 4).
pub(super) fn too_long() -> Class {
    Class {
        protocol: Some(ICMP),
        source_port: Some(PortRange::single(3)),
        destination_port: Some(PortRange::single(4)),
        state: Some(State::Related),
        device: Some(Ways::Outside),
        ..Class::default()
    }
}

/// The same of ICMPv6, whatever its type.
pub(super) fn too_long_six() -> Class {
    Class { protocol: Some(ICMP_SIX), source_port: None, destination_port: None, ..too_long() }
}

/// What hosts and routers of a link say to each other over ICMPv6 (RFC 4861), which belongs to no connection.
pub(super) fn neighbours() -> [Class; 2] {
    [State::New, State::Invalid].map(|state| Class { state: Some(state), ..too_long_six() })
}

/// TCP packets that connection tracking takes for first ones although they go on with something.
pub(super) fn late_first() -> Class {
    Class { flags: Some(Flags::ACK), device: Some(Ways::Outside), ..any_first() }
}

/// TCP packets that belong to no connection and begin none.
pub(super) fn invalid() -> Class {
    Class { protocol: Some(TCP), state: Some(State::Invalid), device: Some(Ways::Outside), ..Class::default() }
}
