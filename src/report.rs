//! Findings as text or data, one file a format.
//!
//! A format gets files that have been read and judged, and gives back the whole
//! output as a string; who writes it where is the business of `app`.

mod compare;
pub mod concise;
mod fingerprint;
pub mod human;
pub mod json;
mod loaded;
mod rules;
pub mod statistics;
pub mod trace;
mod verdict;
mod visible;

pub use compare::{Answer, Compared, answer, comparison, comparison_json};
pub use fingerprint::fingerprints;
pub use loaded::{Refused, Stopped, loaded};
pub use rules::rules_json;
pub use verdict::{Level, verdict_line};
pub use visible::visible;

use crate::diag::{Diagnostic, Severity};
use crate::text::{FileId, Sources};

/// A file with its findings.
pub struct Checked {
    /// The file and those that were read on its behalf.
    pub sources: Sources,
    /// The file itself.
    pub file: FileId,
    /// Its language: that of its commands and the form of the file.
    pub dialect: &'static str,
    /// Whether all of it could be read; the rest is a finding or was too long to follow.
    pub complete: bool,
    /// The findings in the order of their places.
    pub findings: Vec<Diagnostic>,
    /// How many findings comments in the file silence.
    pub suppressed: usize,
    /// How many findings a baseline knows.
    pub baselined: usize,
}

impl Checked {
    /// The path as the user gave it.
    pub fn path(&self) -> &str {
        self.sources.get(self.file).path()
    }
}

/// Something that could not be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The file, where it is about one.
    pub path: Option<String>,
    /// What went wrong.
    pub message: String,
}

/// How many findings of `severity` there are.
fn count(checked: &[Checked], severity: Severity) -> usize {
    checked.iter().flat_map(|file| &file.findings).filter(|finding| finding.severity == severity).count()
}
