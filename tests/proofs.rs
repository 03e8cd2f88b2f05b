//! What logic lints claim and what safe fixes promise, proved for all packets by the verifier.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use iptlint::analysis::{self, Analysis};
use iptlint::diag::{Applicability, Diagnostic};
use iptlint::eval::Settings;
use iptlint::lint::{self, Category, Facts, LINTS, Lint, Preset, Selection};
use iptlint::packet::Kernel;
use iptlint::syntax::{Kind, Tree};
use iptlint::text::{Edit, Edits, FileId, Place, Source, Sources};
use iptlint::verify::{self, Proof};

/// Every file of the corpus that is judged, in the order of the paths.
fn files() -> Vec<PathBuf> {
    let corpus = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let folders = ["ipchains", "iptables", "lint"].map(|name| fs::read_dir(corpus.join(name)).unwrap());
    let mut files: Vec<PathBuf> = folders.into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn read(path: &Path, bytes: Vec<u8>) -> (Sources, Vec<Tree>) {
    let mut sources = Sources::default();
    let source = Source::new(path.file_name().unwrap().to_str().unwrap(), bytes);
    let trees = vec![analysis::parse(&source, FileId(0), None)];
    sources.add(source);
    (sources, trees)
}

fn analyse((sources, trees): &(Sources, Vec<Tree>)) -> Analysis<'_> {
    analysis::analyse(sources, trees, FileId(0), &Settings::default())
}

/// As the programs read it when it was written.
fn as_meant((sources, trees): &(Sources, Vec<Tree>)) -> Analysis<'_> {
    analysis::analyse_as_meant(sources, trees, FileId(0), &Settings::default())
}

fn compare(left: &(Sources, Vec<Tree>), right: &(Sources, Vec<Tree>)) -> Proof {
    verify::compare(&mut as_meant(left), &mut as_meant(right), Kernel::V2_2)
}

/// All findings of all lints.
fn findings(file: &(Sources, Vec<Tree>)) -> Vec<Diagnostic> {
    lint::judge(&mut analyse(file), &Selection::of(Preset::All), &Facts::default()).findings
}

fn is_logic(finding: &Diagnostic) -> bool {
    Lint::named(finding.code).unwrap().category == Category::Logic
}

/// The edit that takes a command out of a script, or a line out of a save file.
fn without(tree: &Tree, place: Place) -> Edit {
    let simple = tree.root().walk().any(|node| node.kind == Kind::Simple && node.span == place.span);
    Edit::replace(place.span, if simple { ":" } else { "" })
}

/// What may go if the finding is true: the rule, or all rules of the chain.
fn needless(file: &(Sources, Vec<Tree>), finding: &Diagnostic) -> Vec<Edit> {
    let tree = &file.1[0];
    let places = match finding.code {
        "unused-chain" | "unreachable-chain" => {
            let analysis = analyse(file);
            let chains = analysis.rulesets.iter().flat_map(|own| &own.tables).flat_map(|table| &table.chains);
            let own = chains.filter(|chain| {
                chain.place == Some(finding.place)
                    || chain.entries.first().is_some_and(|entry| entry.rule.place == finding.place)
            });
            own.flat_map(|chain| &chain.entries).map(|entry| entry.rule.place).collect()
        }
        // The kernel refuses the rule that closes a loop; there is nothing to compare.
        "chain-loop" => Vec::new(),
        // The match goes, and the rest of the command stays.
        "redundant-match" => return vec![Edit::replace(finding.place.span, "")],
        "unused-policy" => return turned(file, finding.place),
        _ => vec![finding.place],
    };
    places.into_iter().filter(|place| place.file == FileId(0)).map(|place| without(tree, place)).collect()
}

/// The policy at `place` turned into its opposite, where it is written in the command.
fn turned(file: &(Sources, Vec<Tree>), place: Place) -> Vec<Edit> {
    let text = file.0.text(place).into_owned();
    let closed = if text.contains("ipchains") { "DENY" } else { "DROP" };
    let opposites = [("ACCEPT", closed), ("DENY", "ACCEPT"), ("DROP", "ACCEPT"), ("REJECT", "ACCEPT")];
    let found = opposites.into_iter().find(|(old, _)| text.ends_with(old) || text.contains(&format!("{old} ")));
    found.map(|(old, new)| Edit::replace(place.span, text.replace(old, new))).into_iter().collect()
}

fn edited(file: &(Sources, Vec<Tree>), path: &Path, edits: Vec<Edit>) -> (Sources, Vec<Tree>) {
    let mut all = Edits::default();
    // Two findings may take the same rule away.
    for edit in edits {
        let _ = all.add(edit);
    }
    read(path, all.apply(file.0.get(FileId(0))))
}

/// Whether the verifier can tell anything of the file: it is at least equal to itself with a rule that only counts,
/// for which all packets have to be looked at.
fn can_be_told(file: &(Sources, Vec<Tree>)) -> bool {
    let source = file.0.get(FileId(0));
    let text = String::from_utf8_lossy(source.bytes());
    let counting = match text.rsplit_once("\nCOMMIT\n") {
        Some((rules, rest)) => format!("{rules}\n-I INPUT\nCOMMIT\n{rest}"),
        None => format!("{text}\niptables -I INPUT\n"),
    };
    matches!(compare(file, &read(Path::new(source.path()), counting.into_bytes())), Proof::Equal { .. })
}

/// Asserts that nothing changes, and says whether it was proved.
fn proved(original: &(Sources, Vec<Tree>), changed: &(Sources, Vec<Tree>), what: &str) -> bool {
    match compare(original, changed) {
        Proof::Equal { .. } => true,
        Proof::Different { differences } => panic!("{what}: {}", differences[0].set),
        Proof::NotDecided { reasons } => {
            assert!(!can_be_told(original), "{what}: {}", reasons.join("; "));
            false
        }
    }
}

#[test]
fn what_logic_lints_call_needless_changes_nothing() {
    let mut told = BTreeSet::new();
    for path in files() {
        let file = read(&path, fs::read(&path).unwrap());
        for finding in findings(&file).iter().filter(|finding| is_logic(finding)) {
            let edits = needless(&file, finding);
            let line = file.0.get(FileId(0)).line(finding.place.span.start);
            let what = format!("{}:{line}: {}", path.display(), finding.code);
            let changed = edited(&file, &path, edits.clone());
            // A chain that nothing jumps to any more can be deleted, and commands behind do what they could not.
            let others = analyse(&file).refusals.len() != analyse(&changed).refusals.len();
            if !edits.is_empty() && !others && proved(&file, &changed, &what) {
                told.insert(finding.code);
            }
        }
    }
    let logic = LINTS.iter().filter(|lint| lint.category == Category::Logic && lint.name != "chain-loop");
    assert_eq!(told, logic.map(|lint| lint.name).collect(), "each lint is proved somewhere");
}

#[test]
fn dead_rules_may_be_deleted_together() {
    let (mut told, mut deleted) = (0, 0);
    for path in files() {
        let file = read(&path, fs::read(&path).unwrap());
        let findings = findings(&file);
        let fixes = findings.iter().filter(|finding| is_logic(finding)).flat_map(|finding| &finding.fixes);
        let edits: Vec<Edit> = fixes.flat_map(|fix| fix.edits.clone()).collect();
        let what = format!("{}: all dead rules", path.display());
        if !edits.is_empty() && proved(&file, &edited(&file, &path, edits.clone()), &what) {
            (told, deleted) = (told + 1, deleted + edits.len());
        }
    }
    assert!(told >= 10 && deleted >= 20, "{told} {deleted}");
}

#[test]
fn safe_fixes_change_the_fate_of_no_packet() {
    let mut told = BTreeSet::new();
    for path in files() {
        let file = read(&path, fs::read(&path).unwrap());
        let findings = findings(&file);
        let safe =
            |finding: &&Diagnostic| finding.fixes.first().is_some_and(|fix| fix.applicability == Applicability::Safe);
        let (mut edits, mut codes) = (Vec::new(), BTreeSet::new());
        for finding in findings.iter().filter(safe) {
            edits.extend(finding.fixes[0].edits.clone());
            codes.insert(finding.code);
        }
        let what = format!("{}: {codes:?}", path.display());
        if !edits.is_empty() && proved(&file, &edited(&file, &path, edits), &what) {
            told.append(&mut codes);
        }
    }
    assert_eq!(
        told,
        BTreeSet::from(["abbreviated-option", "bare-limit", "old-negation", "redundant-match", "state-match"])
    );
}
