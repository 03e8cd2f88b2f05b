//! Logic lints on random rulesets, against an evaluator that asks every rule about every packet.
//!
//! The packets stand for all kinds that the rules can tell apart, so that a rule without effect among
//! them is one for every packet; what the lints say and what they miss both count.

#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "random/dice.rs"]
mod dice;

use std::collections::{BTreeMap, BTreeSet};

use dice::Dice;
use iptlint::analysis;
use iptlint::diag::Diagnostic;
use iptlint::eval::Settings;
use iptlint::lint::{self, Facts, Selection, Selector};
use iptlint::text::{FileId, Source, Sources};

const CHAINS: [&str; 3] = ["INPUT", "one", "two"];

/// Addresses that rules name, and others that tell the networks around them apart.
const NAMED: [[u8; 4]; 4] = [[10, 0, 0, 1], [10, 0, 0, 130], [10, 1, 0, 1], [192, 0, 2, 1]];
const OTHERS: [[u8; 4]; 9] = [
    [10, 0, 0, 2],
    [10, 0, 0, 200],
    [10, 0, 1, 1],
    [10, 1, 0, 2],
    [10, 1, 0, 200],
    [10, 1, 1, 1],
    [10, 2, 0, 1],
    [192, 0, 2, 2],
    [192, 0, 2, 200],
];
const FARTHER: [[u8; 4]; 3] = [[192, 0, 9, 1], [192, 9, 0, 1], [172, 16, 0, 1]];
const DEVICES: [&str; 4] = ["eth0", "eth1", "ppp0", "wlan0"];

#[derive(Clone, Debug, PartialEq)]
struct Rule {
    chain: &'static str,
    /// It is there only in runs with this answer.
    guard: Option<bool>,
    source: Option<(bool, [u8; 4], u32)>,
    device: Option<(bool, &'static str)>,
    protocol: Option<&'static str>,
    ports: Option<(bool, u16, u16)>,
    /// It asks for a mark that none can be.
    impossible: bool,
    target: &'static str,
}

#[derive(Clone, Copy, Debug)]
struct Packet {
    run: bool,
    source: [u8; 4],
    device: &'static str,
    protocol: &'static str,
    port: u16,
}

impl Rule {
    fn random(dice: &mut Dice) -> Self {
        let chain = dice.pick(&CHAINS);
        let protocol = dice.one_in(2).then(|| dice.pick(&["tcp", "tcp", "udp", "icmp"]));
        let ported = matches!(protocol, Some("tcp" | "udp"));
        let low = dice.roll(4) as u16;
        let target = match (chain, dice.roll(8)) {
            (_, 0..=2) => "-j ACCEPT",
            (_, 3..=4) => "-j DROP",
            (_, 5) => "-j RETURN",
            ("INPUT", 6) => dice.pick(&["-j one", "-g one"]),
            ("INPUT" | "one", 7) => dice.pick(&["-j two", "-g two"]),
            _ => "",
        };
        Self {
            chain,
            guard: dice.one_in(4).then(|| dice.one_in(2)),
            source: dice.one_in(2).then(|| (dice.one_in(6), dice.pick(&NAMED), dice.pick(&[8, 16, 25, 32]))),
            device: dice.one_in(4).then(|| (dice.one_in(4), dice.pick(&["eth0", "eth+", "ppp0"]))),
            protocol,
            ports: (ported && dice.one_in(2)).then(|| (dice.one_in(6), low, low + dice.roll(3) as u16)),
            impossible: dice.one_in(30),
            target,
        }
    }

    fn command(&self) -> String {
        let bang = |negated: bool| if negated { "! " } else { "" };
        let mut text = format!("iptables -A {}", self.chain);
        if let Some((negated, [a, b, c, d], length)) = self.source {
            text += &format!(" {}-s {a}.{b}.{c}.{d}/{length}", bang(negated));
        }
        if let Some((negated, device)) = self.device {
            text += &format!(" {}-i {device}", bang(negated));
        }
        self.protocol.iter().for_each(|protocol| text += &format!(" -p {protocol}"));
        if let Some((negated, low, high)) = self.ports {
            text += &format!(" {}--dport {low}:{high}", bang(negated));
        }
        text += if self.impossible { " -m mark --mark 0x10/0x0f" } else { "" };
        text += &format!(" {}", self.target);
        match self.guard {
            None => text,
            Some(yes) => format!("if [ \"$X\" {}= 1 ]; then {text}; fi", if yes { "" } else { "!" }),
        }
    }

    fn matches(&self, packet: &Packet) -> bool {
        let bits = |address: [u8; 4], length: u32| u64::from(u32::from_be_bytes(address)) >> (32 - length);
        let source = |(negated, address, length)| (bits(address, length) == bits(packet.source, length)) != negated;
        let device = |(negated, name): (bool, &str)| match name.split_once('+') {
            Some((beginning, _)) => packet.device.starts_with(beginning) != negated,
            None => (packet.device == name) != negated,
        };
        // A packet without ports meets no test of them, not even a negated one.
        let ported = matches!(packet.protocol, "tcp" | "udp");
        let ports = |(negated, low, high)| ported && (low..=high).contains(&packet.port) != negated;
        !self.impossible
            && self.guard.is_none_or(|yes| yes == packet.run)
            && self.source.is_none_or(source)
            && self.device.is_none_or(device)
            && self.protocol.is_none_or(|protocol| protocol == packet.protocol)
            && self.ports.is_none_or(ports)
    }
}

fn packets() -> Vec<Packet> {
    let mut all = Vec::new();
    for source in NAMED.into_iter().chain(OTHERS).chain(FARTHER) {
        for device in DEVICES {
            for (protocol, ports) in [("tcp", 0..=6), ("udp", 0..=6), ("icmp", 0..=0), ("gre", 0..=0)] {
                for port in ports {
                    all.extend([true, false].map(|run| Packet { run, source, device, protocol, port }));
                }
            }
        }
    }
    all
}

impl Rule {
    /// Its matches that may be left out, as they are written, each with the packets that meet it.
    fn parts(&self) -> Vec<(String, Self)> {
        let bare = Self { source: None, device: None, protocol: None, ports: None, impossible: false, ..self.clone() };
        let bare = Self { guard: None, ..bare };
        let only = |own: Self| {
            let text = own.command();
            let (_, text) = text.split_once(own.chain).unwrap();
            (text.trim_end_matches(own.target).trim().to_owned(), own)
        };
        let mut parts = Vec::new();
        parts.extend(self.source.map(|_| only(Self { source: self.source, ..bare.clone() })));
        parts.extend(self.device.map(|_| only(Self { device: self.device, ..bare.clone() })));
        let alone = self.protocol.filter(|_| self.ports.is_none());
        parts.extend(alone.map(|_| only(Self { protocol: self.protocol, ..bare.clone() })));
        parts.extend(self.ports.map(|_| only(Self { ports: self.ports, ..bare.clone() })));
        parts
    }
}

/// The packets that come to a user chain.
fn arriving<'p>(rules: &[Rule], chain: &str, packets: &'p [Packet]) -> Vec<&'p Packet> {
    fn comes(rules: &[Rule], at: &str, chain: &str, packet: &Packet) -> bool {
        let mut passed = false;
        let entered = |rule: &Rule| rule.target.split_once(' ').is_some_and(|(_, name)| name == chain);
        asked(rules, at, packet, &mut |number| {
            let through = rules[number].target.split_once(' ').map(|(_, name)| name).filter(|name| *name == "one");
            passed |= entered(&rules[number]) || through.is_some_and(|name| comes(rules, name, chain, packet));
        });
        passed
    }
    packets.iter().filter(|packet| comes(rules, "INPUT", chain, packet)).collect()
}

/// Asserts that the lints are right about what comes to user chains.
fn judge_chains(rules: &[Rule], packets: &[Packet], counts: &mut BTreeMap<&'static str, usize>) {
    let script: String = HEAD.to_owned() + &rules.iter().map(|rule| rule.command() + "\n").collect::<String>();
    let said = said(&script, &["unused-chain", "unreachable-chain", "redundant-match"]);
    for (line, chain) in [(2, "one"), (3, "two")] {
        let own: Vec<(usize, &Rule)> = rules.iter().enumerate().filter(|(_, rule)| rule.chain == chain).collect();
        let come = arriving(rules, chain, packets);
        let codes: Vec<&str> = said.iter().filter(|own| own.0 == line).map(|(_, code, _)| *code).collect();
        assert_eq!(!codes.is_empty(), come.is_empty() && !own.is_empty(), "{chain}: {codes:?}\n{script}");
        codes.into_iter().for_each(|code| *counts.entry(code).or_default() += usize::from(code == "unreachable-chain"));
        for (at, rule) in own.into_iter().filter(|_| !come.is_empty()) {
            let there = || come.iter().filter(|packet| rule.guard.is_none_or(|yes| yes == packet.run));
            for (text, part) in rule.parts() {
                let line = at + 1 + HEAD.lines().count();
                let found = said.contains(&(line, "redundant-match", text.clone()));
                let needless = there().all(|packet| part.matches(packet));
                assert_eq!(found, needless, "line {line}: {text}\n{script}");
                *counts.entry("redundant-match").or_default() += usize::from(found);
            }
        }
    }
}

/// Where a packet ends in a chain: a verdict, or nothing where it comes back.
fn asked<'r>(rules: &'r [Rule], chain: &str, packet: &Packet, met: &mut dyn FnMut(usize)) -> Option<&'r str> {
    for (at, rule) in rules.iter().enumerate().filter(|(_, rule)| rule.chain == chain) {
        if !rule.matches(packet) {
            continue;
        }
        met(at);
        match rule.target.split_once(' ') {
            None => {}
            Some((_, "RETURN")) => return None,
            Some((_, verdict @ ("ACCEPT" | "DROP"))) => return Some(verdict),
            Some((how, user)) => {
                let answer = asked(rules, user, packet, &mut |_| ());
                if answer.is_some() || how == "-g" {
                    return answer;
                }
            }
        }
    }
    None
}

fn verdicts(rules: &[Rule], packets: &[Packet]) -> Vec<bool> {
    packets.iter().map(|packet| asked(rules, "INPUT", packet, &mut |_| ()) == Some("ACCEPT")).collect()
}

/// What the lints of these names say: of which line, and of which text there.
fn said(script: &str, names: &[&str]) -> Vec<(usize, &'static str, String)> {
    let mut sources = Sources::default();
    let source = Source::new("fw.sh", script.as_bytes().to_vec());
    let trees = [analysis::parse(&source, FileId(0), None)];
    sources.add(source);
    let mut analysis = analysis::analyse(&sources, &trees, FileId(0), &Settings::default());
    let mut selection = Selection::none();
    names.iter().for_each(|name| selection.add(Selector::parse(name).unwrap()));
    let findings = lint::judge(&mut analysis, &selection, &Facts::default()).findings.into_iter();
    let line = |finding: &Diagnostic| sources.get(FileId(0)).line(finding.place.span.start);
    findings.map(|finding| (line(&finding), finding.code, sources.text(finding.place).into_owned())).collect()
}

const OF_RULES: [&str; 5] =
    ["never-matching-rule", "unreachable-rule", "shadowed-rule", "duplicate-rule", "redundant-rule"];

const HEAD: &str = "iptables -P INPUT DROP\niptables -N one\niptables -N two\n";

/// Asserts that the lints are right about every rule, and counts the findings of each kind.
fn judge(rules: &[Rule], packets: &[Packet], counts: &mut BTreeMap<&'static str, usize>) {
    let script: String = HEAD.to_owned() + &rules.iter().map(|rule| rule.command() + "\n").collect::<String>();
    let mut said_of: BTreeMap<usize, BTreeSet<&'static str>> = BTreeMap::new();
    for (line, code, _) in said(&script, &OF_RULES) {
        said_of.entry(line - 1 - HEAD.lines().count()).or_default().insert(code);
    }
    let before = verdicts(rules, packets);
    for (at, rule) in rules.iter().enumerate() {
        let own: Vec<&Packet> = packets.iter().filter(|packet| rule.matches(packet)).collect();
        let met = |packet: &&&Packet| {
            let mut met = false;
            asked(rules, rule.chain, packet, &mut |other| met |= other == at);
            met
        };
        let reached = own.iter().any(|packet| met(&packet));
        let codes = said_of.get(&at).cloned().unwrap_or_default();
        let context = format!("line {}: {codes:?}\n{script}", at + 1 + HEAD.lines().count());
        assert_eq!(codes.contains("never-matching-rule"), own.is_empty(), "{context}");
        let dead = ["unreachable-rule", "shadowed-rule", "duplicate-rule"].iter().any(|code| codes.contains(code));
        assert_eq!(dead, !own.is_empty() && !reached, "{context}");
        if codes.contains("shadowed-rule") {
            let opposite = if rule.target == "-j ACCEPT" { "DROP" } else { "ACCEPT" };
            let shadow = |packet: &&Packet| asked(&rules[..at], rule.chain, packet, &mut |_| ());
            // Rules before the one that covers it may do what it would with some.
            assert!(own.iter().any(|packet| shadow(packet) == Some(opposite)), "{context}");
        }
        if !codes.is_empty() {
            let rest: Vec<Rule> = [&rules[..at], &rules[at + 1..]].concat();
            assert_eq!(verdicts(&rest, packets), before, "{context}");
        }
        codes.into_iter().for_each(|code| *counts.entry(code).or_default() += 1);
    }
}

#[test]
fn logic_lints_find_all_rules_without_effect_and_no_others() {
    let (mut dice, mut counts, packets) = (Dice(0x9E37_79B9_7F4A_7C15), BTreeMap::new(), packets());
    for _ in 0..100 {
        let mut rules: Vec<Rule> = (0..4 + dice.roll(14)).map(|_| Rule::random(&mut dice)).collect();
        // People copy rules.
        let copy = rules[dice.roll(rules.len())].clone();
        rules.push(copy);
        judge(&rules, &packets, &mut counts);
        judge_chains(&rules, &packets, &mut counts);
    }
    counts.remove("unused-chain");
    let names: Vec<&str> = counts.keys().copied().collect();
    let own = ["duplicate-rule", "never-matching-rule", "redundant-match", "redundant-rule", "shadowed-rule"];
    assert_eq!(names, [own.as_slice(), &["unreachable-chain", "unreachable-rule"]].concat());
    assert!(counts.values().all(|number| *number >= 3), "{counts:?}");
}
