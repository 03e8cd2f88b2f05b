//! Random firewalls and packets: the evaluator behind `iptlint trace` against the kernel.

use std::net::Ipv4Addr;

use iptlint::analysis;
use iptlint::eval::Settings;
use iptlint::logic::Formula;
use iptlint::model::Dialect;
use iptlint::packet::{Decision, Filter, Header, Host, Outcome, Packet, Path, Rejection, Verdict};
use iptlint::syntax::Form;
use iptlint::text::{FileId, Source, Sources};

use crate::answers::Begun;
use crate::dice::Dice;
use crate::firewalls::{self, Tracking};
use crate::lab::{Fate, Lab};
use crate::random::{self, DEVICES};
use crate::wire::{self, Seen, Sending};

/// Firewalls for each way of the kernel to hold rules, and connections that are begun through each of them.
const FIREWALLS: usize = 60;
const PACKETS: usize = 60;
/// Packets that are compared with each way.
const AT_LEAST: usize = 4000;

#[test]
fn the_kernel_with_nft_agrees() {
    agree("nft");
}

#[test]
fn the_kernel_with_legacy_tables_agrees() {
    agree("legacy");
}

/// What is compared, and what differs.
#[derive(Default)]
struct Found {
    compared: usize,
    /// Further packets of connections among them.
    later: usize,
    wrong: Vec<String>,
}

fn agree(backend: &'static str) {
    if !crate::ready() {
        return;
    }
    let seed: u64 = std::env::var("SEED").ok().map_or(1, |seed| seed.parse().unwrap());
    let firewalls = if std::env::var("SEED").is_ok() { 1 } else { FIREWALLS };
    let mut found = Found::default();
    for tracking in [Tracking::Connections, Tracking::Nothing] {
        // A host belongs to its thread.
        let run = || all_agree(backend, tracking, (seed..).take(firewalls), &mut found);
        std::thread::scope(|scope| scope.spawn(run).join().unwrap());
    }
    let Found { compared, later, wrong } = found;
    assert!(
        wrong.is_empty(),
        "{backend}: {} of {compared} differ:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(12)].join("\n")
    );
    assert!(firewalls == 1 || compared >= AT_LEAST && later >= AT_LEAST / 4, "only {compared} and {later} are decided");
}

fn all_agree(backend: &'static str, tracking: Tracking, seeds: impl Iterator<Item = u64>, found: &mut Found) {
    let devices = DEVICES.map(|(name, address)| (name.to_owned(), Ipv4Addr::from(address), 24));
    let mut lab = Lab::new(backend, &devices);
    lab.run("ip route add default dev ppp0");
    let host = Host { addresses: devices.iter().map(|(name, address, _)| (name.clone(), *address)).collect() };
    for seed in seeds {
        let random = &mut Dice(seed);
        let rules = firewalls::rules(random, tracking);
        if let Err(complaint) = lab.restore(&rules) {
            found.wrong.push(format!("SEED={seed}: refused: {complaint}\n{rules}"));
            continue;
        }
        lab.forget();
        let mut trial = Trial { seed, filter: filter(&rules), host: &host, lab: &mut lab, found };
        let first = (0..PACKETS as u16).map(|number| random::packet(random, number, tracking));
        // iptables-nft reads ports and flags in later fragments as well, which have none (nft_payload.c).
        let first = first.filter(|packet| backend == "legacy" || !packet.fragment);
        let first = trial.compare(first.map(Sending::alone).collect());
        if tracking == Tracking::Connections {
            trial.go_on(random, first);
        }
    }
}

/// One firewall, and the packets that are sent to it.
struct Trial<'t> {
    seed: u64,
    filter: Filter,
    host: &'t Host,
    lab: &'t mut Lab,
    found: &'t mut Found,
}

/// A packet with its fate, and the mark that the rules have left on its connection.
type Done = (Packet, Fate, Option<u32>);

impl Trial<'_> {
    /// Sends packets, none of which depends on another of them, and compares what becomes of them.
    fn compare(&mut self, all: Vec<Sending>) -> Vec<Done> {
        let with_length = |own: Sending| {
            let length = Some(own.length());
            Sending { packet: Packet { length, ..own.packet }, ..own }
        };
        let all: Vec<Sending> = all.into_iter().map(with_length).collect();
        let fates = self.lab.fates_of(&all);
        let mut done = Vec::new();
        for (Sending { packet, .. }, fate) in all.into_iter().zip(fates) {
            let expected = decided(&self.filter, &packet, self.host);
            if let Some(expected) = &expected {
                self.found.compared += 1;
                self.found.later += usize::from(packet.connection.original.is_some());
                if let Some(difference) = difference(expected, &packet, self.host, &fate) {
                    self.found.wrong.push(format!("SEED={}: {difference}\n  {packet:?}\n  {expected:?}", self.seed));
                }
            }
            done.push((packet, fate, expected.and_then(|expected| expected.connection_mark)));
        }
        done
    }

    /// Sends what follows on the first packets of connections.
    fn go_on(&mut self, random: &mut Dice, first: Vec<Done>) {
        let begun: Vec<Begun> =
            first.iter().filter_map(|(packet, fate, mark)| Begun::of(packet, fate, *mark)).collect();
        let with_answers: Vec<(Begun, Sending)> =
            begun.into_iter().filter_map(|own| own.answer(random, self.host).map(|answer| (own, answer))).collect();
        let (begun, answers): (Vec<Begun>, Vec<Sending>) = with_answers.into_iter().unzip();
        let answers = self.compare(answers);
        let answered = begun.into_iter().zip(answers).filter_map(|(own, (_, fate, mark))| match fate {
            Fate::Delivered { packet, .. } | Fate::Sent { packet, .. } => Some((own.marked(mark?), packet)),
            _ => None,
        });
        let mut answered: Vec<(Begun, Seen)> = answered.collect();
        for round in 0..3 {
            let further = answered.into_iter().filter_map(|(begun, answer)| {
                let sending = match round {
                    0 => begun.next(random),
                    1 => begun.error(random, self.host),
                    _ => begun.error_about_answer(random, &answer),
                }?;
                Some(((begun, answer), sending))
            });
            let (connections, all): (Vec<_>, Vec<Sending>) = further.unzip();
            let done = connections.into_iter().zip(self.compare(all));
            // What rules have left on a connection is only known of packets that pass.
            answered = done.filter_map(|((begun, answer), (_, _, mark))| Some((begun.marked(mark?), answer))).collect();
        }
    }
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
    let everybody = random::is_everybody(packet.destination);
    let silent = match packet.header {
        _ if everybody || packet.fragment => true,
        Header::Icmp { kind, .. } => wire::is_icmp_error(kind),
        Header::Tcp { flags, .. } => expected.verdict == Verdict::Reject(Rejection::Reset) && flags.0 & 4 != 0,
        _ => false,
    };
    let here = expected.destination.is_some_and(|own| host.owns(own) == Some(true) || random::is_everybody(own));
    let agrees = match (expected.verdict, fate) {
        (Verdict::Deny, Fate::Dropped) => true,
        (Verdict::Reject(_), Fate::Dropped) if silent => true,
        (Verdict::Reject(Rejection::Unreachable(code)), Fate::Rejected(3, seen)) => code == *seen,
        (Verdict::Reject(Rejection::Reset), Fate::Reset) => true,
        (verdict, Fate::Delivered { mark, packet: seen }) if verdict.passes() => {
            return (!here || packet.path == Path::Sent)
                .then(|| "the kernel delivered it".to_owned())
                .or_else(|| changed(expected, *mark, seen));
        }
        (verdict, Fate::Sent { mark, packet: seen }) if verdict.passes() => {
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
