//! What one run of a script for ipchains leaves for the next: as the original had it, so has the migrated one.

use std::fs;
use std::path::Path;

use iptlint::analysis;
use iptlint::eval::Settings;
use iptlint::model::{Dialect, Family};
use iptlint::print;
use iptlint::syntax::Form;
use iptlint::text::{FileId, Source, Sources};

use crate::sandbox::{self, Backend};
use crate::{arguments, file_name, files, migrated, saved, shell};

/// Whether a second run of the original leaves other rules than the first: it empties no chain, or not all that it
/// fills, before it fills them.
pub(crate) fn leaves_more(path: &Path, arguments: &[&str]) -> bool {
    let text = fs::read(path).unwrap();
    // A save file is loaded in place of all rules.
    if !path.to_str().unwrap().contains("/ipchains/") || path.extension().is_none_or(|end| end != "sh") {
        return false;
    }
    let left = |twice| left_by(&sandbox::recorded(&[(file_name(path), &text)], shell(path, &text), arguments, twice));
    saved::more(&left(false), &left(true)).is_some()
}

/// The rules that commands of ipchains leave, as a save file.
fn left_by(commands: &[u8]) -> String {
    let mut sources = Sources::default();
    let source = Source::new("recorded", commands.to_vec());
    let trees = [analysis::parse(&source, FileId(0), Some(Form::Script))];
    sources.add(source);
    let analysis = analysis::analyse(&sources, &trees, FileId(0), &Settings::default());
    analysis.ruleset(Dialect::Ipchains, Family::V4).map(print::ipchains_save).unwrap_or_default()
}

/// The chains of users and the rules in a save file of either kind.
fn contents(saved: &str) -> Vec<&str> {
    let chain = |line: &&str| line.starts_with(':') && line.split(' ').nth(1) == Some("-");
    saved.lines().filter(|line| line.starts_with("-A") || chain(line)).collect()
}

/// Scripts that leave nothing of a firewall when they are told to stop.
const AT_LEAST: usize = 3;

#[test]
fn a_firewall_that_is_stopped_leaves_nothing() {
    if !crate::ready() {
        return;
    }
    let (mut wrong, mut stopped) = (Vec::new(), 0);
    for path in files("ipchains", &["sh"]) {
        let name = file_name(&path);
        if !arguments(name).contains(&["stop"].as_slice()) {
            continue;
        }
        let text = fs::read(&path).unwrap();
        let shell = shell(&path, &text);
        let both = format!("{shell} ./{name} start\n{shell} ./{name} stop\n");
        let runs: [(&str, &[u8]); 2] = [("start-and-stop.sh", both.as_bytes()), (name, &text)];
        if !contents(&left_by(&sandbox::recorded(&runs, "sh", &[], false))).is_empty() {
            continue;
        }
        stopped += 1;
        let new = migrated(&path);
        for backend in Backend::ALL {
            let saved = sandbox::left(&[runs[0], (name, &new)], "sh", backend);
            let left = contents(&saved);
            if !left.is_empty() {
                wrong.push(format!("{name} [{}]: {left:?}", backend.name()));
            }
        }
    }
    let only = std::env::var("ONLY").is_ok();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(stopped >= AT_LEAST || only, "only {stopped} scripts are stopped");
}
