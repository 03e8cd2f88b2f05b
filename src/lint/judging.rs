//! Scripts judged by one lint, for tests.

use super::{Facts, Selection, Selector, judge};
use crate::analysis;
use crate::diag::Diagnostic;
use crate::eval::Settings;
use crate::text::{Edits, FileId, Source, Sources};

/// The findings of the lint `name` in a script or save file, of which there are some.
pub(super) fn findings(name: &'static str, text: &str) -> (Sources, Vec<Diagnostic>) {
    let (sources, findings) = given(&Facts::default(), name, text);
    assert!(!findings.is_empty(), "{name} says nothing of this:\n{text}");
    (sources, findings)
}

/// The findings where these facts are declared.
pub(super) fn given(facts: &Facts, name: &'static str, text: &str) -> (Sources, Vec<Diagnostic>) {
    let mut sources = Sources::default();
    let source = Source::new("fw", text.as_bytes().to_vec());
    let trees = [analysis::parse(&source, FileId(0), None)];
    sources.add(source);
    let mut selection = Selection::none();
    selection.add(Selector::Name(name));
    let mut analysis = analysis::analyse(&sources, &trees, FileId(0), &Settings::default());
    let findings = judge(&mut analysis, &selection, facts).findings;
    (sources, findings)
}

/// The text after the preferred fix of each finding of the lint `name`.
pub(super) fn fixed(name: &'static str, text: &str) -> String {
    let (sources, findings) = findings(name, text);
    let mut edits = Edits::default();
    for fix in findings.iter().filter_map(|finding| finding.fixes.first()) {
        edits.add_all(fix.edits.clone()).unwrap();
    }
    String::from_utf8(edits.apply(sources.get(FileId(0)))).unwrap()
}
