//! The packets around an example that are in the same set, in words.

use std::net::Ipv4Addr;

use crate::dialect::names;
use crate::logic::Formula;
use crate::packet::sets::{Example, Space, bits};
use crate::packet::{Direction, Header, Path, State};

/// A field that may be left open.
enum Field {
    /// All of it or nothing.
    Whole(Vec<Formula>, u32),
    /// Each bit by itself.
    Bits(Vec<Formula>, u32),
    /// As many of its first bits as needed.
    Prefix(Vec<Formula>, u32),
}

/// A set of packets around the example, all within `set`, and what it is called.
pub(super) fn around(
    space: &mut Space,
    (set, domain): (Formula, Formula),
    path: Path,
    example: &Example,
) -> (Formula, String) {
    let domain = space.f.and(domain, space.domain);
    let (set, domain) = (space.somehow(set), space.somehow(domain));
    let own = space.fields.clone();
    let packet = &example.packet;
    let class = |name: &str| space.classes.find(name).unwrap_or(0);
    let (source, destination, flags) = match packet.header {
        Header::Tcp { source, destination, flags } => (source.into(), destination.into(), flags.0.into()),
        Header::Ports { source, destination } => (source.into(), destination.into(), 0),
        Header::Icmp { kind, code } => (kind.into(), code.into(), 0),
        Header::Hidden => (0, 0, 0),
    };
    let (arrival, departure) = (class(&packet.arrival), class(&packet.departure));
    let state = match packet.connection.state {
        State::New => 0,
        State::Established => 1,
        State::Related => 2,
        State::Invalid | State::Untracked => 3,
    };
    // In the order in which people care least.
    let fields = [
        Field::Whole(own.state, state),
        Field::Whole(vec![own.reply], u32::from(packet.connection.direction == Direction::Reply)),
        Field::Whole(own.tos, packet.tos.into()),
        Field::Bits(own.flags, flags),
        Field::Whole(own.source_port, source),
        Field::Prefix(own.source, packet.source.into()),
        Field::Prefix(own.destination, packet.destination.into()),
        Field::Whole(own.destination_port, destination),
        Field::Whole(own.protocol, packet.protocol.into()),
        Field::Whole(if path == Path::Sent { Vec::new() } else { own.arrival }, arrival),
        Field::Whole(if path == Path::Received { Vec::new() } else { own.departure }, departure),
    ];
    let mut masks: Vec<u32> = vec![u32::MAX; fields.len()];
    for at in 0..fields.len() {
        if let Field::Bits(bits, _) = &fields[at] {
            for bit in 0..bits.len() {
                let kept = masks[at];
                masks[at] &= !(1 << bit);
                let cube = cube(space, &fields, &masks);
                let cube = space.f.and(cube, domain);
                if !space.f.implies(cube, set) {
                    masks[at] = kept;
                }
            }
            continue;
        }
        let tries: Vec<u32> = match &fields[at] {
            Field::Whole(..) | Field::Bits(..) => vec![0],
            Field::Prefix(..) => {
                (0..32).map(|length| if length == 0 { 0 } else { u32::MAX << (32 - length) }).collect()
            }
        };
        for mask in tries {
            let kept = std::mem::replace(&mut masks[at], mask);
            let cube = cube(space, &fields, &masks);
            let cube = space.f.and(cube, domain);
            if space.f.implies(cube, set) {
                break;
            }
            masks[at] = kept;
        }
    }
    let cube = cube(space, &fields, &masks);
    (cube, words(space, path, example, &masks))
}

fn cube(space: &mut Space, fields: &[Field], masks: &[u32]) -> Formula {
    let mut all = Formula::TRUE;
    for (field, mask) in fields.iter().zip(masks).rev() {
        let (Field::Whole(bits, value) | Field::Bits(bits, value) | Field::Prefix(bits, value)) = field;
        let width_mask = if bits.len() >= 32 { u32::MAX } else { (1 << bits.len()) - 1 };
        let mask = mask & width_mask;
        let own = bits::masked(&mut space.f, bits, value & mask, mask);
        all = space.f.and(own, all);
    }
    all
}

fn words(space: &Space, path: Path, example: &Example, masks: &[u32]) -> String {
    let packet = &example.packet;
    let way = match path {
        Path::Received => "received",
        Path::Forwarded => "forwarded",
        Path::Sent => "sent",
    };
    let mut text = format!("{way} ");
    // A port or a flag is one of a protocol.
    match masks[8] | masks[7] | masks[4] | masks[3] & 0x3F {
        0 => text.push_str("packets"),
        _ => {
            let name = names::protocol_name(packet.protocol);
            text.push_str(&name.map_or_else(|| format!("protocol {}", packet.protocol), str::to_uppercase));
            text.push_str(" packets");
        }
    }
    let network = |address: Ipv4Addr, mask: u32| match mask {
        u32::MAX => address.to_string(),
        mask => format!("{}/{}", Ipv4Addr::from(u32::from(address) & mask), mask.leading_ones()),
    };
    for (word, address, mask, port_mask, port) in [
        ("from", packet.source, masks[5], masks[4], packet.header.ports().map(|own| own.0)),
        ("to", packet.destination, masks[6], masks[7], packet.header.ports().map(|own| own.1)),
    ] {
        if mask != 0 {
            text.push_str(&format!(" {word} {}", network(address, mask)));
        }
        if let Some(port) = port.filter(|_| port_mask != 0) {
            text.push_str(&format!(" {word} port {port}"));
        }
    }
    if let Header::Icmp { kind, code } = packet.header {
        if masks[4] != 0 {
            text.push_str(&format!(" of type {kind}"));
        }
        if masks[7] != 0 {
            text.push_str(&format!(" with code {code}"));
        }
    }
    if let Header::Tcp { flags, .. } = packet.header
        && masks[3] & 0x3F != 0
    {
        let names = |wanted: bool| -> Vec<&str> {
            let all = crate::packet::Flags::NAMES.iter().filter(|(_, flag)| masks[3] & u32::from(flag.0) != 0);
            all.filter(|(_, flag)| flags.has(*flag) == wanted).map(|(name, _)| *name).collect()
        };
        for (word, names) in [("with", names(true)), ("without", names(false))] {
            if !names.is_empty() {
                text.push_str(&format!(" {word} {}", names.join(",")));
            }
        }
    }
    if masks[0] != 0 {
        let name = State::NAMES.iter().find(|(_, state)| *state == packet.connection.state).map_or("", |own| own.0);
        text.push_str(&format!(" in state {name}"));
    }
    let device = |name: &str| match space.classes.is_named(name) {
        true => name.to_owned(),
        false => "a device that no rule names".to_owned(),
    };
    if masks[9] != 0 && path != Path::Sent {
        text.push_str(&format!(" in by {}", device(&packet.arrival)));
    }
    if masks[10] != 0 && path != Path::Received {
        text.push_str(&format!(" out by {}", device(&packet.departure)));
    }
    text
}
