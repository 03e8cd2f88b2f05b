//! Every file of the corpus: nothing of it is lost, nothing in it makes the library fail,
//! and what is found in it is what a person would want to hear.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};

use iptlint::analysis;
use iptlint::eval::Settings;
use iptlint::lint;
use iptlint::report::{Checked, concise::concise, human::human, json::json};
use iptlint::text::{FileId, Source, Sources};

fn corpus() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

/// The scripts and save files, by their path in the corpus.
fn inputs() -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    collect(&corpus(), &mut found);
    found.sort();
    assert!(found.len() > 60, "the corpus is not there");
    found
}

fn collect(directory: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|end| end == "sh" || end == "save" || end == "rules") {
            let name = path.strip_prefix(corpus()).unwrap().to_str().unwrap().to_owned();
            found.push((name, fs::read(path).unwrap()));
        }
    }
}

fn check(name: &str, bytes: Vec<u8>) -> Checked {
    let mut sources = Sources::default();
    let source = Source::new(name, bytes);
    let tree = analysis::parse(&source, FileId(0), None);
    sources.add(source);
    let findings = {
        let mut analysis = analysis::analyse(&sources, std::slice::from_ref(&tree), FileId(0), &Settings::default());
        lint::check(&mut analysis)
    };
    Checked { sources, file: FileId(0), dialect: "iptables-sh", complete: true, findings, suppressed: 0, baselined: 0 }
}

#[test]
fn the_leaves_of_a_tree_tile_its_file() {
    for (name, bytes) in inputs() {
        let source = Source::new(&*name, bytes.clone());
        let tree = analysis::parse(&source, FileId(0), None);
        let mut at = 0;
        for leaf in tree.root().leaves() {
            assert_eq!(leaf.span.start, at, "{name}: a gap or an overlap at byte {at}");
            at = leaf.span.end;
        }
        assert_eq!(at as usize, bytes.len(), "{name}");
        assert!(tree.root().print(&source) == bytes, "{name} is not printed as it is");
    }
}

#[test]
fn bytes_that_no_text_has_are_kept() {
    for (name, mut bytes) in inputs() {
        let places: Vec<usize> = cuts(&bytes, 20).collect();
        places.into_iter().rev().for_each(|at| bytes.insert(at, 0));
        let source = Source::new(&*name, bytes.clone());
        let tree = analysis::parse(&source, FileId(0), None);
        assert!(tree.root().print(&source) == bytes, "{name} with NUL bytes is not printed as it is");
        check(&name, bytes);
    }
}

#[test]
fn findings_of_the_corpus() {
    for (name, bytes) in inputs().into_iter().filter(|(name, _)| !name.starts_with("lint/")) {
        let text = concise(&[check(&name, bytes)]);
        insta::assert_snapshot!(name.replace('/', "-"), text);
    }
}

/// What a parser says under a name that no lint bears would be lost.
#[test]
fn every_problem_belongs_to_a_lint() {
    for (name, bytes) in inputs() {
        let mut sources = Sources::default();
        let source = Source::new(&*name, bytes);
        let trees = [analysis::parse(&source, FileId(0), None)];
        sources.add(source);
        let analysis = analysis::analyse(&sources, &trees, FileId(0), &Settings::default());
        for problem in analysis.readings.iter().flatten().flat_map(analysis::Reading::problems) {
            assert!(lint::Lint::named(problem.code).is_some(), "{name}: {}", problem.code);
        }
    }
}

/// Every cut that one file gets; a large file takes longer for each and gets fewer.
fn cuts(bytes: &[u8], most: usize) -> impl Iterator<Item = usize> {
    // An odd distance falls on other columns of the lines each time.
    (0..bytes.len()).step_by((bytes.len() / most.max(1)) | 1)
}

/// A download that broke off, at any byte.
#[test]
fn no_file_cut_short_loses_a_byte() {
    for (name, bytes) in inputs() {
        for end in cuts(&bytes, 40_000 / bytes.len().max(1)) {
            let source = Source::new(&*name, bytes.get(..end).unwrap().to_vec());
            let tree = analysis::parse(&source, FileId(0), None);
            assert!(tree.root().print(&source) == source.bytes(), "{name} cut at {end}");
        }
    }
}

#[test]
fn no_file_cut_short_makes_a_lint_fail() {
    for (name, bytes) in inputs() {
        for end in cuts(&bytes, 8_000 / bytes.len().max(1)) {
            let checked = [check(&name, bytes.get(..end).unwrap().to_vec())];
            assert!(!json("iptlint", &checked, &[]).is_empty());
            assert_eq!(human(&checked, false).is_empty(), checked[0].findings.is_empty(), "{name} cut at {end}");
        }
    }
}
