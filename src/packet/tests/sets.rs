//! The evaluator of sets against the one of single packets: every packet has the same fate in both.

use std::collections::HashMap;
use std::net::Ipv4Addr;

use serde::Deserialize;

use super::super::sets::Atom;
use super::super::sets::{Classes, Connections, Fates, Names, Space, bits, fields_of, pass};
use super::super::{Connection, Decision, Filter, Flags, Header, Hook, Host, Kernel, Packet, Path, State, Verdict};
use super::dice::Dice;
use crate::analysis;
use crate::eval::{Conditions, Settings};
use crate::logic::{Formula, Variable};
use crate::model::{Family, Ruleset};
use crate::text::{FileId, Source, Sources};

/// The fates of all packets by the rules of one script.
pub(super) struct All {
    pub(super) space: Space,
    pub(super) fates: [(Path, Fates); 3],
}

impl All {
    pub(super) fn of(filter: &Filter, conditions: &Conditions) -> Self {
        let mut space = Space::new(Classes::of(&[filter]), 4_000_000);
        let names = Names::of(filter, conditions);
        let fates = [Path::Received, Path::Sent, Path::Forwarded].map(|path| {
            (path, pass(&mut space, (filter, &names), (path, Formula::TRUE), Connections::First, Kernel::V2_2))
        });
        Self { space, fates }
    }

    /// Verdict, hook, mark, TOS, destination and source, as far as they count.
    pub(super) fn fate(&self, packet: &Packet, host: &Host) -> String {
        let fields = fields_of(&self.space, packet, host);
        let holds = |formula: Formula| holds(&self.space, formula, &fields, host);
        let number = |bits: &bits::Bits| bits.iter().fold(0_u64, |all, bit| all << 1 | u64::from(holds(*bit)));
        let (_, fates) = self.fates.iter().find(|(path, _)| *path == packet.path).expect("all paths");
        let lost = fates.lost.iter().any(|(set, _)| holds(*set));
        let own: Vec<_> = fates.endings.iter().filter(|(.., set)| holds(*set)).collect();
        if lost || own.len() != 1 {
            return format!("lost {lost}, {} fates", own.len());
        }
        let last = fates.last.as_ref().expect("a view");
        let (verdict, hook, _) = own[0];
        let ends = (number(&last.ends.destination), number(&last.ends.source));
        let port = packet.header.ports().map_or(0, |_| number(&last.ends.destination_port));
        shown(*verdict, *hook, number(&last.mark), number(&last.tos), ends, port)
    }
}

fn shown(verdict: Verdict, hook: Hook, mark: u64, tos: u64, ends: (u64, u64), port: u64) -> String {
    match verdict {
        Verdict::Deny | Verdict::Reject(_) => format!("{verdict:?} {hook:?}"),
        Verdict::Redirect { .. } => format!("redirect {hook:?} {port} mark {mark} tos {tos}"),
        _ => format!("{verdict:?} {hook:?} mark {mark} tos {tos} {ends:x?}"),
    }
}

pub(super) fn holds(space: &Space, formula: Formula, fields: &HashMap<Variable, bool>, host: &Host) -> bool {
    let mut at = formula;
    assert_ne!(at, Formula::UNDECIDED);
    while let Some((variable, low, high)) = space.f.decision(at) {
        let picked = match space.meaning(variable) {
            // Any port of the range will do.
            Some(Atom::Port(range, bit)) => range.low >> (15 - bit) & 1 == 1,
            Some(Atom::Local(bits)) => {
                let address = bits.iter().fold(0, |all, bit| all << 1 | u32::from(holds(space, *bit, fields, host)));
                host.owns(address.into()) == Some(true)
            }
            _ => false,
        };
        at = if fields.get(&variable).copied().unwrap_or(picked) { high } else { low };
    }
    at.is_true()
}

/// The same of one packet, as the other evaluator has it.
pub(super) fn single(decision: &Decision) -> Option<String> {
    // Where it leaves for a new destination, and so its own address there, only the one of all packets can leave open.
    let outcome = decision.known().filter(|own| !own.verdict.passes() || own.source.is_some())?;
    let port = match outcome.verdict {
        Verdict::Redirect { port } => port.unwrap_or(0),
        _ => 0,
    };
    let number = |value: Option<std::net::Ipv4Addr>| value.map_or(0, |own| u64::from(u32::from(own)));
    let ends = (number(outcome.destination), number(outcome.source));
    let (mark, tos) = (outcome.mark.unwrap_or(0).into(), outcome.tos.unwrap_or(0).into());
    Some(shown(outcome.verdict, outcome.at, mark, tos, ends, port.into()))
}

/// A script's rules asked in both ways.
struct Both {
    filter: Filter,
    all: All,
}

fn both(script: &str) -> Both {
    let mut sources = Sources::default();
    let source = Source::new("fw.sh", script.as_bytes().to_vec());
    let trees = [analysis::parse(&source, FileId(0), None)];
    sources.add(source);
    let mut analysis = analysis::analyse(&sources, &trees, FileId(0), &Settings::default());
    let fresh = Ruleset::new(analysis.dialect(), Family::V4);
    let ruleset = analysis.rulesets.first().unwrap_or(&fresh);
    let filter = Filter::new(ruleset, &mut analysis.evaluation.conditions.formulas, Formula::TRUE);
    let all = All::of(&filter, &analysis.evaluation.conditions);
    Both { filter, all }
}

impl Both {
    /// Whether the packet was decided by both, alike.
    #[track_caller]
    fn check(&self, packet: &Packet, host: &Host, script: &str) -> bool {
        let Some(expected) = single(&self.filter.pass(packet, host, None)) else { return false };
        assert_eq!(self.all.fate(packet, host), expected, "{packet:?}\n{script}");
        true
    }
}

#[derive(Deserialize)]
struct Vector {
    level: String,
    path: Option<String>,
    #[serde(default)]
    iif: String,
    #[serde(default)]
    oif: String,
    oif_addr: Option<Ipv4Addr>,
    proto: u8,
    src: Ipv4Addr,
    dst: Ipv4Addr,
    #[serde(default)]
    sport: u16,
    #[serde(default)]
    dport: u16,
    #[serde(default)]
    tcp_flags: String,
    #[serde(default)]
    icmp_type: u8,
    #[serde(default)]
    icmp_code: u8,
    frag: bool,
    tos: u8,
}

impl Vector {
    fn packet(&self) -> Packet {
        let flags = self.tcp_flags.chars().filter_map(|letter| Flags::named(&letter.to_string()));
        Packet {
            path: match self.path.as_deref() {
                Some("out") => Path::Sent,
                Some("fwd") => Path::Forwarded,
                _ => Path::Received,
            },
            arrival: self.iif.clone(),
            departure: self.oif.clone(),
            own_address: self.oif_addr,
            source: self.src,
            destination: self.dst,
            protocol: self.proto,
            header: match self.proto {
                _ if self.frag => Header::Hidden,
                1 => Header::Icmp { kind: self.icmp_type, code: self.icmp_code },
                6 => {
                    let flags = flags.fold(Flags::default(), Flags::with);
                    Header::Tcp { source: self.sport, destination: self.dport, flags }
                }
                17 => Header::Ports { source: self.sport, destination: self.dport },
                _ => Header::Hidden,
            },
            fragment: self.frag,
            tos: self.tos,
            mark: 0,
            length: None,
            connection: Connection::new(State::New),
        }
    }
}

/// The concrete evaluator gives what Linux gave (see `tests/conformance.rs`); here the sets do too.
#[test]
fn conformance_rulesets_have_the_same_fates_as_sets() {
    let data = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/conformance");
    let mut compared = 0;
    let rulesets = std::fs::read_dir(data.join("rulesets")).expect("rulesets");
    for path in rulesets.map(|file| file.expect("a file").path()) {
        let script = std::fs::read_to_string(&path).expect("a ruleset");
        let both = both(&script);
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let lines = std::fs::read_to_string(data.join("vectors").join(format!("{name}.jsonl"))).expect("vectors");
        for line in lines.lines() {
            let vector: Vector = serde_json::from_str(line).expect("a vector");
            if vector.level == "host" {
                compared += usize::from(both.check(&vector.packet(), &Host::default(), &format!("{name}: {line}")));
            }
        }
    }
    assert!(compared > 10_000, "{compared}");
}

const MATCHES: [&str; 22] = [
    "-s 10.0.0.0/8",
    "! -s 10.0.0.1",
    "-d 198.51.100.0/24",
    "! -d 10.0.0.0/255.0.0.255",
    "-i eth+",
    "! -i eth0",
    "-p tcp",
    "-p tcp --dport 80",
    "-p udp ! --sport 1024:",
    "-p icmp --icmp-type 8",
    "-p tcp --syn",
    "-p tcp ! --tcp-flags SYN,ACK SYN",
    "-m mark --mark 1/3",
    "-m conntrack --ctstate NEW",
    "-m conntrack --ctstate DNAT,INVALID",
    "-m connmark --mark 1/1",
    "-m conntrack --ctstate SNAT --ctdir ORIGINAL",
    "-m conntrack ! --ctstate INVALID --ctorigdst 198.51.100.1",
    "-m iprange --src-range 10.0.0.1-10.0.0.9",
    "-p tcp -m multiport --ports 80,1000:2000",
    "-m tos --tos 0x10/0x3f",
    "-p icmp -m u32 --u32 \"0>>22&0x3C@0>>24=8,11:13\"",
];

/// Random rules in all tables, as commands.
pub(super) fn random_iptables(dice: &mut Dice) -> String {
    let mut script = String::from("iptables -N one\niptables -N two\niptables -t mangle -N three\n");
    for _ in 0..4 + dice.roll(16) {
        let (table, chain) = [
            ("filter", "INPUT"),
            ("filter", "FORWARD"),
            ("filter", "OUTPUT"),
            ("filter", "one"),
            ("filter", "two"),
            ("filter", "one"),
            ("mangle", "PREROUTING"),
            ("mangle", "FORWARD"),
            ("mangle", "three"),
            ("mangle", "OUTPUT"),
            ("nat", "PREROUTING"),
            ("nat", "POSTROUTING"),
            ("nat", "PREROUTING"),
            ("nat", "OUTPUT"),
            ("raw", "PREROUTING"),
        ][dice.roll(15)];
        let mut tests = String::new();
        let natural = |chain: &str, test: &str| !(test.contains("-i ") && matches!(chain, "OUTPUT" | "POSTROUTING"));
        for _ in 0..dice.roll(3) {
            let test = dice.pick(&MATCHES);
            if natural(chain, test) && !(test.contains("-p ") && tests.contains("-p ")) {
                tests += &format!(" {test}");
            }
        }
        let target = match (table, chain) {
            ("filter", "one") => dice.pick(&["ACCEPT", "DROP", "REJECT", "RETURN", "two", "MARK --set-mark 5"]),
            ("filter", "two") => dice.pick(&["ACCEPT", "DROP", "RETURN", "CONNMARK --set-xmark 1/1"]),
            ("filter", _) => {
                let jump = dice.pick(&["one", "two", "ACCEPT", "DROP", "REJECT --reject-with icmp-host-unreachable"]);
                if jump == "one" && dice.roll(2) == 0 {
                    script += &format!("iptables -A {chain}{tests} -g one\n");
                    continue;
                }
                jump
            }
            ("mangle", "three") => dice.pick(&["MARK --xor-mark 3", "TOS --set-tos 0x10", "ACCEPT"]),
            ("mangle", _) => {
                dice.pick(&["three", "MARK --set-mark 1", "TOS --set-tos 8/0x1e", "ACCEPT", "CONNMARK --save-mark"])
            }
            ("nat", "POSTROUTING") => dice.pick(&["MASQUERADE", "SNAT --to-source 203.0.113.7", "ACCEPT"]),
            ("nat", "OUTPUT") => dice.pick(&["ACCEPT", "DNAT --to-destination 10.0.0.7"]),
            ("nat", _) => {
                let redirect = dice.roll(2) == 0;
                if redirect {
                    if tests.contains("-p ") {
                        continue;
                    }
                    tests += " -p tcp";
                }
                match redirect {
                    true => "REDIRECT --to-ports 3128",
                    false => dice.pick(&["ACCEPT", "DNAT --to-destination 10.0.0.7", "DNAT --to-destination 10.0.0.1"]),
                }
            }
            _ => dice.pick(&["NOTRACK", "ACCEPT", "DROP"]),
        };
        script += &format!("iptables -t {table} -A {chain}{tests} -j {target}\n");
    }
    script
}

pub(super) fn random_packet(dice: &mut Dice) -> Packet {
    let path = [Path::Received, Path::Sent, Path::Forwarded][dice.roll(3)];
    let near = ["10.0.0.1", "10.0.0.2", "10.9.0.1", "192.0.2.1", "198.51.100.1"][dice.roll(5)];
    let far = ["198.51.100.1", "10.0.0.7", "203.0.113.9", "198.51.100.9"][dice.roll(4)];
    let ports = [80_u16, 1025, 1500, 3128];
    let (from, to) = (ports[dice.roll(4)], ports[dice.roll(4)]);
    let mut packet = super::syn(path, &format!("{near}:{from}"), &format!("{far}:{to}"));
    packet.protocol = [6, 6, 17, 1, 47][dice.roll(5)];
    packet.tos = [0, 0x10, 8, 0xFF][dice.roll(4)];
    packet.header = match packet.protocol {
        6 => Header::Tcp { source: from, destination: to, flags: Flags(dice.roll(64) as u8) },
        17 => Header::Ports { source: from, destination: to },
        1 => Header::Icmp { kind: [8, 0, 11, 13][dice.roll(4)], code: dice.roll(2) as u8 },
        _ => Header::Hidden,
    };
    packet.connection.state = State::of_first(&packet);
    packet
}

#[test]
fn random_iptables_rules_have_the_same_fates_as_sets() {
    let (mut dice, mut compared, host) = (Dice(7), 0, super::gateway());
    for _ in 0..120 {
        let script = random_iptables(&mut dice);
        let both = both(&script);
        for _ in 0..60 {
            compared += usize::from(both.check(&random_packet(&mut dice), &host, &script));
        }
    }
    assert!(compared > 5_000, "{compared}");
}
