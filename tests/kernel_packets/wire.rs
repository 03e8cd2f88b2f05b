//! Packets as bytes, and bytes as packets.

use std::net::Ipv4Addr;

use iptlint::packet::{Header, Packet};

/// What can be read off a packet that the kernel shows.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) id: u16,
    pub(crate) protocol: u8,
    pub(crate) tos: u8,
    pub(crate) source: Ipv4Addr,
    pub(crate) destination: Ipv4Addr,
    pub(crate) ports: Option<(u16, u16)>,
    /// What follows the IP header.
    pub(crate) rest: Vec<u8>,
}

/// The packet with its checksums; `id` is that of its IP header.
pub(crate) fn bytes(packet: &Packet, id: u16) -> Vec<u8> {
    let body = body(packet, id);
    let mut head = ip_header(packet, id, 20 + body.len() as u16);
    let sum = checksum(&[&head]);
    head[10..12].copy_from_slice(&sum.to_be_bytes());
    head.extend(body);
    head
}

/// Length of the IP packet that [`bytes`] makes.
pub(crate) fn length(packet: &Packet) -> u16 {
    20 + body(packet, 0).len() as u16
}

/// ICMP errors, to which nobody answers with another error.
pub(crate) fn is_icmp_error(kind: u8) -> bool {
    matches!(kind, 3 | 4 | 5 | 11 | 12)
}

fn ip_header(packet: &Packet, id: u16, length: u16) -> Vec<u8> {
    let mut head = vec![0x45, packet.tos];
    head.extend(length.to_be_bytes());
    head.extend(id.to_be_bytes());
    head.extend([0, 0, 64, packet.protocol, 0, 0]);
    head.extend(packet.source.octets());
    head.extend(packet.destination.octets());
    head
}

fn body(packet: &Packet, id: u16) -> Vec<u8> {
    let mut body = Vec::new();
    let sum_at = match packet.header {
        Header::Tcp { source, destination, flags } => {
            body.extend(source.to_be_bytes());
            body.extend(destination.to_be_bytes());
            body.extend(1000u32.to_be_bytes());
            // An answer acknowledges the first packet's sequence number.
            body.extend(if flags.0 & 16 == 0 { 0u32 } else { 1001 }.to_be_bytes());
            body.extend([5 << 4, flags.0, 0x20, 0, 0, 0, 0, 0]);
            16
        }
        Header::Ports { source, destination } => {
            body.extend(source.to_be_bytes());
            body.extend(destination.to_be_bytes());
            body.extend([0, 12, 0, 0]);
            body.extend(b"data");
            6
        }
        Header::Icmp { kind, code } => {
            body.extend([kind, code, 0, 0]);
            body.extend(if is_icmp_error(kind) { [0; 2] } else { id.to_be_bytes() });
            body.extend(if is_icmp_error(kind) { [0; 2] } else { [0, 1] });
            if is_icmp_error(kind) {
                body.extend(quoted(packet));
            }
            let sum = checksum(&[&body]);
            body[2..4].copy_from_slice(&sum.to_be_bytes());
            return body;
        }
        Header::Hidden => return vec![0; 20],
    };
    let pseudo =
        [&packet.source.octets()[..], &packet.destination.octets(), &[0, packet.protocol, 0, body.len() as u8]]
            .concat();
    let sum = match checksum(&[&pseudo, &body]) {
        0 if packet.protocol == 17 => u16::MAX,
        sum => sum,
    };
    body[sum_at..sum_at + 2].copy_from_slice(&sum.to_be_bytes());
    body
}

/// The packet of nobody knows which connection that an ICMP error is about; no packet of ours has its id.
fn quoted(error: &Packet) -> Vec<u8> {
    let mut inner = vec![0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0];
    inner.extend(error.destination.octets());
    inner.extend(error.source.octets());
    let sum = checksum(&[&inner]);
    inner[10..12].copy_from_slice(&sum.to_be_bytes());
    inner.extend([15, 160, 15, 161, 0, 8, 0, 0]);
    inner
}

pub(crate) fn checksum(parts: &[&[u8]]) -> u16 {
    let words = parts.iter().flat_map(|part| part.chunks(2));
    let sum: u32 = words.map(|word| u32::from(word[0]) << 8 | u32::from(*word.get(1).unwrap_or(&0))).sum();
    let sum = (sum & 0xFFFF) + (sum >> 16);
    !(((sum & 0xFFFF) + (sum >> 16)) as u16)
}

impl Seen {
    /// Reads an IP packet, of which not all need be there.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let word = |at: usize| Some(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]));
        let address = |at: usize| Some(Ipv4Addr::from(<[u8; 4]>::try_from(bytes.get(at..at + 4)?).ok()?));
        let start = usize::from(bytes.first()? & 15) * 4;
        let protocol = *bytes.get(9)?;
        let ports = matches!(protocol, 6 | 17).then(|| word(start).zip(word(start + 2))).flatten();
        Some(Self {
            id: word(4)?,
            protocol,
            tos: bytes[1],
            source: address(12)?,
            destination: address(16)?,
            ports,
            rest: bytes.get(start..)?.to_vec(),
        })
    }
}
