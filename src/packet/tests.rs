//! Ways through iptables worked out by hand, and ipchains against a naive evaluator.

mod alike;
#[path = "../../tests/random/dice.rs"]
mod dice;
mod gate;
mod idle;
mod idle_exact;
mod iptables;
mod naive;
mod sets;
mod unknown;

use std::net::Ipv4Addr;

use super::{Connection, Decision, Filter, Flags, Header, Host, Outcome, Packet, Path, State, Verdict};
use crate::analysis;
use crate::eval::Settings;
use crate::logic::Formula;
use crate::text::{FileId, Source, Sources};

/// The rules of a script.
pub(super) fn filter(script: &str) -> Filter {
    let mut sources = Sources::default();
    let source = Source::new("fw.sh", script.as_bytes().to_vec());
    let trees = [analysis::parse(&source, FileId(0), None)];
    sources.add(source);
    let mut analysis = analysis::analyse(&sources, &trees, FileId(0), &Settings::default());
    assert_eq!(analysis.refusals, [], "{script}");
    for reading in analysis.readings.iter().flatten() {
        assert!(reading.command().is_some(), "{script}: {:?}", reading.problems());
    }
    let ruleset = analysis.rulesets.first().expect("a ruleset");
    Filter::new(ruleset, &mut analysis.evaluation.conditions.formulas, Formula::TRUE)
}

/// The gateway of all tests: eth0 inside, ppp0 outside.
pub(super) fn gateway() -> Host {
    let address = |device: &str, address: [u8; 4]| (device.to_owned(), Ipv4Addr::from(address));
    Host { addresses: vec![address("eth0", [10, 0, 0, 1]), address("ppp0", [203, 0, 113, 9])] }
}

/// A TCP SYN from `source` to `destination`, each as `address:port`.
pub(super) fn syn(path: Path, source: &str, destination: &str) -> Packet {
    let end = |text: &str| {
        let (address, port) = text.split_once(':').expect("a port");
        (address.parse::<Ipv4Addr>().expect("an address"), port.parse::<u16>().expect("a number"))
    };
    let ((source, source_port), (destination, destination_port)) = (end(source), end(destination));
    let inside = source.octets()[0] == 10;
    let (near, far) = if inside { ("eth0", "ppp0") } else { ("ppp0", "eth0") };
    let device = |there: bool, name: &str| if there { name.to_owned() } else { String::new() };
    Packet {
        path,
        arrival: device(path != Path::Sent, near),
        departure: device(path != Path::Received, if path == Path::Sent { "ppp0" } else { far }),
        own_address: None,
        source,
        destination,
        protocol: 6,
        header: Header::Tcp { source: source_port, destination: destination_port, flags: Flags::SYN },
        fragment: false,
        tos: 0,
        mark: 0,
        length: None,
        connection: Connection::new(State::New),
    }
}

/// The fate of a packet in one line: verdict, chain, and what has changed.
pub(super) fn fate(script: &str, packet: &Packet) -> String {
    match filter(script).pass(packet, &gateway(), None) {
        Decision::Known(outcome) => shown(&outcome, packet),
        Decision::Depends { reasons, .. } => format!("depends: {}", reasons[0]),
    }
}

fn shown(outcome: &Outcome, packet: &Packet) -> String {
    let mut text = format!("{} {}", outcome.verdict.name(), outcome.at.name());
    if let Verdict::Reject(rejection) = outcome.verdict {
        text += &format!(" ({rejection})");
    }
    if !outcome.verdict.passes() {
        return text;
    }
    let end = |address: Option<Ipv4Addr>, port: Option<crate::model::PortRange>| {
        let address = address.map_or("?".to_owned(), |address| address.to_string());
        port.map_or(address.clone(), |port| format!("{address}:{port}"))
    };
    if outcome.source != Some(packet.source) {
        text += &format!(" from {}", end(outcome.source, outcome.source_port));
    }
    let port = packet.header.ports().map(|ports| ports.1);
    if outcome.destination != Some(packet.destination) || outcome.destination_port.map(|own| own.low) != port {
        text += &format!(" to {}", end(outcome.destination, outcome.destination_port));
    }
    if outcome.mark != Some(packet.mark) {
        text += &outcome.mark.map_or(" mark ?".to_owned(), |mark| format!(" mark {mark}"));
    }
    if outcome.tos != Some(packet.tos) {
        text += &outcome.tos.map_or(" TOS ?".to_owned(), |tos| format!(" TOS {tos:#x}"));
    }
    text
}
