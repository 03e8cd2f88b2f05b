//! One packet out of a set, such as a person would name.

use std::collections::HashMap;
use std::net::Ipv4Addr;

use super::WITH_PORTS;
use super::bits;
use super::space::{Atom, Fields, Space};
use super::view::Connections;
use crate::logic::{Formula, Variable};
use crate::packet::{Connection, Direction, Endpoints, Flags, Header, Host, Packet, Path, State};

/// A packet, the host that it passes, and what else has to be so.
#[derive(Clone, Debug)]
pub(crate) struct Example {
    pub(crate) packet: Packet,
    pub(crate) host: Host,
    /// What cannot be seen in the packet, and whether it holds.
    pub(crate) unseen: Vec<(Atom, bool)>,
}

/// Values that people expect in examples, tried one after the other: field, value, and the bits that count.
type Wish = (fn(&Fields) -> &[Formula], u32, u32);

const WISHES: [Wish; 14] = [
    (|own| &own.state, 0, 3),
    (|own| std::slice::from_ref(&own.fragment), 0, 1),
    (|own| &own.protocol, 6, 0xFF),
    (|own| &own.protocol, 17, 0xFF),
    (|own| &own.protocol, 1, 0xFF),
    (|own| &own.flags, 2, 0x3F),
    (|own| &own.tos, 0, 0xFF),
    (|own| &own.length, 60, 0xFFFF),
    (|own| &own.source, 0xC000_0201, u32::MAX),
    (|own| &own.source, 0x0A00_0001, 0xFF00_00FF),
    (|own| &own.destination, 0xC633_6401, u32::MAX),
    (|own| &own.source_port, 1025, 0xFFFF),
    (|own| &own.destination_port, 80, 0xFFFF),
    (|own| &own.own, 0xCB00_7101, u32::MAX),
];

impl Space {
    /// A packet of a set; none where it is empty or undecided.
    pub(crate) fn example(&mut self, set: Formula, path: Path, connections: Connections) -> Option<Example> {
        let mut set = self.f.and(set, self.domain);
        for (field, value, mask) in WISHES {
            let field = field(&self.fields).to_vec();
            let wished = bits::masked(&mut self.f, &field, value, mask);
            let nicer = self.f.and(set, wished);
            if !nicer.is_false() && nicer != Formula::UNDECIDED {
                set = nicer;
            }
        }
        let chosen: HashMap<Variable, bool> = self.f.example(set)?.into_iter().collect();
        let unseen = self.chosen_atoms(&chosen);
        let (packet, host) = self.packet(&chosen, path, connections);
        Some(Example { packet, host, unseen: unseen.into_iter().map(|(_, atom, holds)| (atom, holds)).collect() })
    }

    fn packet(&self, chosen: &HashMap<Variable, bool>, path: Path, connections: Connections) -> (Packet, Host) {
        let bit = |formula: &Formula| {
            let variable = self.f.decision(*formula).map(|(variable, ..)| variable);
            variable.and_then(|variable| chosen.get(&variable)).copied().unwrap_or(false)
        };
        let number = |bits: &[Formula]| bits.iter().fold(0_u32, |all, own| all << 1 | u32::from(bit(own)));
        let fields = &self.fields;
        let address = |bits: &[Formula]| Ipv4Addr::from(number(bits));
        let port = |bits: &[Formula]| number(bits) as u16;
        let (arrival, departure) = (
            self.classes.name(number(&fields.arrival)).to_owned(),
            self.classes.name(number(&fields.departure)).to_owned(),
        );
        let (protocol, fragment) = (number(&fields.protocol) as u8, bit(&fields.fragment));
        let (source, destination) = (port(&fields.source_port), port(&fields.destination_port));
        let header = match protocol {
            _ if fragment => Header::Hidden,
            6 => Header::Tcp { source, destination, flags: Flags(number(&fields.flags) as u8) },
            1 => Header::Icmp { kind: source as u8, code: destination as u8 },
            _ if WITH_PORTS.contains(&protocol) => Header::Ports { source, destination },
            _ => Header::Hidden,
        };
        let (own, here) = (address(&fields.own), address(&fields.here));
        let came = path != Path::Sent;
        let leaves = path != Path::Received;
        let mut packet = Packet {
            path,
            arrival: if came { arrival } else { String::new() },
            // A received packet may be forwarded all the same.
            departure,
            own_address: leaves.then_some(own),
            source: address(&fields.source),
            destination: address(&fields.destination),
            protocol,
            header,
            fragment,
            tos: number(&fields.tos) as u8,
            mark: 0,
            length: Some(number(&fields.length) as u16),
            connection: Connection::new(State::New),
        };
        packet.connection.state = match (connections, number(&fields.state)) {
            (Connections::First, _) => State::of_first(&packet),
            (_, 0) => State::New,
            (_, 1) => State::Established,
            (_, 2) => State::Related,
            _ => State::Invalid,
        };
        if connections != Connections::First && matches!(packet.connection.state, State::Established | State::Related) {
            packet.connection.mark = number(&fields.connection_mark);
            let goal = Endpoints {
                source: address(&fields.goal_source),
                source_port: port(&fields.goal_source_port),
                destination: address(&fields.goal_destination),
                destination_port: port(&fields.goal_destination_port),
            };
            let back = Endpoints {
                source: goal.destination,
                source_port: goal.destination_port,
                destination: goal.source,
                destination_port: goal.source_port,
            };
            let translated = (connections == Connections::Any).then_some(back);
            match bit(&fields.reply) {
                true => {
                    packet.connection.direction = Direction::Reply;
                    packet.connection.original = translated;
                }
                false => packet.connection.reply = translated,
            }
        }
        let mut host = Host::default();
        if !packet.arrival.is_empty() {
            host.addresses.push((packet.arrival.clone(), here));
        }
        if !packet.departure.is_empty() && packet.departure != packet.arrival {
            host.addresses.push((packet.departure.clone(), own));
        }
        for (_, atom, _) in self.chosen_atoms(chosen).into_iter().filter(|(.., holds)| *holds) {
            if let Atom::Local(bits) = atom {
                let value = bits.iter().fold(0_u32, |all, own| all << 1 | u32::from(self.holds(*own, chosen)));
                host.addresses.push(("another".to_owned(), value.into()));
            }
        }
        (packet, host)
    }

    /// What was chosen of what cannot be seen.
    fn chosen_atoms(&self, chosen: &HashMap<Variable, bool>) -> Vec<(Variable, Atom, bool)> {
        let all = chosen.iter().filter_map(|(own, holds)| Some((*own, self.meaning(*own)?.clone(), *holds)));
        let mut all: Vec<_> = all.collect();
        all.sort_by_key(|(variable, ..)| *variable);
        all
    }

    fn holds(&self, formula: Formula, chosen: &HashMap<Variable, bool>) -> bool {
        let mut at = formula;
        while let Some((variable, low, high)) = self.f.decision(at) {
            at = if chosen.get(&variable).copied().unwrap_or(false) { high } else { low };
        }
        at.is_true()
    }
}

/// The values of the fields of a first packet, by their variables; for tests.
#[cfg(test)]
pub(crate) fn fields_of(space: &Space, packet: &Packet, host: &Host) -> HashMap<Variable, bool> {
    let mut chosen = HashMap::new();
    let mut put = |field: &[Formula], value: u32| {
        for (at, bit) in field.iter().rev().enumerate() {
            if let Some((variable, ..)) = space.f.decision(*bit) {
                chosen.insert(variable, value >> at & 1 == 1);
            }
        }
    };
    let fields = &space.fields;
    put(&fields.protocol, packet.protocol.into());
    put(std::slice::from_ref(&fields.fragment), packet.fragment.into());
    put(&fields.arrival, space.classes.like(&packet.arrival).unwrap_or(0));
    put(&fields.departure, space.classes.like(&packet.departure).unwrap_or(0));
    put(&fields.source, packet.source.into());
    put(&fields.destination, packet.destination.into());
    let (source, destination, flags) = match packet.header {
        Header::Hidden => (0, 0, 0),
        Header::Tcp { source, destination, flags } => (source, destination, flags.0),
        Header::Ports { source, destination } => (source, destination, 0),
        Header::Icmp { kind, code } => (kind.into(), code.into(), 0),
    };
    put(&fields.source_port, source.into());
    put(&fields.destination_port, destination.into());
    put(&fields.flags, flags.into());
    put(&fields.tos, packet.tos.into());
    put(&fields.length, packet.length.unwrap_or(0).into());
    let own = packet.own_address.or_else(|| host.address_of(&packet.departure)).unwrap_or(Ipv4Addr::UNSPECIFIED);
    let here = host.address_of(&packet.arrival).unwrap_or(packet.destination);
    put(&fields.own, own.into());
    put(&fields.here, here.into());
    chosen
}
