//! Diagnostics: what is said about a place, how grave it is, and how it could be repaired.
//!
//! Plain data without a format; `report` turns it into text or JSON.

use crate::logic::Formula;
use crate::text::{Edit, FileId, Place};

/// How grave a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing when one looks at the place anyway.
    Hint,
    /// A matter of taste or of care.
    Info,
    /// Probably not what its author meant.
    Warning,
    /// Will not load, or does not do what it says.
    Error,
}

impl Severity {
    /// The name as it stands in output and options.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hint => "hint",
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// How sure a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confidence {
    /// True for every packet and every run.
    Proved,
    /// True unless something that cannot be seen in the file says otherwise.
    Likely,
    /// A rule of thumb.
    Heuristic,
}

/// How freely a fix may be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applicability {
    /// Changes the fate of no packet and loses no comment.
    Safe,
    /// May change what the script does; applied on demand.
    Unsafe,
    /// Shown to people only.
    Manual,
}

/// A variant of iptables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// The one that speaks to ip_tables.
    Legacy,
    /// The one that speaks to nf_tables.
    Nft,
}

/// A repair of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, in the imperative.
    pub title: String,
    /// How freely it may be applied.
    pub applicability: Applicability,
    /// The file that is edited.
    pub file: FileId,
    /// The edits; no two overlap.
    pub edits: Vec<Edit>,
}

/// Another place that explains a diagnostic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// The place.
    pub place: Place,
    /// What it has to do with the diagnostic.
    pub message: String,
    /// Whether it says on which runs of the script the diagnostic holds; then the message is a clause of its own.
    pub is_condition: bool,
}

/// A marking that editors show in a way of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    /// Could be removed.
    Unnecessary,
    /// Works, but should be written otherwise today.
    Deprecated,
}

/// Something said about a place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The name of the lint.
    pub code: &'static str,
    /// How grave it is.
    pub severity: Severity,
    /// Where.
    pub place: Place,
    /// What is wrong, without a final full stop.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// Other places that belong to it.
    pub related: Vec<Related>,
    /// Alternative repairs, the preferred one first.
    pub fixes: Vec<Fix>,
    /// Markings for editors.
    pub tags: Vec<Tag>,
    /// How sure it is.
    pub confidence: Confidence,
    /// The only variant of iptables that it holds for.
    pub only: Option<Variant>,
    /// The runs of the script in which it holds, where they are others than those that get to its place.
    pub runs: Option<Formula>,
}

impl Diagnostic {
    /// A diagnostic without further places, repairs or markings.
    pub fn new(code: &'static str, severity: Severity, place: Place, message: impl Into<String>) -> Self {
        Self {
            code,
            severity,
            place,
            message: message.into(),
            help: None,
            related: Vec::new(),
            fixes: Vec::new(),
            tags: Vec::new(),
            confidence: Confidence::Proved,
            only: None,
            runs: None,
        }
    }

    /// The same, whose message goes on with what to write instead.
    #[must_use]
    pub fn with_hint(mut self, hint: impl AsRef<str>) -> Self {
        self.message.push_str("; ");
        self.message.push_str(hint.as_ref());
        self
    }

    /// The same with advice.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same with one more related place.
    #[must_use]
    pub fn with_related(mut self, place: Place, message: impl Into<String>) -> Self {
        self.related.push(Related { place, message: message.into(), is_condition: false });
        self
    }

    /// The same with one more repair.
    #[must_use]
    pub fn with_fix(mut self, fix: Fix) -> Self {
        self.fixes.push(fix);
        self
    }

    /// The same for one variant of iptables; the other one takes what is complained of.
    #[must_use]
    pub fn only_for(mut self, variant: Variant) -> Self {
        self.only = Some(variant);
        self
    }

    /// The same for these runs of the script.
    #[must_use]
    pub fn only_in(mut self, runs: Formula) -> Self {
        self.runs = Some(runs);
        self
    }

    /// The same with another confidence.
    #[must_use]
    pub fn with_confidence(mut self, confidence: Confidence) -> Self {
        self.confidence = confidence;
        self
    }
}
