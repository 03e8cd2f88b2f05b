//! Migrated scripts, and the corpus of iptables, loaded into a real kernel.
//!
//! Each script runs in namespaces of its own, with iptables-nft and with iptables-legacy. It must
//! run without complaint, and what `iptables-save` then prints must be what `iptlint rules` says
//! would be loaded. Without root or iptables these tests are skipped, unless the environment
//! variable `IPTLINT_REQUIRE_KERNEL` is 1.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod at_run_time;
mod compare;
#[path = "../random/dice.rs"]
mod dice;
mod driver;
mod known;
mod pattern;
mod random_words;
mod runs;
mod sandbox;
mod saved;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use iptlint::analysis::{self, Analysis};
use iptlint::eval::{Program, Settings};
use iptlint::model::{Dialect, Family, Ruleset};
use iptlint::syntax::{Form, Tree};
use iptlint::text::{FileId, Source, Sources};

use known::Known;
use sandbox::{Backend, Outcome};

/// Arguments that scripts know, beside none at all.
const ARGUMENTS: &[(&str, &[&[&str]])] = &[
    ("action-in-variable.sh", &[&["start"]]),
    ("bulwark-config-driven.sh", &[&["start"], &["restart"], &["stop"], &["status"], &["test"]]),
    ("echo-and-eval-wrapper.sh", &[&[], &["-v"], &["-n"]]),
    ("guest-chains-state.sh", &[&["start"], &["stop"], &["status"]]),
    ("init-script.sh", &[&["start"], &["restart"], &["stop"], &["status"], &["panic"]]),
    ("isp-router-accounting.sh", &[&["setup"]]),
    ("settings-may-change.sh", &[&["start"], &["restart"], &["stop"]]),
    ("save-and-restore.sh", &[&["new"], &["keep"], &["closed"]]),
];

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

/// Something that is not as it should be.
#[derive(Clone)]
struct Wrong {
    run: String,
    backend: Backend,
    what: String,
}

/// The files of a folder of the corpus with one of the endings; those whose path has $ONLY in it where that is set.
fn files(folder: &str, endings: &[&str]) -> Vec<PathBuf> {
    let paths = fs::read_dir(corpus().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    let wanted = |path: &PathBuf| path.extension().is_some_and(|end| endings.iter().any(|wanted| end == *wanted));
    let only = std::env::var("ONLY").unwrap_or_default();
    let mut found: Vec<PathBuf> = paths.filter(wanted).filter(|path| path.to_str().unwrap().contains(&only)).collect();
    found.sort();
    found
}

fn file_name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

/// Whether tests of the kernel can run; says why not, which is a failure where they must.
#[allow(clippy::print_stdout, reason = "a skipped test must be seen in its output")]
fn ready() -> bool {
    let missing = sandbox::missing();
    if let Some(why) = &missing {
        let required = std::env::var("IPTLINT_REQUIRE_KERNEL").is_ok_and(|value| value == "1");
        assert!(!required, "{why}");
        println!("skipped: {why}");
    }
    missing.is_none()
}

/// Everything that scripts read below `/etc`, as the sources behind the script itself.
fn sources(name: &str, text: &[u8]) -> (Sources, Vec<Tree>) {
    let (mut sources, mut trees) = (Sources::default(), Vec::new());
    let mut add = |source: Source, form| {
        trees.push(analysis::parse(&source, FileId(trees.len() as u32), form));
        sources.add(source);
    };
    add(Source::new(name, text.to_vec()), None);
    let mut left = vec![corpus().join("etc")];
    while let Some(path) = left.pop() {
        if path.is_dir() {
            left.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            let shown = Path::new("/").join(path.strip_prefix(corpus()).unwrap());
            add(Source::new(shown.to_str().unwrap(), fs::read(&path).unwrap()), Some(Form::Script));
        }
    }
    (sources, trees)
}

/// What is known of a script that is run with these arguments.
fn analysed<T>(name: &str, text: &[u8], arguments: &[&str], use_it: impl FnOnce(Analysis<'_>) -> T) -> T {
    let (sources, trees) = sources(name, text);
    let find = |path: &str| sources.iter().find(|(_, source)| source.path() == path).map(|(file, _)| file);
    let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    // As for the program, none given is none known.
    let arguments = (!arguments.is_empty()).then_some(arguments);
    let settings = Settings { arguments, follow: Some(&find), ..Settings::default() };
    use_it(analysis::analyse(&sources, &trees, FileId(0), &settings))
}

/// The script for iptables; each is migrated once for all tests.
fn migrated(path: &Path) -> Vec<u8> {
    static MIGRATIONS: Mutex<BTreeMap<PathBuf, Vec<u8>>> = Mutex::new(BTreeMap::new());
    let mut migrations = MIGRATIONS.lock().unwrap_or_else(PoisonError::into_inner);
    migrations.entry(path.to_owned()).or_insert_with_key(|path| migrate_once(path)).clone()
}

fn migrate_once(path: &Path) -> Vec<u8> {
    let (sources, trees) = sources(file_name(path), &fs::read(path).unwrap());
    let analysis = analysis::analyse(&sources, &trees[..1], FileId(0), &Settings::default());
    iptlint::migrate::migrate(&analysis).unwrap_or_else(|_| panic!("{} is refused", path.display())).text
}

/// What runs a file: the shell of its first line.
fn shell(path: &Path, text: &[u8]) -> &'static str {
    let first = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let bash = String::from_utf8_lossy(first).contains("bash");
    match path.extension().and_then(|end| end.to_str()) {
        Some("rules" | "save") => "iptables-restore",
        _ if bash => "bash",
        _ => "sh",
    }
}

fn arguments(name: &str) -> &'static [&'static [&'static str]] {
    ARGUMENTS.iter().find(|(known, _)| *known == name).map_or(&[&[]], |(_, arguments)| arguments)
}

/// Runs a script in every way, and collects what is wrong.
fn check(path: &Path, text: &[u8], backend: Backend) -> Vec<Wrong> {
    let name = file_name(path);
    let mut wrong = Vec::new();
    for arguments in arguments(name) {
        let outcome = sandbox::run(name, text, shell(path, text), arguments, backend);
        let mut found = complaints(&outcome);
        found.extend(analysed(name, text, arguments, |analysis| compare_all(analysis, &outcome)));
        let again = outcome.saved.iter().zip(&outcome.again).filter_map(|(once, twice)| saved::more(once, twice));
        found.extend(again.filter(|_| !runs::leaves_more(path, arguments)));
        let run = format!("{name} {}", arguments.join(" ")).trim_end().to_owned();
        wrong.extend(found.into_iter().map(|what| Wrong { run: run.clone(), backend, what }));
    }
    wrong
}

/// What iptables said, and what came after it.
fn complaints(outcome: &Outcome) -> Vec<String> {
    let programs = ["iptables", "ip6tables", "ipchains", "ipmasqadm", "Bad argument", "xtables"];
    let lines = outcome.err.lines().filter(|line| programs.iter().any(|program| line.contains(program)));
    let mut found: Vec<String> = lines
        .filter(|line| !line.starts_with("Try `") && !line.starts_with("Look at manual"))
        .map(|line| format!("it says: {line}"))
        .collect();
    found.sort();
    found.dedup();
    if outcome.status != "0" {
        found.push(format!("exit status {}", outcome.status));
    }
    found
}

fn compare_all(mut analysis: Analysis<'_>, outcome: &Outcome) -> Vec<String> {
    let mut found = Vec::new();
    let open = analysis.uses(Program::FromIpchains);
    let rulesets = std::mem::take(&mut analysis.rulesets);
    let listed = saved::listed(&outcome.listed);
    for (number, family) in [Family::V4, Family::V6].into_iter().enumerate() {
        let fresh = Ruleset::new(Dialect::Iptables, family);
        let ruleset = rulesets.iter().find(|own| own.dialect == Dialect::Iptables && own.family == family);
        let formulas = &mut analysis.evaluation.conditions.formulas;
        let (listed, held) = (&listed[number], saved::read(&outcome.saved[number]));
        found.extend(compare::difference(ruleset.unwrap_or(&fresh), formulas, listed, &held, open).err());
    }
    found
}

/// Runs all scripts with both back ends; what is wrong is what the table of known things expects, and all of that.
fn check_all(paths: &[PathBuf], text: impl Fn(&Path) -> Vec<u8> + Sync, known: &[Known]) {
    if !ready() {
        return;
    }
    let all = |backend| {
        move |text: &dyn Fn(&Path) -> Vec<u8>| -> Vec<Wrong> {
            paths.iter().flat_map(|path| check(path, &text(path), backend)).collect()
        }
    };
    let found = std::thread::scope(|scope| {
        let nft = scope.spawn(|| all(Backend::Nft)(&text));
        let legacy = all(Backend::Legacy)(&text);
        [nft.join().unwrap(), legacy].concat()
    });
    let mut wrong: Vec<String> = found
        .iter()
        .filter(|wrong| !known.iter().any(|known| known.is(&wrong.run, &wrong.what)))
        .map(|wrong| format!("{} [{}]: {}", wrong.run, wrong.backend.name(), wrong.what))
        .collect();
    let stale =
        known.iter().filter(|known| !known.machine && !found.iter().any(|wrong| known.is(&wrong.run, &wrong.what)));
    if std::env::var("ONLY").is_err() {
        wrong
            .extend(stale.map(|known| format!("{}: no longer so, take it out of known.rs: {}", known.run, known.what)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn migrated_scripts_load() {
    check_all(&files("ipchains", &["sh", "save"]), migrated, known::MIGRATED);
}

#[test]
fn scripts_for_iptables_load() {
    check_all(&files("iptables", &["sh", "rules"]), |path| fs::read(path).unwrap(), known::IPTABLES);
}

/// Scripts of which every run leaves the same rules.
const RESTORED: [&str; 3] = ["icmp-by-type.sh", "terminal-listing.sh", "type-of-service.sh"];

#[test]
fn rules_for_iptables_restore_load_with_their_comments() {
    if !ready() {
        return;
    }
    let (mut wrong, mut comments) = (Vec::new(), 0);
    for name in RESTORED {
        let path = corpus().join("ipchains").join(name);
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_iptmigrate"));
        let output = command.args(["--emit", "restore", "--comments"]).arg(&path).output().unwrap();
        let text = output.stdout;
        assert!(!text.is_empty(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        for backend in sandbox::Backend::ALL {
            let outcome = sandbox::run("rules", &text, "iptables-restore", &[], backend);
            comments += outcome.saved[0].matches("-m comment --comment").count();
            wrong.extend(complaints(&outcome).into_iter().map(|what| format!("{name} [{}]: {what}", backend.name())));
            let rules = |text: &str| text.lines().filter(|line| line.starts_with("-A")).count();
            if rules(&outcome.saved[0]) != rules(&String::from_utf8_lossy(&text)) {
                wrong.push(format!("{name} [{}]: not all rules are there", backend.name()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(comments > 0, "no comment is kept");
}
