//! Random firewalls and packets: the evaluator behind `iptlint trace` against the kernel.

use std::net::Ipv4Addr;

use iptlint::analysis;
use iptlint::eval::Settings;
use iptlint::logic::Formula;
use iptlint::model::Dialect;
use iptlint::packet::{Decision, Filter, Header, Host, Outcome, Packet, Path, Rejection, Verdict};
use iptlint::syntax::Form;
use iptlint::text::{FileId, Source, Sources};

use crate::dice::Dice;
use crate::lab::{Fate, Lab};
use crate::random::{self, DEVICES};
use crate::wire::{self, Seen};

/// Firewalls for each way of the kernel to hold rules, and packets for each firewall.
const FIREWALLS: usize = 60;
const PACKETS: usize = 60;
const AT_LEAST: usize = 2000;

#[test]
fn the_kernel_with_nft_agrees() {
    agree("nft");
}

#[test]
fn the_kernel_with_legacy_tables_agrees() {
    agree("legacy");
}

fn agree(backend: &'static str) {
    if !crate::ready() {
        return;
    }
    let seed: u64 = std::env::var("SEED").ok().map_or(1, |seed| seed.parse().unwrap());
    let firewalls = if std::env::var("SEED").is_ok() { 1 } else { FIREWALLS };
    let devices = DEVICES.map(|(name, address)| (name.to_owned(), Ipv4Addr::from(address), 24));
    let mut lab = Lab::new(backend, &devices);
    lab.run("ip route add default dev ppp0");
    let host = Host { addresses: devices.iter().map(|(name, address, _)| (name.clone(), *address)).collect() };
    let (mut compared, mut wrong) = (0, Vec::new());
    for seed in (seed..).take(firewalls) {
        let mut random = Dice(seed);
        let rules = random::rules(&mut random);
        let packets: Vec<Packet> = (0..PACKETS as u16).map(|number| random::packet(&mut random, number)).collect();
        let filter = filter(&rules);
        if let Err(complaint) = lab.restore(&rules) {
            wrong.push(format!("SEED={seed}: refused: {complaint}"));
            continue;
        }
        lab.forget();
        for (packet, fate) in packets.iter().zip(lab.fates(&packets)) {
            let Some(expected) = decided(&filter, packet, &host) else { continue };
            compared += 1;
            if let Some(difference) = difference(&expected, packet, &host, &fate) {
                wrong.push(format!("SEED={seed}: {difference}\n  {packet:?}\n  {expected:?}"));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{backend}: {} of {compared} differ:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(12)].join("\n")
    );
    assert!(firewalls == 1 || compared >= AT_LEAST, "only {compared} packets are decided");
}

fn filter(rules: &str) -> Filter {
    let mut sources = Sources::default();
    let source = Source::new("random.rules", rules.as_bytes().to_vec());
    let trees = [analysis::parse(&source, FileId(0), Some(Form::IptablesSave))];
    sources.add(source);
    let mut analysis = analysis::analyse(&sources, &trees, FileId(0), &Settings::default());
    let ruleset = analysis.rulesets.iter().find(|own| own.dialect == Dialect::Iptables).unwrap();
    Filter::new(ruleset, &mut analysis.evaluation.conditions.formulas, Formula::TRUE)
}

/// What is to become of the packet; it leaves by the way to where it then goes.
fn decided(filter: &Filter, packet: &Packet, host: &Host) -> Option<Outcome> {
    let pass = |packet: &Packet| match filter.pass(packet, host, None) {
        Decision::Known(outcome) => Some(outcome),
        Decision::Depends { outcomes, .. } => {
            outcomes.into_iter().find(|outcome| outcome.verdict.passes()).map(|first| Outcome { mark: None, ..first })
        }
    };
    let first = filter.pass(packet, host, None);
    let destination = pass(packet).and_then(|outcome| outcome.destination);
    let elsewhere = destination.filter(|own| *own != packet.destination && host.owns(*own) == Some(false));
    match elsewhere {
        // The destination of own packets is changed after the first look for a way.
        Some(_) if packet.path == Path::Sent => None,
        Some(destination) => {
            let departure = random::route(destination).to_owned();
            filter.pass(&Packet { departure, ..packet.clone() }, host, None).known().cloned()
        }
        None => first.known().cloned(),
    }
}

fn difference(expected: &Outcome, packet: &Packet, host: &Host, fate: &Fate) -> Option<String> {
    let silent = match packet.header {
        Header::Icmp { kind, .. } => wire::is_icmp_error(kind),
        Header::Tcp { flags, .. } => expected.verdict == Verdict::Reject(Rejection::Reset) && flags.0 & 4 != 0,
        _ => false,
    };
    let agrees = match (expected.verdict, fate) {
        (Verdict::Deny, Fate::Dropped) => true,
        (Verdict::Reject(_), Fate::Dropped) if silent => true,
        (Verdict::Reject(Rejection::Unreachable(code)), Fate::Rejected(3, seen)) => code == *seen,
        (Verdict::Reject(Rejection::Reset), Fate::Reset) => true,
        (verdict, Fate::Delivered { mark, packet: seen }) if verdict.passes() => {
            let here = expected.destination.and_then(|own| host.owns(own)) == Some(true);
            return (!here || packet.path == Path::Sent)
                .then(|| "the kernel delivered it".to_owned())
                .or_else(|| changed(expected, *mark, seen));
        }
        (verdict, Fate::Sent { mark, packet: seen }) if verdict.passes() => {
            let here = expected.destination.and_then(|own| host.owns(own)) == Some(true);
            return (here && packet.path != Path::Sent)
                .then(|| "the kernel sent it on".to_owned())
                .or_else(|| changed(expected, *mark, seen));
        }
        _ => false,
    };
    (!agrees).then(|| format!("the kernel: {fate:?}"))
}

/// What of a packet that passes is not as it should be.
fn changed(expected: &Outcome, mark: u32, seen: &Seen) -> Option<String> {
    let among = |range: Option<iptlint::model::PortRange>, port: Option<u16>| {
        range.zip(port).is_none_or(|(range, port)| range.low <= port && port <= range.high)
    };
    let (from, to) = seen.ports.unzip();
    let same = expected.mark.is_none_or(|own| own == mark)
        && expected.tos.is_none_or(|own| own == seen.tos)
        && expected.source.is_none_or(|own| own == seen.source)
        && expected.destination.is_none_or(|own| own == seen.destination)
        && among(expected.source_port, from)
        && among(expected.destination_port, to);
    (!same).then(|| format!("the kernel: mark {mark} {seen:?}"))
}
