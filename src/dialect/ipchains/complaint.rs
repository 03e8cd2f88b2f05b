//! Why ipchains refuses a command: its own words, and ours.

use crate::diag::{Diagnostic, Severity};
use crate::model::Word;
use crate::text::Place;

/// A refusal; the first one ends the reading of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Complaint {
    /// The lint.
    pub(super) code: &'static str,
    /// What the program says, without its name; empty where it only hints at its help.
    pub(super) said: String,
    /// What we say.
    pub(super) message: String,
    /// Advice.
    pub(super) help: Option<String>,
    /// The word that is wrong, where it is one.
    pub(super) at: Option<usize>,
}

/// The lint for a combination that the program does not allow.
pub(super) const CONFLICT: &str = "conflicting-options";
/// The lint for words that are missing.
pub(super) const MISSING: &str = "missing-argument";
/// The lint for options that do not exist, and for words that belong to none.
pub(super) const UNKNOWN_OPTION: &str = "unknown-option";
/// The lint for values that are not of their option's kind.
pub(super) const INVALID: &str = "invalid-value";
/// The lint for names that the kernel has no room for.
pub(super) const OVERLONG: &str = "overlong-name";

impl Complaint {
    /// The program says `said`, and so do we.
    pub(super) fn new(code: &'static str, said: impl Into<String>) -> Self {
        let said = said.into();
        let message = said.trim_end_matches('.').to_owned();
        Self { code, said, message, help: None, at: None }
    }

    /// A value of the wrong kind.
    pub(super) fn invalid(said: impl Into<String>) -> Self {
        Self::new(INVALID, said)
    }

    /// The same, in clearer words of our own.
    pub(super) fn meaning(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    /// The same, and our message goes on with what to write instead.
    pub(super) fn hint(mut self, hint: impl AsRef<str>) -> Self {
        self.message.push_str("; ");
        self.message.push_str(hint.as_ref());
        self
    }

    /// The same with advice.
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same at the word `at`, unless its word is already known.
    pub(super) fn at(mut self, at: usize) -> Self {
        self.at.get_or_insert(at);
        self
    }

    /// As a diagnostic of the command at `place`.
    pub(super) fn diagnostic(&self, words: &[Word], place: Place) -> Diagnostic {
        let word = self.at.and_then(|at| words.get(at));
        let place = word.map_or(place, |word| word.place);
        let diagnostic = Diagnostic::new(self.code, Severity::Error, place, self.message.clone());
        match &self.help {
            Some(help) => diagnostic.with_help(help.clone()),
            None => diagnostic,
        }
    }
}
