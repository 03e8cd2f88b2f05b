//! Packets that come after the first one of a connection: its answer, what follows that, and ICMP errors about them.

use std::net::Ipv4Addr;

use iptlint::packet::{Connection, Direction, Endpoints, Flags, Header, Host, Packet, Path, State};

use crate::dice::Dice;
use crate::lab::Fate;
use crate::random;
use crate::wire::{Seen, Sending};

/// A connection, as the kernel has it after the first packet.
pub(crate) struct Begun {
    first: Packet,
    /// Its first packet when it left, or when a program got it.
    seen: Seen,
    delivered: bool,
    mark: u32,
}

impl Begun {
    /// The connection that a packet with this fate has begun; none where the kernel keeps none.
    pub(crate) fn of(first: &Packet, fate: &Fate, mark: Option<u32>) -> Option<Self> {
        let (delivered, seen) = match fate {
            Fate::Delivered { packet, .. } => (true, packet.clone()),
            Fate::Sent { packet, .. } => (false, packet.clone()),
            _ => return None,
        };
        let known = first.connection.state == State::New && !random::is_everybody(first.destination);
        mark.filter(|_| known).map(|mark| Self { first: first.clone(), seen, delivered, mark })
    }

    /// The same with another mark.
    pub(crate) fn marked(self, mark: u32) -> Self {
        Self { mark, ..self }
    }

    /// The answer of whoever got the first packet.
    pub(crate) fn answer(&self, random: &mut Dice, host: &Host) -> Option<Sending> {
        let (to, from) = self.seen.ports.unwrap_or_default();
        let header = match self.first.header {
            Header::Tcp { flags, .. } => {
                let flags = if flags.has(Flags::SYN) { Flags::SYN.with(Flags::ACK) } else { Flags::ACK };
                Header::Tcp { source: from, destination: to, flags }
            }
            Header::Ports { .. } => Header::Ports { source: from, destination: to },
            Header::Icmp { kind, code } => Header::Icmp { kind: if kind == 8 { 0 } else { kind + 1 }, code },
            Header::Hidden => return None,
        };
        let packet = self.backwards(random, self.seen.destination, header, host)?;
        Some(Sending { echo: self.echo(), ..Sending::alone(packet) })
    }

    /// An ICMP error about the first packet, from where it went to, or from somebody on the way there.
    pub(crate) fn error(&self, random: &mut Dice, host: &Host) -> Option<Sending> {
        let from = match self.delivered || random.percent(30) {
            true => self.seen.destination,
            false => random::neighbour(random, self.seen.destination),
        };
        let (kind, code) = random.pick(&[(3, 1), (3, 3), (3, 4), (11, 0)]);
        let mut packet = self.backwards(random, from, Header::Icmp { kind, code }, host)?;
        packet.protocol = 1;
        packet.connection.state = State::Related;
        Some(about(packet, &self.seen))
    }

    /// The next packet that goes the way of the first one.
    pub(crate) fn next(&self, random: &mut Dice) -> Option<Sending> {
        let mut packet = self.first.clone();
        if let Header::Tcp { flags, .. } = &mut packet.header {
            *flags = Flags::ACK;
        }
        packet.tos = random.pick(random::TOS);
        packet.connection = self.connection(State::Established, Direction::Original);
        Some(Sending { echo: self.echo(), ..Sending::alone(packet) })
    }

    /// An ICMP error about the answer that left like this.
    pub(crate) fn error_about_answer(&self, random: &mut Dice, answer: &Seen) -> Option<Sending> {
        let mut packet = self.first.clone();
        if packet.path != Path::Sent && random.percent(60) {
            packet.source = random::neighbour(random, packet.source);
        }
        let (kind, code) = random.pick(&[(3, 1), (3, 13), (11, 0)]);
        (packet.protocol, packet.header) = (1, Header::Icmp { kind, code });
        packet.tos = random.pick(random::TOS);
        packet.connection = self.connection(State::Related, Direction::Original);
        Some(about(packet, answer))
    }

    /// A packet to the first one's sender, as it was seen where that packet came out.
    fn backwards(&self, random: &mut Dice, source: Ipv4Addr, header: Header, host: &Host) -> Option<Packet> {
        let destination = self.seen.source;
        let path = match host.owns(destination) {
            _ if self.delivered => Path::Sent,
            Some(true) => Path::Received,
            _ => Path::Forwarded,
        };
        let here = host.owns(self.first.source) == Some(true);
        // Which way it goes depends on the translation, and so does what leads there; from here there is but one.
        if path == Path::Sent && (here || random::route(destination) != random::route(self.first.source)) {
            return None;
        }
        let device = |there: bool, name: &str| if there { name.to_owned() } else { String::new() };
        Some(Packet {
            path,
            arrival: device(path != Path::Sent, random::route(self.seen.destination)),
            departure: device(path != Path::Received, random::route(self.first.source)),
            source,
            destination,
            header,
            tos: random.pick(random::TOS),
            mark: 0,
            length: None,
            connection: self.connection(State::Established, Direction::Reply),
            ..self.first.clone()
        })
    }

    fn connection(&self, state: State, direction: Direction) -> Connection {
        let (source_port, destination_port) = match self.first.header {
            // In the place of ports ICMP has the identifier, and type and code.
            Header::Icmp { kind, code } => (self.echo().unwrap_or_default(), u16::from_be_bytes([kind, code])),
            header => header.ports().unwrap_or_default(),
        };
        let original =
            Endpoints { source: self.first.source, source_port, destination: self.first.destination, destination_port };
        let (to, from) = self.seen.ports.unwrap_or((source_port, destination_port));
        let reply = Endpoints {
            source: self.seen.destination,
            source_port: from,
            destination: self.seen.source,
            destination_port: to,
        };
        Connection {
            mark: self.mark,
            original: Some(original),
            reply: Some(reply),
            direction,
            ..Connection::new(state)
        }
    }

    /// The identifier of an ICMP request.
    fn echo(&self) -> Option<u16> {
        let bytes = self.seen.rest.get(4..6).filter(|_| self.first.protocol == 1)?;
        Some(u16::from_be_bytes([bytes[0], bytes[1]]))
    }
}

fn about(packet: Packet, seen: &Seen) -> Sending {
    Sending { about: Some(seen.clone()), ..Sending::alone(packet) }
}
