//! A packet as it is at some point of its way: what the rules there see.
//!
//! Fields that are no longer known (the port that masquerading picks) are ranges or `None`.

use std::net::Ipv4Addr;

use super::{Direction, Endpoints, Host, Outcome, Packet, State, Verdict};
use super::{Header, Hook};
use crate::model::PortRange;

/// Addresses and ports of a packet, as far as they are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ends {
    pub(super) source: Option<u32>,
    pub(super) destination: Option<u32>,
    /// Source and destination port, or those that they may be; none where there are no ports.
    pub(super) ports: Option<(PortRange, PortRange)>,
}

/// The connection as it is at this point.
#[derive(Clone, Copy, Debug)]
pub(super) struct Track {
    pub(super) state: State,
    pub(super) direction: Direction,
    pub(super) mark: Option<u32>,
    /// Of the first packet, before translation.
    pub(super) original: Ends,
    /// Of the answers, before they are translated back.
    pub(super) reply: Ends,
}

/// The packet at one point of its way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sight<'p> {
    pub(super) packet: &'p Packet,
    pub(super) host: &'p Host,
    pub(super) ends: Ends,
    /// The device it came in by; empty for none, `None` where it is not known.
    pub(super) arrival: Option<&'p str>,
    /// The device it leaves by; empty for none, `None` where it is not known.
    pub(super) departure: Option<&'p str>,
    pub(super) tos: Option<u8>,
    pub(super) mark: Option<u32>,
    pub(super) track: Track,
    /// How often the packet was changed: an answer about it holds only until the next change.
    pub(super) changes: u32,
}

impl Ends {
    fn of(packet: &Packet) -> Self {
        let ports = packet.header.ports().filter(|_| !packet.fragment);
        Self {
            source: Some(packet.source.into()),
            destination: Some(packet.destination.into()),
            ports: ports.map(|(source, destination)| (PortRange::single(source), PortRange::single(destination))),
        }
    }

    fn given(ends: Endpoints) -> Self {
        Self {
            source: Some(ends.source.into()),
            destination: Some(ends.destination.into()),
            ports: Some((PortRange::single(ends.source_port), PortRange::single(ends.destination_port))),
        }
    }

    /// The ends of a packet the other way.
    pub(super) fn inverse(self) -> Self {
        let ports = self.ports.map(|(source, destination)| (destination, source));
        Self { source: self.destination, destination: self.source, ports }
    }
}

impl Track {
    fn of(packet: &Packet) -> Self {
        let connection = &packet.connection;
        let own = match connection.direction {
            Direction::Original => Ends::of(packet),
            Direction::Reply => Ends::of(packet).inverse(),
        };
        let original = connection.original.map(Ends::given);
        let reply = connection.reply.map(Ends::given);
        Self {
            state: connection.state,
            direction: connection.direction,
            mark: Some(connection.mark),
            original: original.or(reply.map(Ends::inverse)).unwrap_or(own),
            reply: reply.or(original.map(Ends::inverse)).unwrap_or(own.inverse()),
        }
    }

    /// Whether the kernel has a connection for the packet.
    pub(super) fn exists(&self) -> bool {
        !matches!(self.state, State::Invalid | State::Untracked)
    }

    /// Whether the first packet's source is rewritten.
    pub(super) fn source_is_translated(&self) -> bool {
        let port = |ends: Ends| ends.ports.map(|ports| ports.0);
        self.original.source != self.reply.destination || port(self.original) != port(self.reply.inverse())
    }

    /// Whether the first packet's destination is rewritten.
    pub(super) fn destination_is_translated(&self) -> bool {
        let port = |ends: Ends| ends.ports.map(|ports| ports.1);
        self.original.destination != self.reply.source || port(self.original) != port(self.reply.inverse())
    }

    /// The ends that the packet has when it leaves.
    pub(super) fn translated(&self) -> Ends {
        match self.direction {
            Direction::Original => self.reply.inverse(),
            Direction::Reply => self.original.inverse(),
        }
    }
}

impl<'p> Sight<'p> {
    /// The packet before the first rule.
    pub(super) fn new(packet: &'p Packet, host: &'p Host) -> Self {
        Self {
            packet,
            host,
            ends: Ends::of(packet),
            arrival: Some(&packet.arrival),
            departure: Some(&packet.departure),
            tos: Some(packet.tos),
            mark: Some(packet.mark),
            track: Track::of(packet),
            changes: 0,
        }
    }

    /// This host's address on the departure device; for the loopback device the kernel takes that of another one
    /// (`inet_select_addr` of net/ipv4/devinet.c), and which is not known here.
    pub(super) fn own_address(&self) -> Option<u32> {
        let of_device = || self.departure.filter(|own| *own != "lo").and_then(|device| self.host.address_of(device));
        self.packet.own_address.or_else(of_device).map(u32::from)
    }

    /// The ICMP type and code.
    pub(super) fn icmp(&self) -> Option<(u8, u8)> {
        match self.packet.header {
            Header::Icmp { kind, code } if !self.packet.fragment => Some((kind, code)),
            _ => None,
        }
    }

    /// What has become of the packet, where the rules say `verdict` at `at`; of one that is gone, no more than that.
    pub(super) fn outcome(&self, verdict: Verdict, at: Hook) -> Outcome {
        let ends = Some(self.ends).filter(|_| verdict.passes());
        let ports = ends.and_then(|ends| ends.ports);
        Outcome {
            verdict,
            at,
            mark: self.mark.filter(|_| verdict.passes()),
            tos: self.tos.filter(|_| verdict.passes()),
            connection_mark: self.track.mark.filter(|_| verdict.passes() && self.track.exists()),
            source: ends.and_then(|ends| ends.source).map(Ipv4Addr::from),
            source_port: ports.map(|ports| ports.0),
            destination: ends.and_then(|ends| ends.destination).map(Ipv4Addr::from),
            destination_port: ports.map(|ports| ports.1),
        }
    }
}
