//! `-m addrtype`, as far as addresses and the packet's way tell.

use std::net::Ipv4Addr;

use super::{Answer, Side, Sight};
use crate::dialect::iptables::extensions::ADDRESS_TYPES;
use crate::packet::Path;

const UNICAST: u16 = 1 << 1;
const LOCAL: u16 = 1 << 2;
const BROADCAST: u16 = 1 << 3;
const MULTICAST: u16 = 1 << 5;

/// The named types as bits.
pub(in crate::packet) fn mask(names: &[String]) -> u16 {
    let bit = |name: &String| ADDRESS_TYPES.iter().position(|known| known == name).map_or(0, |at| 1 << at);
    names.iter().map(bit).fold(0, |all, one| all | one)
}

/// Whether the address is of one of the types.
pub(super) fn answer(sight: &Sight<'_>, side: Side, types: u16) -> Answer {
    let address = if side == Side::Source { sight.ends.source } else { sight.ends.destination };
    match address.and_then(|address| type_of(sight, side, Ipv4Addr::from(address))) {
        Some(own) => (own & types != 0).into(),
        None => Answer::Unknown,
    }
}

/// The type that a look into the routing table would give (`inet_addr_type` of net/ipv4/fib_frontend.c).
fn type_of(sight: &Sight<'_>, side: Side, address: Ipv4Addr) -> Option<u16> {
    if address.is_multicast() {
        return Some(MULTICAST);
    }
    if address.is_broadcast() || address.is_unspecified() {
        return Some(BROADCAST);
    }
    if let Some(true) = sight.host.owns(address) {
        return Some(LOCAL);
    }
    let as_sent = u32::from(address) == u32::from(sight.packet.destination);
    match (side, sight.packet.path) {
        // The last address of a network may be its broadcast address.
        (Side::Destination, Path::Received) if as_sent && address.octets()[3] != 255 => Some(LOCAL),
        (Side::Destination, Path::Forwarded) if as_sent => Some(UNICAST),
        _ if sight.packet.own_address == Some(address) => Some(LOCAL),
        (Side::Source, Path::Sent) => None,
        _ => sight.host.owns(address).map(|_| UNICAST),
    }
}
