//! Whole scripts: what the original told ipchains, against what the kernel does after the migrated one.
//!
//! The original runs with an ipchains that only writes down its calls; the evaluator says what
//! those rules did to a packet. The migrated script runs with the real iptables.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path as FilePath, PathBuf};
use std::sync::{Mutex, PoisonError};

use iptlint::analysis;
use iptlint::eval::Settings;
use iptlint::logic::Formula;
use iptlint::migrate::{self, Item};
use iptlint::model::{Dialect, Family, PortRange, Ruleset};
use iptlint::packet::{Decision, Filter, Header, Host, Outcome, Packet, Path, Reason, Rejection, Verdict};
use iptlint::syntax::Form;
use iptlint::text::{FileId, Source, Sources};

use crate::chosen::Choice;
use crate::dice::Dice;
use crate::lab::{Fate, Lab};
use crate::sandbox::Script;

/// Packets for each run of a script.
const PACKETS: usize = 150;
/// Packets that are compared in all.
const AT_LEAST: usize = 8000;

/// One run without arguments.
const NONE: &[&[&str]] = &[&[]];

/// Arguments and variables that scripts know, beside none at all.
const ARGUMENTS: &[(&str, &[&[&str]])] = &[
    ("action-in-variable.sh", &[&["start"], &["start", "192.168.3.9"], &["stop"]]),
    ("bulwark-config-driven.sh", &[&["start"], &["restart"], &["stop"]]),
    (
        "cable-modem-dhcp.sh",
        &[
            &[],
            &["reason=EXPIRE"],
            &["interface=eth1", "new_ip_address=203.0.113.40", "new_domain_name_servers=198.51.100.1 198.51.100.2"],
        ],
    ),
    ("campus-departments.sh", &[&[], &["NO=DENY"], &["NO=DENY", "EXAM=yes"]]),
    ("echo-and-eval-wrapper.sh", &[&[], &["-v"], &["-n"]]),
    ("init-script.sh", &[&["start"], &["restart"], &["stop"], &["panic"]]),
    // On the old kernel it takes the way of ipchains, which is migrated as well.
    ("ip-up.local.sh", &[&[], &["RELEASE=2.2.19"], &["RELEASE=2.2.19", "ppp1", "ttyS1", "115200", "203.0.113.60"]]),
    ("isp-router-accounting.sh", &[&["setup"]]),
    ("laptop-profiles.sh", &[&[], &["IFACE=eth1"], &["home"], &["office"], &["hotel"]]),
    ("quoted-commands.sh", &[&[], &["QUIET=1"], &["DRY=1"]]),
    ("save-and-restore.sh", &[&["new"], &["keep"], &["closed"]]),
    ("settings-may-change.sh", &[&["start"], &["restart"], &["stop"], &["restart", "OPEN=80 8080"]]),
    ("two-kernels-one-script.sh", &[&[], &["RELEASE=2.2.19"]]),
    ("verbose-home-firewall.sh", &[&[], &["SECUREHOST=198.51.100.20"]]),
];

#[test]
fn migrated_scripts_treat_packets_as_before_with_nft() {
    all_agree("nft");
}

#[test]
fn migrated_scripts_treat_packets_as_before_with_legacy_tables() {
    all_agree("legacy");
}

fn all_agree(backend: &'static str) {
    if !crate::ready() {
        return;
    }
    // Some scripts alone, or those of another folder, are tried by hand.
    let only = std::env::var("ONLY").or(std::env::var("SCRIPTS")).unwrap_or_default();
    let (mut wrong, mut compared) = (Vec::new(), 0);
    for path in files().iter().filter(|path| path.to_str().unwrap().contains(&only)) {
        let name = path.file_name().unwrap().to_str().unwrap();
        let ways = ARGUMENTS.iter().find(|(own, _)| *own == name).map_or(NONE, |(_, ways)| ways);
        for arguments in ways {
            let run = format!("{name} {}", arguments.join(" ")).trim_end().to_owned();
            // A host belongs to its thread.
            let found = std::thread::scope(|scope| scope.spawn(|| differences(path, arguments, backend)).join());
            let (count, found) = found.unwrap();
            compared += count;
            if !found.is_empty() {
                wrong.push(format!("{run}: {} differ\n{}", found.len(), found[..found.len().min(4)].join("\n")));
            }
        }
    }
    assert!(!only.is_empty() || compared >= AT_LEAST, "only {compared} packets are compared");
    assert!(wrong.is_empty(), "{backend}: {} of {compared} packets\n{}", wrong.len(), wrong.join("\n"));
}

fn files() -> Vec<PathBuf> {
    let corpus = FilePath::new(env!("CARGO_MANIFEST_DIR")).join("corpus/ipchains");
    let folder = std::env::var("SCRIPTS").map_or(corpus, PathBuf::from);
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// How many packets were compared, and which fare otherwise.
fn differences(path: &FilePath, arguments: &[&str], backend: &'static str) -> (usize, Vec<String>) {
    let text = fs::read(path).unwrap();
    let name = path.file_name().unwrap().to_str().unwrap();
    let (migrated, kept) = migration(name, text.clone());
    let recorded = match name.ends_with(".save") {
        true => (kept, Form::IpchainsSave),
        false => (Script { name, text: &kept, arguments, backend }.record(), Form::Script),
    };
    if recorded.0.is_empty() && text.windows(8).any(|word| word == b"iptables") {
        return of_another_program(name, &text, arguments, backend);
    }
    let (ruleset, filter) = ipchains(&recorded.0, recorded.1);
    let mut random = Dice(1);
    let choice = Choice::new(&ruleset, &mut random);
    let mut lab = lab_of(&choice, backend);
    let complaint = Script { name, text: &migrated, arguments, backend }.load();
    lab.watch();
    let packets = choice.packets(&mut random, PACKETS);
    let host = choice.host();
    let mut found = Vec::new();
    for (packet, fate) in packets.iter().zip(lab.fates(&packets)) {
        match allowed(&filter, packet, &host, &choice) {
            Ok(expected) if expected.iter().any(|own| agrees(own, packet, &host, &fate)) => {}
            expected => found.push(format!("  {packet:?}\n  ipchains: {expected:?}\n  the kernel: {fate:?}\n")),
        }
    }
    if let Some(last) = found.last_mut() {
        last.push_str(&format!("  it says: {}", complaint.lines().take(5).collect::<Vec<_>>().join("\n  ")));
    }
    (packets.len(), found)
}

/// A host with the devices of a choice, and ways to the other hosts.
fn lab_of(choice: &Choice, backend: &'static str) -> Lab {
    let devices: Vec<_> = choice.devices.iter().map(|(name, address)| (name.clone(), *address, 32)).collect();
    let lab = Lab::new(backend, &devices);
    let routes = choice.others.iter().map(|(address, device)| format!("route add {address} dev {device}\n"));
    lab.configure(&routes.collect::<String>());
    lab
}

/// The same for a run that gives no command of ipchains: the original itself is what the kernel is asked about.
fn of_another_program(name: &str, text: &[u8], arguments: &[&str], backend: &'static str) -> (usize, Vec<String>) {
    let migrated = migrated(name, text.to_vec());
    let [before, after] = [text, &migrated].map(|text| {
        // A host belongs to its thread.
        let fates = || {
            let ruleset = Ruleset::new(Dialect::Ipchains, Family::V4);
            let mut random = Dice(1);
            let choice = Choice::new(&ruleset, &mut random);
            let mut lab = lab_of(&choice, backend);
            Script { name, text, arguments, backend }.load();
            lab.watch();
            let packets = choice.packets(&mut random, PACKETS);
            let fates = lab.fates(&packets);
            packets.into_iter().zip(fates).collect::<Vec<_>>()
        };
        std::thread::scope(|scope| scope.spawn(fates).join()).unwrap()
    });
    let differs = |((packet, one), (_, other)): (&(Packet, Fate), &(Packet, Fate))| {
        (!is_same(one, other))
            .then(|| format!("  {packet:?}\n  the original: {one:?}\n  the migrated one: {other:?}\n"))
    };
    (before.len(), before.iter().zip(&after).filter_map(differs).collect())
}

/// Whether a packet fared alike twice, but for ports that the kernel chooses.
fn is_same(one: &Fate, other: &Fate) -> bool {
    match (one, other) {
        (Fate::Delivered { mark, packet }, Fate::Delivered { mark: own, packet: seen })
        | (Fate::Sent { mark, packet }, Fate::Sent { mark: own, packet: seen }) => {
            (mark, packet.tos, packet.source, packet.destination) == (own, seen.tos, seen.source, seen.destination)
        }
        (Fate::Rejected(kind, code), Fate::Rejected(own, seen)) => (kind, code) == (own, seen),
        (Fate::Reset, Fate::Reset) | (Fate::Dropped, Fate::Dropped) => true,
        _ => false,
    }
}

/// What the evaluator says of a packet, which leaves by the way to where it then goes: one answer, or one for each of
/// the entries of ipmasqadm that take turns.
fn allowed(filter: &Filter, packet: &Packet, host: &Host, choice: &Choice<'_>) -> Result<Vec<Outcome>, Vec<Reason>> {
    let mut found = Vec::new();
    for outcome in outcomes(filter.pass(packet, host, None))? {
        let goes_to = |own: &Outcome| own.destination == outcome.destination;
        let departure = outcome.destination.and_then(|own| choice.others.get(&own));
        match departure.filter(|_| packet.path == Path::Received) {
            Some(departure) => {
                let packet = Packet { departure: departure.clone(), ..packet.clone() };
                found.extend(outcomes(filter.pass(&packet, host, None))?.into_iter().filter(goes_to));
            }
            None => found.push(outcome),
        }
    }
    Ok(found)
}

/// The outcomes of a decision that hangs on nothing but whose turn it is.
fn outcomes(decision: Decision) -> Result<Vec<Outcome>, Vec<Reason>> {
    match decision {
        Decision::Known(outcome) => Ok(vec![outcome]),
        Decision::Depends { reasons, outcomes } if reasons.iter().all(|own| matches!(own, Reason::Turns(_))) => {
            Ok(outcomes)
        }
        Decision::Depends { reasons, .. } => Err(reasons),
    }
}

/// The rules that a recording, or a save file, leaves.
fn ipchains(text: &[u8], form: Form) -> (Ruleset, Filter) {
    let mut sources = Sources::default();
    let source = Source::new("recorded", text.to_vec());
    let trees = [analysis::parse(&source, FileId(0), Some(form))];
    sources.add(source);
    let mut analysis = analysis::analyse(&sources, &trees, FileId(0), &Settings::default());
    let known = analysis.ruleset(Dialect::Ipchains, Family::V4).cloned();
    let ruleset = known.unwrap_or_else(|| Ruleset::new(Dialect::Ipchains, Family::V4));
    let filter = Filter::new(&ruleset, &mut analysis.evaluation.conditions.formulas, Formula::TRUE);
    (ruleset, filter)
}

/// The script for iptables.
pub(crate) fn migrated(name: &str, text: Vec<u8>) -> Vec<u8> {
    migration(name, text).0
}

/// The script for iptables, and the original without the commands that are left to a person.
type Migration = (Vec<u8>, Vec<u8>);

/// Migrates each script once for all tests.
fn migration(name: &str, text: Vec<u8>) -> Migration {
    static MIGRATIONS: Mutex<BTreeMap<(String, Vec<u8>), Migration>> = Mutex::new(BTreeMap::new());
    let mut migrations = MIGRATIONS.lock().unwrap_or_else(PoisonError::into_inner);
    let known = migrations.entry((name.to_owned(), text));
    known.or_insert_with_key(|(name, text)| migrate_once(name, text.clone())).clone()
}

fn migrate_once(name: &str, text: Vec<u8>) -> Migration {
    let mut sources = Sources::default();
    let source = Source::new(name, text);
    let trees = [analysis::parse(&source, FileId(0), None)];
    sources.add(source);
    let analysis = analysis::analyse(&sources, &trees, FileId(0), &Settings::default());
    let migration = migrate::migrate(&analysis).unwrap_or_else(|_| panic!("{name} is refused"));
    let mut kept = sources.get(FileId(0)).bytes().to_vec();
    let text = String::from_utf8_lossy(&migration.text);
    let is_left = |item: &&Item| item.person && text.contains(&format!("NOT MIGRATED: {}", item.message));
    for item in migration.items.iter().rev().filter(is_left) {
        let span = item.place.span;
        let range = span.start as usize..span.end as usize;
        // What a here-document holds is then read by nothing.
        let rest =
            kept[range.clone()].windows(2).position(|word| word == b"<<").map_or(range.end, |at| range.start + at);
        let nothing: &[u8] = if name.ends_with(".save") { b"" } else { b": " };
        kept.splice(range.start..rest, nothing.iter().copied());
    }
    (migration.text, kept)
}

/// Whether the kernel did what ipchains did.
fn agrees(expected: &Outcome, packet: &Packet, host: &Host, fate: &Fate) -> bool {
    // To ICMP that is neither request nor reply nobody answers with an ICMP error.
    let answered = !matches!(packet.header, Header::Icmp { kind, .. } if !matches!(kind, 0 | 8 | 13..=18));
    let unchanged = |mark: &u32, tos: u8| expected.mark.is_none_or(|own| own == *mark) && expected.tos == Some(tos);
    match (expected.verdict, fate) {
        (Verdict::Deny, Fate::Dropped) => true,
        (Verdict::Reject(Rejection::LocalError), Fate::Dropped) => true,
        (Verdict::Reject(_), Fate::Dropped) => !answered,
        (Verdict::Reject(Rejection::Unreachable(code)), Fate::Rejected(3, seen)) => code == *seen,
        (Verdict::Accept, Fate::Delivered { mark, packet: seen }) => {
            packet.path == Path::Received
                && unchanged(mark, seen.tos)
                && seen.ports == packet.header.ports()
                && seen.destination == packet.destination
                && expected.destination == Some(packet.destination)
        }
        (Verdict::Accept | Verdict::Masquerade { rewritten: false }, Fate::Sent { mark, packet: seen }) => {
            let forwarded = expected.destination != Some(packet.destination);
            let port = |range: Option<PortRange>, port| range.is_none_or(|own| own == PortRange::single(port));
            (packet.path != Path::Received || forwarded)
                && unchanged(mark, seen.tos)
                && seen
                    .ports
                    .is_none_or(|(from, to)| port(expected.source_port, from) && port(expected.destination_port, to))
                && seen.source == packet.source
                && Some(seen.destination) == expected.destination
        }
        (Verdict::Masquerade { rewritten: true }, Fate::Sent { mark, packet: seen }) => {
            let own = host.address_of(&packet.departure);
            unchanged(mark, seen.tos)
                && Some(seen.source) == own
                && seen.ports.is_none_or(|(from, _)| (61000..=65095).contains(&from))
        }
        (Verdict::Redirect { port }, Fate::Delivered { mark, packet: seen }) => {
            unchanged(mark, seen.tos) && seen.ports.map(|(_, to)| to) == port
        }
        _ => false,
    }
}
