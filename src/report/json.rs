//! Findings as JSON, after version 1 of the output schema.
//!
//! The shapes here are public: fields may be added, but none changes its meaning.
//! Nothing below this layer is serialisable, so that no inner type becomes part of the format.

use serde::Serialize;

use super::{Answer, Checked, Failure, count, fingerprints, visible};
use crate::diag::{Applicability, Confidence, Diagnostic, Fix, Related, Severity, Tag};
use crate::lint::Lint;
use crate::text::{Place, Sources};

/// Where the pages of the lints are.
const URI: &str = "https://example.org/iptlint";

#[derive(Serialize)]
struct Output<'a> {
    schema: u32,
    tool: Tool,
    /// Columns count code points.
    columns: &'static str,
    files: Vec<File<'a>>,
    diagnostics: Vec<Finding<'a>>,
    summary: Summary,
    errors: Vec<Trouble<'a>>,
    /// Whether a migrated file treats every packet like the old one.
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<&'a Answer>,
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
    uri: &'static str,
}

#[derive(Serialize)]
struct File<'a> {
    path: &'a str,
    dialect: &'static str,
    parse: &'static str,
}

#[derive(Serialize)]
struct Finding<'a> {
    path: &'a str,
    code: &'static str,
    url: String,
    severity: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<&'static str>,
    message: String,
    help: Option<String>,
    range: Range,
    tags: Vec<&'static str>,
    related: Vec<Elsewhere<'a>>,
    fixes: Vec<Repair<'a>>,
    suppressed: Option<()>,
    fingerprint: String,
    confidence: &'static str,
}

#[derive(Serialize)]
struct Range {
    start: Position,
    end: Position,
}

#[derive(Serialize)]
struct Position {
    line: usize,
    column: usize,
    utf16: usize,
    offset: usize,
}

#[derive(Serialize)]
struct Elsewhere<'a> {
    path: &'a str,
    message: String,
    range: Range,
}

#[derive(Serialize)]
struct Repair<'a> {
    title: &'a str,
    applicability: &'static str,
    preferred: bool,
    edits: Vec<Change<'a>>,
}

#[derive(Serialize)]
struct Change<'a> {
    path: &'a str,
    range: Range,
    text: &'a str,
}

#[derive(Serialize)]
struct Summary {
    files: usize,
    error: usize,
    warning: usize,
    info: usize,
    hint: usize,
    suppressed: usize,
    baselined: usize,
    fixable: usize,
    fixable_unsafe: usize,
}

#[derive(Serialize)]
struct Trouble<'a> {
    path: Option<&'a str>,
    message: &'a str,
}

/// The document of a whole run of `program`.
pub fn json(program: &'static str, checked: &[Checked], failures: &[Failure]) -> String {
    printed(&document(program, checked, failures))
}

/// The report of a migration; a file that stays as it is needs no proof.
pub fn migration(checked: &Checked, proof: Option<&Answer>) -> String {
    let checked = std::slice::from_ref(checked);
    printed(&Output { proof, ..document("iptmigrate", checked, &[]) })
}

fn document<'a>(program: &'static str, checked: &'a [Checked], failures: &'a [Failure]) -> Output<'a> {
    Output {
        schema: 1,
        tool: Tool { name: program, version: env!("CARGO_PKG_VERSION"), uri: URI },
        columns: "utf-32",
        files: checked.iter().map(file).collect(),
        diagnostics: checked.iter().flat_map(findings).collect(),
        summary: summary(checked),
        errors: failures
            .iter()
            .map(|failure| Trouble { path: failure.path.as_deref(), message: &failure.message })
            .collect(),
        proof: None,
    }
}

fn printed(output: &Output<'_>) -> String {
    // Strings and numbers alone are always serialisable.
    serde_json::to_string_pretty(output).unwrap_or_default() + "\n"
}

fn file(checked: &Checked) -> File<'_> {
    let parse = if checked.complete { "complete" } else { "partial" };
    File { path: checked.path(), dialect: checked.dialect, parse }
}

fn findings(checked: &Checked) -> Vec<Finding<'_>> {
    let prints = fingerprints(checked);
    checked.findings.iter().zip(prints).map(|(finding, print)| converted(finding, checked, print)).collect()
}

fn converted<'a>(finding: &'a Diagnostic, checked: &'a Checked, fingerprint: String) -> Finding<'a> {
    let sources = &checked.sources;
    Finding {
        path: sources.get(finding.place.file).path(),
        code: finding.code,
        url: format!("{URI}/lints/{}", finding.code),
        severity: finding.severity.name(),
        category: Lint::named(finding.code).map(|lint| lint.category.name()),
        message: visible(&finding.message),
        help: finding.help.as_deref().map(visible),
        range: range(sources, finding.place),
        tags: finding.tags.iter().map(|tag| tag_name(*tag)).collect(),
        related: finding.related.iter().map(|related| elsewhere(related, sources)).collect(),
        fixes: finding.fixes.iter().enumerate().map(|(at, fix)| repair(fix, at == 0, sources)).collect(),
        suppressed: None,
        fingerprint,
        confidence: match finding.confidence {
            Confidence::Proved => "proved",
            Confidence::Likely => "likely",
            Confidence::Heuristic => "heuristic",
        },
    }
}

fn tag_name(tag: Tag) -> &'static str {
    match tag {
        Tag::Unnecessary => "unnecessary",
        Tag::Deprecated => "deprecated",
    }
}

fn elsewhere<'a>(related: &'a Related, sources: &'a Sources) -> Elsewhere<'a> {
    Elsewhere {
        path: sources.get(related.place.file).path(),
        message: visible(&related.message),
        range: range(sources, related.place),
    }
}

fn repair<'a>(fix: &'a Fix, preferred: bool, sources: &'a Sources) -> Repair<'a> {
    let path = sources.get(fix.file).path();
    let edits = fix.edits.iter();
    Repair {
        title: &fix.title,
        applicability: match fix.applicability {
            Applicability::Safe => "safe",
            Applicability::Unsafe => "unsafe",
            Applicability::Manual => "manual",
        },
        preferred,
        edits: edits
            .map(|edit| Change { path, range: range(sources, Place::new(fix.file, edit.span)), text: &edit.text })
            .collect(),
    }
}

fn range(sources: &Sources, place: Place) -> Range {
    let position = |offset: u32| {
        let at = sources.get(place.file).position(offset);
        Position { line: at.line, column: at.column, utf16: at.utf16, offset: at.offset }
    };
    Range { start: position(place.span.start), end: position(place.span.end) }
}

fn summary(checked: &[Checked]) -> Summary {
    let fixable = |applicability: Applicability| {
        let findings = checked.iter().flat_map(|file| &file.findings);
        findings.filter(|finding| finding.fixes.first().is_some_and(|fix| fix.applicability == applicability)).count()
    };
    Summary {
        files: checked.len(),
        error: count(checked, Severity::Error),
        warning: count(checked, Severity::Warning),
        info: count(checked, Severity::Info),
        hint: count(checked, Severity::Hint),
        suppressed: checked.iter().map(|file| file.suppressed).sum(),
        baselined: checked.iter().map(|file| file.baselined).sum(),
        fixable: fixable(Applicability::Safe),
        fixable_unsafe: fixable(Applicability::Unsafe),
    }
}
