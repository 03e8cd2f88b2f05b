//! Scripts whose words are only read when they run: what they leave in the kernel is compared for every packet with
//! what the script says in ipchains with the words that are read.
//!
//! The cases are in `tests/data/at_run_time.txt`.

use std::fs;
use std::process::Command;

use crate::sandbox::{self, Backend};
use crate::{analysed, ready};

const CASES: &str = include_str!("../data/at_run_time.txt");

/// What every script begins with.
const HEAD: &str = "ipchains -F\nipchains -P input DENY\nipchains -P forward DENY\n";

/// A script with what it reads when it runs.
pub(crate) struct Case<'a> {
    pub(crate) title: &'a str,
    /// What the file says that it sources.
    pub(crate) settings: String,
    pub(crate) script: String,
    /// The lines of the file `./list`.
    pub(crate) list: String,
}

fn cases() -> Vec<Case<'static>> {
    let case = |text: &'static str| {
        let (title, rest) = text.split_once('\n').unwrap();
        let mut parts = vec![String::new()];
        for line in rest.lines().filter(|line| !line.is_empty()) {
            match line {
                "--" => parts.push(String::new()),
                line => parts.last_mut().unwrap().push_str(&format!("{line}\n")),
            }
        }
        let mut parts = parts.into_iter();
        let mut next = || parts.next().unwrap_or_default();
        Case { title, settings: next(), script: next(), list: next() }
    };
    CASES.split("\n= ").skip(1).map(case).collect()
}

/// What is wrong with one case.
pub(crate) fn wrong(case: &Case<'_>, number: usize, backend: Backend) -> Option<String> {
    let unknown = format!("#!/bin/sh\n. ./settings\n{HEAD}{}", case.script);
    let known = case.script.replace("< ./list", &format!("<<END\n{}END", case.list));
    let known = format!("#!/bin/sh\n{}{HEAD}{known}", case.settings);
    let name = format!("at-run-time-{number}");
    let migrate = |analysis: iptlint::analysis::Analysis<'_>| {
        iptlint::migrate::migrate(&analysis).unwrap_or_else(|_| panic!()).text
    };
    let migrated = analysed(&name, unknown.as_bytes(), &[], migrate);
    let files =
        [(name.as_str(), migrated.as_slice()), ("settings", case.settings.as_bytes()), ("list", case.list.as_bytes())];
    let left = sandbox::left(&files, ["sh", "bash"][number % 2], backend);
    let directory = std::env::temp_dir().join(format!("{name}-{}-{}", backend.name(), std::process::id()));
    fs::create_dir_all(&directory).unwrap();
    let (old, new) = (directory.join("known.sh"), directory.join("left.rules"));
    fs::write(&old, known).unwrap();
    fs::write(&new, left).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_iptlint")).arg("compare").args([&old, &new]).output().unwrap();
    fs::remove_dir_all(&directory).unwrap();
    let answer = String::from_utf8_lossy(&output.stdout).into_owned();
    (!answer.starts_with("equal for all packets")).then(|| format!("{} [{}]: {answer}", case.title, backend.name()))
}

#[test]
fn words_that_are_read_when_the_script_runs_do_what_they_say() {
    if !ready() {
        return;
    }
    let all =
        |backend| cases().iter().enumerate().filter_map(|(at, case)| wrong(case, at, backend)).collect::<Vec<_>>();
    let found = std::thread::scope(|scope| {
        let nft = scope.spawn(|| all(Backend::Nft));
        let legacy = all(Backend::Legacy);
        [nft.join().unwrap(), legacy].concat()
    });
    assert!(found.is_empty(), "{}", found.join("\n"));
}
