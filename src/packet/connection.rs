//! What connection tracking knows of a packet.

use std::net::Ipv4Addr;

use super::{Flags, Header, Packet};

/// The connection of a packet as it is when the packet comes to the first hook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// The packet's state in it.
    pub state: State,
    /// Whether the packet goes the way of the connection's first one.
    pub direction: Direction,
    /// The connection's mark.
    pub mark: u32,
    /// The ends of its first packet as that was sent, where they are not simply those of this packet.
    pub original: Option<Endpoints>,
    /// The ends of its answers as they are on the wire, where the connection is translated.
    pub reply: Option<Endpoints>,
}

/// What `--ctstate` says of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// The first packet of a connection.
    New,
    /// A further one.
    Established,
    /// The first one of a connection that belongs to another.
    Related,
    /// It is of no connection and begins none.
    Invalid,
    /// It is not looked at.
    Untracked,
}

/// Which way a packet goes in its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// As the first packet went.
    Original,
    /// As the answers go.
    Reply,
}

/// Both ends of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Endpoints {
    /// Where its packets come from.
    pub source: Ipv4Addr,
    /// The port there.
    pub source_port: u16,
    /// Where they go to.
    pub destination: Ipv4Addr,
    /// The port there.
    pub destination_port: u16,
}

impl Connection {
    /// One that a packet in `state` belongs to, without translation.
    pub fn new(state: State) -> Self {
        Self { state, direction: Direction::Original, mark: 0, original: None, reply: None }
    }
}

impl State {
    /// All states with their names.
    pub const NAMES: [(&'static str, Self); 5] = [
        ("INVALID", Self::Invalid),
        ("NEW", Self::New),
        ("RELATED", Self::Related),
        ("ESTABLISHED", Self::Established),
        ("UNTRACKED", Self::Untracked),
    ];

    /// The state called so, in any case.
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, state)| *state)
    }

    /// The state of a packet that nothing went before.
    ///
    /// TCP: `tcp_valid_flags` and the row of `sNO` in `tcp_conntracks` of net/netfilter/nf_conntrack_proto_tcp.c,
    /// with `nf_conntrack_tcp_loose` set as it is by default. ICMP: `valid_new` in nf_conntrack_proto_icmp.c.
    pub fn of_first(packet: &Packet) -> Self {
        let begins = match packet.header {
            Header::Tcp { flags, .. } => {
                matches!(Flags(flags.0 & !(Flags::PSH.0 | Flags::URG.0)), Flags::SYN | Flags::ACK)
            }
            Header::Icmp { kind, .. } => matches!(kind, 8 | 13 | 15 | 17),
            Header::Hidden | Header::Ports { .. } => true,
        };
        if begins { Self::New } else { Self::Invalid }
    }
}
