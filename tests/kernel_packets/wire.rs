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

/// A packet to be sent, with what of it the kernel looks at, but no rule.
#[derive(Clone, Debug)]
pub(crate) struct Sending {
    pub(crate) packet: Packet,
    /// The identifier of an ICMP request or its answer; that of the IP header where it is not given.
    pub(crate) echo: Option<u16>,
    /// The packet that an ICMP error is about; one of nobody knows which connection where it is not given.
    pub(crate) about: Option<Seen>,
}

impl Sending {
    /// A packet that belongs to no other.
    pub(crate) fn alone(packet: Packet) -> Self {
        Self { packet, echo: None, about: None }
    }

    /// The packet with its checksums; `id` is that of its IP header.
    pub(crate) fn bytes(&self, id: u16) -> Vec<u8> {
        let body = self.body(id);
        let mut head = ip_header(&self.packet, id, 20 + body.len() as u16);
        let sum = checksum(&[&head]);
        head[10..12].copy_from_slice(&sum.to_be_bytes());
        head.extend(body);
        head
    }

    /// Length of the IP packet that [`Self::bytes`] makes.
    pub(crate) fn length(&self) -> u16 {
        20 + self.body(0).len() as u16
    }
}

/// Length of a packet that belongs to no other.
pub(crate) fn length(packet: &Packet) -> u16 {
    Sending::alone(packet.clone()).length()
}

/// ICMP errors, to which nobody answers with another error.
pub(crate) fn is_icmp_error(kind: u8) -> bool {
    matches!(kind, 3 | 4 | 5 | 11 | 12)
}

fn ip_header(packet: &Packet, id: u16, length: u16) -> Vec<u8> {
    let mut head = vec![0x45, packet.tos];
    head.extend(length.to_be_bytes());
    head.extend(id.to_be_bytes());
    // Fragments begin somewhere in the middle; offsets count in eight bytes.
    let offset = if packet.fragment { 185_u16 } else { 0 };
    head.extend(offset.to_be_bytes());
    head.extend([64, packet.protocol, 0, 0]);
    head.extend(packet.source.octets());
    head.extend(packet.destination.octets());
    head
}

impl Sending {
    fn body(&self, id: u16) -> Vec<u8> {
        let packet = &self.packet;
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
                if packet.protocol != 17 {
                    // Nothing but the ports is looked at, and by REJECT a sum over all in protocols that it does not know.
                    body.extend([0; 20]);
                    let sum = checksum(&[&body]);
                    body[6..8].copy_from_slice(&sum.to_be_bytes());
                    return body;
                }
                body.extend([0, 12, 0, 0]);
                body.extend(b"data");
                6
            }
            Header::Icmp { kind, code } => {
                let echo = self.echo.unwrap_or(id);
                body.extend([kind, code, 0, 0]);
                body.extend(if is_icmp_error(kind) { [0; 2] } else { echo.to_be_bytes() });
                body.extend(if is_icmp_error(kind) { [0; 2] } else { [0, 1] });
                if is_icmp_error(kind) {
                    body.extend(self.about.as_ref().map_or_else(|| unheard(packet), Seen::head));
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
}

/// The packet of nobody knows which connection that an ICMP error is about; no packet of ours has its id.
fn unheard(error: &Packet) -> Vec<u8> {
    let head = quoted_header((28, 0), (0, 17), error.destination, error.source);
    [head, vec![15, 160, 15, 161, 0, 8, 0, 0]].concat()
}

/// An IP header as an ICMP error quotes it.
fn quoted_header((length, id): (u16, u16), (tos, protocol): (u8, u8), source: Ipv4Addr, to: Ipv4Addr) -> Vec<u8> {
    let mut head = vec![0x45, tos];
    head.extend(length.to_be_bytes());
    head.extend(id.to_be_bytes());
    head.extend([0, 0, 63, protocol, 0, 0]);
    head.extend(source.octets());
    head.extend(to.octets());
    let sum = checksum(&[&head]);
    head[10..12].copy_from_slice(&sum.to_be_bytes());
    head
}

pub(crate) fn checksum(parts: &[&[u8]]) -> u16 {
    let words = parts.iter().flat_map(|part| part.chunks(2));
    let sum: u32 = words.map(|word| u32::from(word[0]) << 8 | u32::from(*word.get(1).unwrap_or(&0))).sum();
    let sum = (sum & 0xFFFF) + (sum >> 16);
    !(((sum & 0xFFFF) + (sum >> 16)) as u16)
}

impl Seen {
    /// As much of it as an ICMP error quotes.
    fn head(&self) -> Vec<u8> {
        let length = 20 + self.rest.len() as u16;
        let head = quoted_header((length, self.id), (self.tos, self.protocol), self.source, self.destination);
        [&head[..], &self.rest[..self.rest.len().min(20)]].concat()
    }

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
