//! What rules test, and whether it holds for a packet: yes, no, or not to be told.

mod address_type;
mod bytes;
mod connection;

use std::ops::BitXor;

use smol_str::SmolStr;

use super::oracle::UnknownId;
use super::sight::Sight;
use crate::model::{Network, PortRange};

pub(super) use address_type::mask as address_types;
pub(super) use bytes::{ByteTest, ByteTests, Operator};
pub(super) use connection::{ConnectionPart, ConnectionTest, STATE_DNAT, STATE_SNAT, state_bit};

/// Whether a test holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Yes,
    No,
    Unknown,
}

/// A test or its opposite.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    pub(super) negated: bool,
    pub(super) check: Check,
    /// Who stands for the answer of the test, not its opposite, where it cannot be told.
    pub(super) unknown: UnknownId,
}

/// Where a packet comes from, or where it goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Source,
    Destination,
    /// Either will do.
    Either,
}

/// A test.
#[derive(Clone, Debug)]
pub(super) enum Check {
    Source(Network),
    Destination(Network),
    /// The arrival device; in ipchains the one device of the chain.
    Arrival {
        name: SmolStr,
        prefix: bool,
    },
    Departure {
        name: SmolStr,
        prefix: bool,
    },
    Protocol(u16),
    Fragment,
    /// A port, or ICMP type or code, as ipchains tests it.
    PlainPort {
        side: Side,
        range: PortRange,
        negated: bool,
    },
    /// `-y` of ipchains.
    Begins {
        negated: bool,
    },
    /// The packet is of this protocol, and its header can be seen.
    Visible(u8),
    /// The packet has ports, and they can be seen.
    HasPorts,
    Ports(Side, Box<[PortRange]>),
    Flags {
        among: u8,
        chosen: u8,
    },
    Icmp {
        kind: u8,
        low: u8,
        high: u8,
    },
    AddressRange(Side, u32, u32),
    Mark {
        value: u32,
        mask: u32,
    },
    /// The kernel has a connection for the packet; else `-m connmark` never holds (xt_connmark.c).
    Tracked,
    ConnectionMark {
        value: u32,
        mask: u32,
    },
    Tos {
        value: u8,
        mask: u8,
    },
    Connection(Box<ConnectionTest>),
    AddressType(Side, u16),
    /// This host's own address on the departure device.
    OwnAddress(Network),
    Length(u16, u16),
    Bytes(Box<ByteTests>),
    /// Nothing passes it.
    Never,
    /// It cannot be told.
    Unknown,
}

impl Check {
    /// Whether it looks at what rules may change: marks, TOS and states.
    pub(super) fn looks_at_changes(&self) -> bool {
        let marks = matches!(self, Self::Mark { .. } | Self::ConnectionMark { .. } | Self::Tos { .. } | Self::Bytes(_));
        marks || matches!(self, Self::Tracked | Self::Connection(_))
    }
}

impl Condition {
    /// Whether it holds for the packet.
    pub(super) fn holds(&self, sight: &Sight<'_>) -> Answer {
        self.check.answer(sight) ^ self.negated
    }
}

impl Check {
    fn answer(&self, sight: &Sight<'_>) -> Answer {
        match self {
            Self::Source(network) => within_network(sight.ends.source, *network),
            Self::Destination(network) => within_network(sight.ends.destination, *network),
            Self::Arrival { name, prefix } => device(sight.arrival, name, *prefix),
            Self::Departure { name, prefix } => device(sight.departure, name, *prefix),
            Self::Protocol(number) => (*number == 0 || *number == u16::from(sight.packet.protocol)).into(),
            Self::Fragment => sight.packet.fragment.into(),
            Self::PlainPort { side, range, negated } => plain_port(sight, *side, *range, *negated),
            Self::Begins { negated } => begins(sight, *negated),
            Self::Visible(protocol) => (sight.packet.protocol == *protocol && !sight.packet.fragment).into(),
            Self::HasPorts => has_ports(sight),
            Self::Ports(side, ranges) => any_port(sight, *side, ranges),
            Self::Flags { among, chosen } => (flags(sight) & among == *chosen).into(),
            Self::Icmp { kind, low, high } => icmp(sight, *kind, *low, *high),
            Self::AddressRange(side, first, last) => within_range(sight, *side, *first, *last),
            Self::Mark { value, mask } => masked(sight.mark, *value, *mask),
            Self::Tracked => sight.track.exists().into(),
            Self::ConnectionMark { value, mask } => masked(sight.track.mark, *value, *mask),
            Self::Tos { value, mask } => masked(sight.tos.map(u32::from), (*value).into(), (*mask).into()),
            Self::Connection(test) => test.answer(sight),
            Self::AddressType(side, types) => address_type::answer(sight, *side, *types),
            Self::Length(low, high) => match sight.packet.length {
                Some(length) => (*low <= length && length <= *high).into(),
                None => Answer::Unknown,
            },
            Self::Bytes(tests) => tests.answer(sight),
            Self::OwnAddress(network) => within_network(None, *network),
            Self::Never => Answer::No,
            Self::Unknown => Answer::Unknown,
        }
    }
}

impl From<bool> for Answer {
    fn from(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

impl BitXor<bool> for Answer {
    type Output = Self;

    fn bitxor(self, negated: bool) -> Self {
        match (self, negated) {
            (Self::Yes, true) => Self::No,
            (Self::No, true) => Self::Yes,
            (answer, _) => answer,
        }
    }
}

impl Answer {
    /// Whether one of both holds.
    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Yes, _) | (_, Self::Yes) => Self::Yes,
            (Self::No, Self::No) => Self::No,
            _ => Self::Unknown,
        }
    }
}

fn within_network(address: Option<u32>, network: Network) -> Answer {
    match address {
        Some(address) => (address & network.mask == network.address).into(),
        None if network == Network::ANY => Answer::Yes,
        None => Answer::Unknown,
    }
}

/// `ifname_compare_aligned` of net/ipv4/netfilter/ip_tables.c; no device has the empty name.
fn device(device: Option<&str>, name: &str, prefix: bool) -> Answer {
    match device {
        Some(device) if prefix => device.starts_with(name).into(),
        Some(device) => (device == name).into(),
        None if prefix && name.is_empty() => Answer::Yes,
        None => Answer::Unknown,
    }
}

/// Ports, and type and code, as `port_match` of ip_fw.c has them: a fragment fits only the full range,
/// whatever the negation.
fn plain_port(sight: &Sight<'_>, side: Side, range: PortRange, negated: bool) -> Answer {
    if sight.packet.fragment {
        return (range == PortRange::ANY).into();
    }
    let of_icmp = || sight.icmp().map(|(kind, code)| (PortRange::single(kind.into()), PortRange::single(code.into())));
    let none = PortRange::single(u16::MAX);
    let (source, destination) = sight.ends.ports.or_else(of_icmp).unwrap_or((none, none));
    within_ports(if side == Side::Source { source } else { destination }, range) ^ negated
}

/// SYN without ACK and RST; neither form holds for a fragment (`ip_rule_match` of ip_fw.c).
fn begins(sight: &Sight<'_>, negated: bool) -> Answer {
    use super::Flags;
    let looked_at = Flags::SYN.with(Flags::ACK).with(Flags::RST).0;
    (!sight.packet.fragment && ((flags(sight) & looked_at == Flags::SYN.0) ^ negated)).into()
}

fn flags(sight: &Sight<'_>) -> u8 {
    match sight.packet.header {
        super::Header::Tcp { flags, .. } => flags.0,
        _ => 0,
    }
}

fn within_ports(possible: PortRange, range: PortRange) -> Answer {
    if range.low <= possible.low && possible.high <= range.high {
        Answer::Yes
    } else if range.low > range.high || possible.high < range.low || range.high < possible.low {
        Answer::No
    } else {
        Answer::Unknown
    }
}

fn has_ports(sight: &Sight<'_>) -> Answer {
    match sight.packet.protocol {
        _ if sight.packet.fragment => Answer::No,
        _ if sight.ends.ports.is_some() => Answer::Yes,
        33 | 132 | 136 => Answer::Unknown,
        _ => Answer::No,
    }
}

fn any_port(sight: &Sight<'_>, side: Side, ranges: &[PortRange]) -> Answer {
    let Some((source, destination)) = sight.ends.ports else { return Answer::Unknown };
    let one = |port| ranges.iter().fold(Answer::No, |found, range| found.or(within_ports(port, *range)));
    match side {
        Side::Source => one(source),
        Side::Destination => one(destination),
        Side::Either => one(source).or(one(destination)),
    }
}

/// `icmp_type_code_match` of ip_tables.c: type 255 is any.
fn icmp(sight: &Sight<'_>, kind: u8, low: u8, high: u8) -> Answer {
    let Some((own, code)) = sight.icmp() else { return Answer::No };
    (kind == u8::MAX || own == kind && low <= code && code <= high).into()
}

fn within_range(sight: &Sight<'_>, side: Side, first: u32, last: u32) -> Answer {
    let address = if side == Side::Source { sight.ends.source } else { sight.ends.destination };
    address.map_or(Answer::Unknown, |address| (first <= address && address <= last).into())
}

fn masked(own: Option<u32>, value: u32, mask: u32) -> Answer {
    match own {
        Some(own) => (own & mask == value).into(),
        None => Answer::Unknown,
    }
}
