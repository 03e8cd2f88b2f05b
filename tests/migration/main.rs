//! `iptmigrate` over the whole corpus: what it prints, that it is still a script, and its options.
//!
//! Snapshots hold report and output of every ipchains script. The function that migrated scripts
//! bring along is left out of them; it has tests of its own.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

#[path = "../random/dice.rs"]
mod dice;
mod documents;
mod options;
mod own_addresses;
mod random;
mod runs;
mod shells;
mod words;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use iptlint::analysis;
use iptlint::eval::{Program, Settings};
use iptlint::text::{FileId, Source, Sources};

/// Files of the corpus for iptables that have ipchains commands as well.
const FOR_BOTH: [&str; 1] = ["corpus/iptables/both-modules.sh"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The files of a folder of the corpus, by their path from the root of the project.
fn files(folder: &str) -> Vec<String> {
    let paths = fs::read_dir(root().join("corpus").join(folder)).unwrap().map(|entry| entry.unwrap().path());
    let name = |path: PathBuf| path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
    let mut found: Vec<String> = paths.map(name).collect();
    found.sort();
    found
}

fn read(path: &str) -> Vec<u8> {
    fs::read(root().join(path)).unwrap()
}

/// What `iptmigrate` does with a script of the corpus; it runs once for all tests.
fn migrated(path: &str) -> &'static Output {
    static OUTPUTS: LazyLock<BTreeMap<String, Output>> =
        LazyLock::new(|| files("ipchains").into_iter().map(|path| (path.clone(), iptmigrate(&[path]))).collect());
    &OUTPUTS[path]
}

/// Runs `iptmigrate` in the root of the project.
fn iptmigrate<A: AsRef<std::ffi::OsStr>>(arguments: &[A]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_iptmigrate"));
    command.current_dir(root()).args(arguments).env_remove("NO_COLOR").output().unwrap()
}

fn status(output: &Output) -> i32 {
    output.status.code().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A file with `text`, in a directory of its own that goes with the returned value.
fn temporary(name: &str, text: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(name);
    fs::write(&path, text).unwrap();
    (directory, path)
}

/// The programs that a script runs, or may run.
fn programs(bytes: Vec<u8>) -> Vec<Program> {
    let mut sources = Sources::default();
    let source = Source::new("migrated", bytes);
    let tree = analysis::parse(&source, FileId(0), None);
    sources.add(source);
    let analysis = analysis::analyse(&sources, std::slice::from_ref(&tree), FileId(0), &Settings::default());
    analysis.invocations().map(|(_, _, invocation)| invocation.program).collect()
}

/// The output with what cannot be seen made visible.
fn shown(output: &Output) -> String {
    let script = text(&output.stdout).replace('\r', "\\r");
    format!("exit status {}\n{}\n{script}", status(output), text(&output.stderr))
}

#[test]
fn report_and_output_of_every_script() {
    for path in files("ipchains") {
        let name = path.trim_start_matches("corpus/").replace('/', "-");
        insta::assert_snapshot!(name, shown(migrated(&path)));
    }
}

#[test]
fn a_script_for_iptables_passes_through_unchanged() {
    for path in files("iptables").iter().filter(|path| !FOR_BOTH.contains(&path.as_str())) {
        let output = iptmigrate(&[path]);
        assert!(output.stdout == read(path), "{path} is changed");
        assert_eq!((status(&output), text(&output.stderr).as_str()), (0, ""), "{path}");
    }
}

#[test]
fn the_output_has_no_command_of_ipchains() {
    let old = [Program::Ipchains, Program::IpchainsSave, Program::IpchainsRestore, Program::Ipmasqadm];
    for path in files("ipchains") {
        let found = programs(migrated(&path).stdout.clone());
        assert!(!found.iter().any(|program| old.contains(program)), "{path}");
    }
}

#[test]
fn migrating_the_output_again_changes_nothing() {
    let mut wrong = Vec::new();
    for path in files("ipchains") {
        let output = migrated(&path);
        let (_directory, again) = temporary("again", &output.stdout);
        let again = iptmigrate(&[again]);
        if again.stdout != output.stdout || status(&again) != 0 {
            wrong.push(format!("{path}: {}{}", status(&again), text(&again.stderr)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The last line of the report, where it says what is proved.
fn proof(path: &str, report: &str) -> Option<String> {
    let last = report.lines().last()?.strip_prefix(&format!("{path}: "))?;
    ["equal for all packets", "not equal: ", "not decided: "]
        .iter()
        .any(|begin| last.starts_with(begin))
        .then(|| last.to_owned())
}

#[test]
fn the_exit_status_says_whether_a_person_is_needed() {
    for path in files("ipchains") {
        let output = migrated(&path);
        let report = text(&output.stderr);
        let proof = proof(&path, &report).unwrap_or_else(|| panic!("{path}: {report}"));
        let person = report.lines().any(|line| line.contains(": not migrated: "));
        assert_eq!(status(output), i32::from(person || !proof.starts_with("equal")), "{path}: {proof}");
    }
}

#[test]
fn every_line_of_the_report_has_a_place_in_the_old_script() {
    for path in files("ipchains") {
        let count = text(&read(&path)).lines().count();
        let report = text(&migrated(&path).stderr);
        let items = report.lines().take_while(|line| *line != "not equal").collect::<Vec<_>>();
        let proof = proof(&path, &report);
        for line in items.into_iter().filter(|line| proof.as_ref().is_none_or(|proof| !line.ends_with(proof))) {
            let rest = line.strip_prefix(&format!("{path}:")).unwrap_or_else(|| panic!("{path}: {line}"));
            let number: usize = rest.split(':').next().unwrap().parse().unwrap();
            assert!((1..=count).contains(&number), "{line}");
        }
    }
}
