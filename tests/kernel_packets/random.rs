//! Random packets: the same seed always gives the same.

use std::net::Ipv4Addr;

use iptlint::packet::{Connection, Direction, Flags, Header, Packet, Path, State};

use crate::dice::Dice;
use crate::firewalls::Tracking;
use crate::wire;

/// The devices of the host, with addresses in networks of 24 bits; the rest of the world is behind the last.
pub(crate) const DEVICES: [(&str, [u8; 4]); 3] =
    [("eth0", [10, 0, 0, 1]), ("eth1", [192, 0, 2, 1]), ("ppp0", [203, 0, 113, 9])];

pub(crate) const ADDRESSES: &[[u8; 4]] = &[
    [10, 0, 0, 5],
    [10, 0, 0, 77],
    [192, 0, 2, 4],
    [192, 0, 2, 130],
    [203, 0, 113, 20],
    [198, 51, 100, 7],
    [198, 51, 100, 200],
];
pub(crate) const PORTS: &[u16] = &[21, 25, 53, 80, 110, 443, 1023, 1024, 3128, 8080, 61000];
/// Addresses of all hosts of a network.
const EVERYBODY: &[[u8; 4]] = &[[255, 255, 255, 255], [224, 0, 0, 1]];
const ICMP: &[(u8, u8)] = &[(8, 0), (0, 0), (3, 1), (3, 4), (11, 0), (13, 0), (17, 0), (5, 1), (12, 0)];
pub(crate) const TOS: &[u8] = &[0, 4, 8, 0x10, 0x14, 0x28, 0xB8];
const FLAGS: &[u8] = &[2, 2, 2, 16, 18, 17, 4, 0, 41, 24, 3];

/// A packet; `number` keeps it from being part of the connection of another.
pub(crate) fn packet(random: &mut Dice, number: u16, tracking: Tracking) -> Packet {
    let own = |at: usize| Ipv4Addr::from(DEVICES[at].1);
    let (from, to) = (random.roll(3), random.roll(3));
    let path = random.pick(&[Path::Received, Path::Forwarded, Path::Forwarded, Path::Sent]);
    let source = if path == Path::Sent { own(from) } else { address_behind(random, from) };
    let destination = match path {
        Path::Received if random.percent(5) => random.pick(EVERYBODY).into(),
        Path::Received => own(from),
        Path::Sent => address_behind(random, to),
        Path::Forwarded => address_behind(random, if from == to { (to + 1) % 3 } else { to }),
    };
    // Those for this host are put together before INPUT.
    let fragment = tracking == Tracking::Nothing && path != Path::Received && random.percent(25);
    let (protocol, header) =
        if fragment { (random.pick(&[6, 17, 1, 50]), Header::Hidden) } else { header_of(random, number, tracking) };
    let device = |there: bool, name: &str| if there { name.to_owned() } else { String::new() };
    let mut packet = Packet {
        path,
        arrival: device(path != Path::Sent, DEVICES[from].0),
        departure: device(path != Path::Received, route(destination)),
        own_address: None,
        source,
        destination,
        protocol,
        header,
        fragment,
        tos: random.pick(TOS),
        // Nobody but a program of the host can mark a packet before the first rule.
        mark: if path == Path::Sent && random.percent(30) { random.roll(8) as u32 } else { 0 },
        length: None,
        connection: Connection { direction: Direction::Original, ..Connection::new(State::New) },
    };
    packet.connection.state = State::of_first(&packet);
    packet.length = Some(wire::length(&packet));
    packet
}

fn header_of(random: &mut Dice, number: u16, tracking: Tracking) -> (u8, Header) {
    let (source, destination) = (20000 + number, random.pick(PORTS));
    match random.roll(10) {
        _ if tracking == Tracking::Nothing && random.percent(30) => match random.pick(&[132, 33, 136, 50]) {
            50 => (50, Header::Hidden),
            protocol => (protocol, Header::Ports { source, destination }),
        },
        0..5 => (6, Header::Tcp { source, destination, flags: Flags(random.pick(FLAGS)) }),
        5..8 => (17, Header::Ports { source, destination }),
        _ => {
            let (kind, code) = random.pick(ICMP);
            (1, Header::Icmp { kind, code })
        }
    }
}

/// An address of somebody who is reached by a device.
pub(crate) fn address_behind(random: &mut Dice, device: usize) -> Ipv4Addr {
    let behind: Vec<Ipv4Addr> =
        ADDRESSES.iter().map(|own| Ipv4Addr::from(*own)).filter(|own| route(*own) == DEVICES[device].0).collect();
    behind[random.roll(behind.len())]
}

/// The device by which the host sends to an address of others.
pub(crate) fn route(address: Ipv4Addr) -> &'static str {
    let near = DEVICES.iter().find(|(_, own)| own[..3] == address.octets()[..3]);
    near.map_or(DEVICES[2].0, |(name, _)| name)
}

/// An address behind the same device as another one, or that one.
pub(crate) fn neighbour(random: &mut Dice, address: Ipv4Addr) -> Ipv4Addr {
    let device = DEVICES.iter().position(|(name, _)| *name == route(address));
    address_behind(random, device.unwrap_or_default())
}

/// Whether an address is one of all hosts of a network.
pub(crate) fn is_everybody(address: Ipv4Addr) -> bool {
    address.is_multicast() || address.is_broadcast()
}
