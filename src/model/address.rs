//! Addresses, interfaces, protocols and ports as rules name them.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use smol_str::SmolStr;

/// An address and the bits of it that count; the mask need not be contiguous.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Network<A = u32> {
    /// The address; bits outside the mask are zero.
    pub address: A,
    /// Bits that must be equal.
    pub mask: A,
}

impl Network<u32> {
    /// Every IPv4 address.
    pub const ANY: Self = Self { address: 0, mask: 0 };

    /// `address` with the bits outside `mask` cleared.
    pub fn new(address: Ipv4Addr, mask: u32) -> Self {
        Self { address: u32::from(address) & mask, mask }
    }

    /// An address with its mask, as the function `masqueraded_from` of migrated scripts reads it.
    pub fn of_device(text: &str) -> Option<Self> {
        let (address, mask) = text.split_once('/').unwrap_or((text, "32"));
        let mask = match mask.parse::<u32>() {
            Ok(length) if length <= 32 => Self::prefix_mask(length),
            Ok(_) => return None,
            Err(_) => mask.parse::<Ipv4Addr>().ok()?.into(),
        };
        Some(Self::new(address.parse().ok()?, mask))
    }

    /// Whether `address` is in it.
    pub fn holds(self, address: Ipv4Addr) -> bool {
        Self::new(address, self.mask) == self
    }

    /// The mask of the first `length` bits, 0 to 32.
    pub fn prefix_mask(length: u32) -> u32 {
        if length == 0 { 0 } else { u32::MAX << (32 - length.min(32)) }
    }

    /// The length of the mask where it is contiguous.
    pub fn prefix_length(self) -> Option<u32> {
        let length = self.mask.leading_ones();
        (self.mask == Self::prefix_mask(length)).then_some(length)
    }
}

impl fmt::Display for Network<u32> {
    /// `a.b.c.d/len`, or with a dotted mask where it is not contiguous.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = Ipv4Addr::from(self.address);
        match self.prefix_length() {
            Some(length) => write!(f, "{address}/{length}"),
            None => write!(f, "{address}/{}", Ipv4Addr::from(self.mask)),
        }
    }
}

impl fmt::Display for Network<u128> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = written_v6(Ipv6Addr::from(self.address));
        let length = self.mask.leading_ones();
        if self.mask == if length == 0 { 0 } else { u128::MAX << (128 - length) } {
            write!(f, "{address}/{length}")
        } else {
            write!(f, "{address}/{}", written_v6(Ipv6Addr::from(self.mask)))
        }
    }
}

/// An IPv6 address as inet_ntop(3) writes it: one that ends in an IPv4 address with dots.
pub fn written_v6(address: Ipv6Addr) -> String {
    match u32::try_from(u128::from(address)) {
        Ok(bits @ 0x1_0000..) => format!("::{}", Ipv4Addr::from(bits)),
        _ => address.to_string(),
    }
}

/// What `-s` and `-d` take.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Address {
    /// An IPv4 address and mask.
    V4(Network<u32>),
    /// An IPv6 address and mask.
    V6(Network<u128>),
    /// A host or network name that is resolved when the rule is loaded, with its mask.
    Name(String, u32),
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V4(network) => network.fmt(f),
            Self::V6(network) => network.fmt(f),
            Self::Name(name, u32::MAX) => f.write_str(name),
            Self::Name(name, mask) => write!(f, "{name}/{}", Ipv4Addr::from(*mask)),
        }
    }
}

/// An interface name as a rule tests it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Interface {
    /// The name, or the beginning of it; empty with `prefix` means any interface.
    pub name: SmolStr,
    /// Any interface whose name begins with `name` (written with a trailing `+`).
    pub prefix: bool,
}

impl Interface {
    /// So many bytes has the name of a device at most (`IFNAMSIZ` of linux/if.h, with a zero byte at the end).
    pub const LONGEST: usize = 15;

    /// Whether no device can be meant, since the name is too long for one.
    pub fn is_no_device(&self) -> bool {
        self.name.len() > Self::LONGEST
    }
}

impl From<&str> for Interface {
    /// The interface of a name as programs read it, where it may end in `+`.
    fn from(written: &str) -> Self {
        match written.strip_suffix('+') {
            Some(beginning) => Self { name: beginning.into(), prefix: true },
            None => Self { name: written.into(), prefix: false },
        }
    }
}

impl fmt::Display for Interface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.name, if self.prefix { "+" } else { "" })
    }
}

/// An IP protocol number as a rule tests it; ipchains accepts up to 65535, which never match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Protocol(pub u16);

impl Protocol {
    /// Any protocol.
    pub const ANY: Self = Self(0);
    /// ICMP.
    pub const ICMP: Self = Self(1);
    /// TCP.
    pub const TCP: Self = Self(6);
    /// UDP.
    pub const UDP: Self = Self(17);
}

/// Ports, or ICMP types or codes, from `low` to `high`, both included; empty where `low` exceeds `high`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PortRange {
    /// The lowest.
    pub low: u16,
    /// The highest.
    pub high: u16,
}

impl PortRange {
    /// Every port.
    pub const ANY: Self = Self { low: 0, high: u16::MAX };

    /// The range of one port.
    pub fn single(port: u16) -> Self {
        Self { low: port, high: port }
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.low == self.high { write!(f, "{}", self.low) } else { write!(f, "{}:{}", self.low, self.high) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_print_their_prefix_or_their_mask() {
        let network = |mask| Network::new(Ipv4Addr::new(10, 1, 2, 3), mask).to_string();
        assert_eq!(network(0xFFFF_0000), "10.1.0.0/16");
        assert_eq!(network(0xFF00_00FF), "10.0.0.3/255.0.0.255");
        assert_eq!(network(0), "0.0.0.0/0");
        assert_eq!(network(u32::MAX), "10.1.2.3/32");
    }
}
