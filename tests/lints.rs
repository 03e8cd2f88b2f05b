//! Each lint against its fixture and its documentation.
//!
//! In a fixture a comment `# expect: NAME` stands above the line of each finding; a finding
//! without a mark and a mark without a finding both fail. Snapshots hold wording and fixes.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use iptlint::analysis;
use iptlint::diag::Diagnostic;
use iptlint::eval::Settings;
use iptlint::lint::{self, Facts, LINTS, Lint, Selection, Selector};
use iptlint::report::{Checked, concise::concise};
use iptlint::text::{Edits, FileId, Source, Sources};

fn corpus() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

/// The findings of `bytes`, a file of the lint `name`, which is on in any case.
fn check(name: &str, bytes: Vec<u8>) -> Checked {
    let mut selection = Selection::default();
    let own = name.split('.').next().and_then(Selector::parse);
    own.into_iter().for_each(|selector| selection.add(selector));
    let mut sources = Sources::default();
    let source = Source::new(name, bytes);
    let tree = analysis::parse(&source, FileId(0), None);
    sources.add(source);
    let findings = {
        let mut analysis = analysis::analyse(&sources, std::slice::from_ref(&tree), FileId(0), &Settings::default());
        lint::judge(&mut analysis, &selection, &Facts::default()).findings
    };
    Checked { sources, file: FileId(0), dialect: "", complete: true, findings, suppressed: 0, baselined: 0 }
}

/// Line and name of each finding.
fn found(checked: &Checked) -> BTreeSet<(usize, String)> {
    let source = checked.sources.get(checked.file);
    let line = |finding: &Diagnostic| source.line(finding.place.span.start);
    checked.findings.iter().map(|finding| (line(finding), finding.code.to_owned())).collect()
}

/// Line and name of each mark; the line is the next one that is no mark itself.
fn expected(text: &str) -> BTreeSet<(usize, String)> {
    let lines: Vec<&str> = text.lines().collect();
    let mark = |line: &str| line.trim().strip_prefix("# expect: ").map(str::to_owned);
    let marks = lines.iter().enumerate().filter_map(|(at, line)| Some((at, mark(line)?)));
    let target = |at: usize| lines.iter().skip(at).position(|line| mark(line).is_none()).map(|more| at + more + 1);
    // Behind a command a mark is for its own line.
    let behind = |line: &str| {
        line.split_once("  # expect: ").filter(|(own, _)| !own.is_empty()).map(|(_, name)| name.to_owned())
    };
    let own = lines.iter().enumerate().filter_map(|(at, line)| Some((at + 1, behind(line)?)));
    marks.filter_map(|(at, name)| Some((target(at)?, name))).chain(own).collect()
}

/// The file with the preferred fix of every finding applied.
fn fixed(checked: &Checked) -> Option<String> {
    let mut edits = Edits::default();
    for fix in checked.findings.iter().filter_map(|finding| finding.fixes.first()) {
        edits.add_all(fix.edits.clone()).expect("fixes of one file do not overlap");
    }
    let text = String::from_utf8_lossy(&edits.apply(checked.sources.get(checked.file))).into_owned();
    (!edits.is_empty()).then_some(text)
}

/// A script, a part of one, a save file, or several of these.
fn fixtures(lint: &Lint) -> Vec<PathBuf> {
    let files = ["sh", "part.sh", "rules"].map(|end| corpus().join("lint").join(format!("{}.{end}", lint.name)));
    let found: Vec<PathBuf> = files.into_iter().filter(|file| file.exists()).collect();
    assert!(!found.is_empty(), "corpus/lint has no fixture for {}", lint.name);
    found
}

#[test]
fn every_fixture_has_its_findings_and_no_others() {
    let mut wrong = Vec::new();
    for (lint, path) in LINTS.iter().flat_map(|lint| fixtures(lint).into_iter().map(move |path| (lint, path))) {
        let bytes = fs::read(&path).unwrap();
        let marks = expected(&String::from_utf8_lossy(&bytes));
        assert!(marks.iter().any(|(_, name)| name == lint.name), "{} has no mark of its own", lint.name);
        let findings = found(&check(lint.name, bytes));
        wrong.extend(marks.difference(&findings).map(|(line, name)| format!("{}:{line}: no {name}", path.display())));
        wrong.extend(
            findings.difference(&marks).map(|(line, name)| format!("{}:{line}: {name} comes up", path.display())),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_fixture_belongs_to_a_lint() {
    for entry in fs::read_dir(corpus().join("lint")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().split('.').next().unwrap();
        assert!(Lint::named(name).is_some(), "{}", path.display());
    }
}

#[test]
fn wording_and_fixes() {
    for (lint, path) in LINTS.iter().flat_map(|lint| fixtures(lint).into_iter().enumerate().map(move |own| (lint, own)))
    {
        let (number, path) = path;
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let checked = check(&name, fs::read(&path).unwrap());
        let mut text = concise(std::slice::from_ref(&checked));
        if let Some(fixed) = fixed(&checked) {
            text.push_str("\nfixed:\n");
            text.push_str(&fixed);
        }
        let kind = name.trim_start_matches(lint.name).trim_end_matches(".sh").replace('.', "-");
        let kind = if number == 0 { "" } else { &kind };
        insta::assert_snapshot!(format!("lint-{}{kind}", lint.name), text);
    }
}

#[test]
fn a_fix_takes_its_finding_away_and_brings_no_other() {
    for lint in LINTS {
        let all: Vec<Checked> = fixtures(lint).iter().map(|path| check(lint.name, fs::read(path).unwrap())).collect();
        let findings = all.iter().flat_map(|checked| &checked.findings);
        let fixable = findings.filter(|finding| finding.code == lint.name && !finding.fixes.is_empty()).count() > 0;
        assert_eq!(fixable, lint.fixable, "{}", lint.name);
        all.iter().for_each(|checked| takes_its_finding_away(lint, checked));
    }
}

fn takes_its_finding_away(lint: &Lint, checked: &Checked) {
    let Some(text) = fixed(checked) else { return };
    let left = check(lint.name, text.into_bytes());
    let unfixed = checked.findings.iter().filter(|finding| finding.fixes.is_empty()).count();
    assert!(left.findings.iter().all(|finding| finding.fixes.is_empty()), "{}", lint.name);
    let shown = concise(std::slice::from_ref(&left));
    assert!(left.findings.len() <= unfixed, "{}: {:?}\n{shown}", lint.name, found(&left));
}

/// The fenced block under `heading`.
fn example(lint: &Lint, heading: &str) -> String {
    let lines = lint.docs.lines().map(|line| line.strip_prefix(' ').unwrap_or(line));
    let block = lines.skip_while(|line| *line != heading).skip_while(|line| !line.starts_with("```")).skip(1);
    let block = block.take_while(|line| !line.starts_with("```")).map(|line| format!("{line}\n"));
    // What nobody would see on the page is shown by a sign.
    block.collect::<String>().replace('␍', "\r").replace("<BOM>", "\u{FEFF}")
}

#[test]
fn the_example_is_flagged_and_what_to_use_instead_is_not() {
    for lint in LINTS {
        let bad = check(lint.name, example(lint, "# Example").into_bytes());
        let codes: BTreeSet<&str> = bad.findings.iter().map(|finding| finding.code).collect();
        assert_eq!(codes, BTreeSet::from([lint.name]), "{}", concise(std::slice::from_ref(&bad)));
        let good = check(lint.name, example(lint, "# Use instead").into_bytes());
        assert!(!good.sources.get(good.file).bytes().is_empty(), "{}", lint.name);
        assert!(good.findings.is_empty(), "{}", concise(std::slice::from_ref(&good)));
    }
}
