//! The packets around an example that are in the same set, in words.

use std::net::Ipv4Addr;

use crate::dialect::names;
use crate::logic::Formula;
use crate::packet::sets::{Example, Space, bits};
use crate::packet::{Header, Path};

/// A field that may be left open.
enum Field {
    /// All of it or nothing.
    Whole(Vec<Formula>, u32),
    /// As many of its first bits as needed.
    Prefix(Vec<Formula>, u32),
}

/// A set of packets around the example, all within `set`, and what it is called.
pub(super) fn around(space: &mut Space, set: Formula, path: Path, example: &Example) -> (Formula, String) {
    let set = space.f.or(set, space.domain.opposite());
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
    // In the order in which people care least.
    let fields = [
        Field::Whole(own.tos, packet.tos.into()),
        Field::Whole(own.flags, flags),
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
        let tries: Vec<u32> = match &fields[at] {
            Field::Whole(..) => vec![0],
            Field::Prefix(..) => {
                (0..32).map(|length| if length == 0 { 0 } else { u32::MAX << (32 - length) }).collect()
            }
        };
        for mask in tries {
            let kept = std::mem::replace(&mut masks[at], mask);
            let cube = cube(space, &fields, &masks);
            let unseen = space.f.and(cube, set);
            // What cannot be seen stays as in the example, so something of the cube has to be in the set for all of it.
            let whole = is_covered(space, cube, unseen);
            if whole {
                break;
            }
            masks[at] = kept;
        }
    }
    let cube = cube(space, &fields, &masks);
    (cube, words(path, example, &masks))
}

fn is_covered(space: &mut Space, cube: Formula, set: Formula) -> bool {
    let anything = space.somehow(set);
    let cube = space.f.and(cube, space.domain);
    let cube = space.somehow(cube);
    space.f.implies(cube, anything)
}

fn cube(space: &mut Space, fields: &[Field], masks: &[u32]) -> Formula {
    let mut all = Formula::TRUE;
    for (field, mask) in fields.iter().zip(masks).rev() {
        let (Field::Whole(bits, value) | Field::Prefix(bits, value)) = field;
        let width_mask = if bits.len() >= 32 { u32::MAX } else { (1 << bits.len()) - 1 };
        let mask = mask & width_mask;
        let own = bits::masked(&mut space.f, bits, value & mask, mask);
        all = space.f.and(own, all);
    }
    all
}

fn words(path: Path, example: &Example, masks: &[u32]) -> String {
    let packet = &example.packet;
    let way = match path {
        Path::Received => "received",
        Path::Forwarded => "forwarded",
        Path::Sent => "sent",
    };
    let mut text = format!("{way} ");
    match masks[6] {
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
        ("from", packet.source, masks[3], masks[2], packet.header.ports().map(|own| own.0)),
        ("to", packet.destination, masks[4], masks[5], packet.header.ports().map(|own| own.1)),
    ] {
        if mask != 0 {
            text.push_str(&format!(" {word} {}", network(address, mask)));
        }
        if let Some(port) = port.filter(|_| port_mask != 0) {
            text.push_str(&format!(" {word} port {port}"));
        }
    }
    if let Header::Icmp { kind, code } = packet.header {
        if masks[2] != 0 {
            text.push_str(&format!(" of type {kind}"));
        }
        if masks[5] != 0 {
            text.push_str(&format!(" with code {code}"));
        }
    }
    if let Header::Tcp { flags, .. } = packet.header
        && masks[1] != 0
    {
        let set = crate::packet::Flags::NAMES.iter().filter(|(_, flag)| flags.has(*flag)).map(|(name, _)| *name);
        let set: Vec<&str> = set.collect();
        let set = if set.is_empty() { "no flags".to_owned() } else { set.join(",") };
        text.push_str(&format!(" with {set}"));
    }
    if masks[7] != 0 && path != Path::Sent {
        text.push_str(&format!(" in by {}", packet.arrival));
    }
    if masks[8] != 0 && path != Path::Received {
        text.push_str(&format!(" out by {}", packet.departure));
    }
    text
}
