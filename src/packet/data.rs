//! A packet and its way through the host, as plain data.

use std::net::Ipv4Addr;

use super::Connection;

/// One IPv4 packet, without options and never truncated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// The way it takes while no rule changes its destination.
    pub path: Path,
    /// The device it came in by; empty where this host sends it.
    pub arrival: String,
    /// The device it leaves by; empty where it is for this host.
    pub departure: String,
    /// This host's own address on the departure device, if it matters and is known.
    pub own_address: Option<Ipv4Addr>,
    /// Source address.
    pub source: Ipv4Addr,
    /// Destination address.
    pub destination: Ipv4Addr,
    /// Protocol number.
    pub protocol: u8,
    /// What can be seen of the header after that of IP.
    pub header: Header,
    /// A second or later fragment, of which only the IP header can be seen.
    pub fragment: bool,
    /// The whole TOS byte.
    pub tos: u8,
    /// The firewall mark before the first rule.
    pub mark: u32,
    /// Length with the IP header, where it is known.
    pub length: Option<u16>,
    /// What connection tracking knows of it.
    pub connection: Connection,
}

/// The way of a packet through the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Path {
    /// It comes in and is for this host.
    Received,
    /// This host sends it.
    Sent,
    /// It comes in and is passed on.
    Forwarded,
}

/// The header after that of IP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Header {
    /// None that rules can look into: a later fragment, or another protocol.
    Hidden,
    /// Of TCP.
    Tcp {
        /// Source port.
        source: u16,
        /// Destination port.
        destination: u16,
        /// The flags that are set.
        flags: Flags,
    },
    /// Of UDP or another protocol with ports.
    Ports {
        /// Source port.
        source: u16,
        /// Destination port.
        destination: u16,
    },
    /// Of ICMP.
    Icmp {
        /// Type.
        kind: u8,
        /// Code.
        code: u8,
    },
}

/// TCP flags by their bits in the header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flags(pub u8);

/// What is known of the host itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Host {
    /// Its own addresses with their devices; the first of a device is its primary one.
    pub addresses: Vec<(String, Ipv4Addr)>,
}

impl Header {
    /// Source and destination port.
    pub fn ports(self) -> Option<(u16, u16)> {
        match self {
            Self::Tcp { source, destination, .. } | Self::Ports { source, destination } => Some((source, destination)),
            Self::Hidden | Self::Icmp { .. } => None,
        }
    }
}

impl Flags {
    /// The end of the stream.
    pub const FIN: Self = Self(1);
    /// The beginning of a connection.
    pub const SYN: Self = Self(2);
    /// The connection is refused or torn down.
    pub const RST: Self = Self(4);
    /// Data to be passed on at once.
    pub const PSH: Self = Self(8);
    /// The acknowledgement counts.
    pub const ACK: Self = Self(16);
    /// The urgent pointer counts.
    pub const URG: Self = Self(32);

    /// All flags with their names, in the order of their bits.
    pub const NAMES: [(&'static str, Self); 6] = [
        ("FIN", Self::FIN),
        ("SYN", Self::SYN),
        ("RST", Self::RST),
        ("PSH", Self::PSH),
        ("ACK", Self::ACK),
        ("URG", Self::URG),
    ];

    /// The flag called so, or by its first letter.
    pub fn named(name: &str) -> Option<Self> {
        let fits = |full: &str| full.eq_ignore_ascii_case(name) || full.get(..1).is_some_and(|letter| letter == name);
        Self::NAMES.iter().find(|(full, _)| fits(full)).map(|(_, flag)| *flag)
    }

    /// These and those.
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` are set.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl Host {
    /// The primary address of a device.
    pub fn address_of(&self, device: &str) -> Option<Ipv4Addr> {
        if device == "lo" {
            return Some(Ipv4Addr::LOCALHOST);
        }
        self.addresses.iter().find(|(name, _)| name == device).map(|(_, address)| *address)
    }

    /// Whether a packet to `address` stays here; `None` where the host's addresses are not known.
    pub fn owns(&self, address: Ipv4Addr) -> Option<bool> {
        if address.is_loopback() || self.addresses.iter().any(|(_, own)| *own == address) {
            return Some(true);
        }
        (!self.addresses.is_empty()).then_some(false)
    }
}
