//! Which lints speak, and how gravely.
//!
//! Lints are named by their name, by their category, or together as `all`. No lint
//! sees this: the engine runs it or does not, and signs its findings.

use super::{Category, LINTS, Lint};
use crate::diag::{Diagnostic, Severity};

/// What is on before anything is named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Preset {
    /// Warnings and errors: a well-kept firewall is clean.
    #[default]
    Default,
    /// What is worth a look as well.
    Strict,
    /// Every lint.
    All,
}

/// One or several lints, by name, category or `all`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selector {
    /// Every lint.
    All,
    /// Those of a category.
    Category(Category),
    /// One.
    Name(&'static str),
}

impl Selector {
    /// Reads a name, a category or `all`.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "all" {
            return Some(Self::All);
        }
        let category = Category::ALL.into_iter().find(|category| category.name() == text);
        category.map(Self::Category).or_else(|| Lint::named(text).map(|lint| Self::Name(lint.name)))
    }

    /// Whether it means `lint`.
    pub fn covers(self, lint: &Lint) -> bool {
        match self {
            Self::All => true,
            Self::Category(category) => lint.category == category,
            Self::Name(name) => lint.name == name,
        }
    }
}

/// The lints that are on.
#[derive(Clone, Debug)]
pub struct Selection {
    levels: Vec<Level>,
}

/// A lint that is on.
#[derive(Clone, Debug)]
struct Level {
    name: &'static str,
    /// How grave its findings are, as long as they do not call themselves less grave.
    severity: Severity,
    /// Findings less grave than this are left out.
    least: Severity,
}

impl Default for Selection {
    fn default() -> Self {
        Self::of(Preset::Default)
    }
}

impl Selection {
    /// The lints of a preset.
    pub fn of(preset: Preset) -> Self {
        let least = match preset {
            Preset::Default => Severity::Warning,
            Preset::Strict => Severity::Info,
            Preset::All => Severity::Hint,
        };
        let own = LINTS.iter().filter(|lint| lint.severity >= least);
        Self { levels: own.map(|lint| Level { name: lint.name, severity: lint.severity, least }).collect() }
    }

    /// None at all.
    pub fn none() -> Self {
        Self { levels: Vec::new() }
    }

    /// Turns on what `selector` means, with all findings.
    pub fn add(&mut self, selector: Selector) {
        for lint in LINTS.iter().filter(|lint| selector.covers(lint)) {
            match self.levels.iter_mut().find(|level| level.name == lint.name) {
                Some(level) => level.least = Severity::Hint,
                None => {
                    self.levels.push(Level { name: lint.name, severity: lint.severity, least: Severity::Hint });
                }
            }
        }
    }

    /// Turns off what `selector` means.
    pub fn remove(&mut self, selector: Selector) {
        self.levels.retain(|level| !Lint::named(level.name).is_some_and(|lint| selector.covers(lint)));
    }

    /// Gives the findings of what `selector` means another severity, where it is on.
    pub fn grade(&mut self, selector: Selector, severity: Severity) {
        for level in &mut self.levels {
            if Lint::named(level.name).is_some_and(|lint| selector.covers(lint)) {
                level.severity = severity;
            }
        }
    }

    /// The severity of the lint's findings; `None` where it is off.
    pub fn severity(&self, name: &str) -> Option<Severity> {
        self.level(name).map(|level| level.severity)
    }

    /// The severity that a finding gets; `None` where it is left out.
    ///
    /// What is less grave than the rest of its lint stays so, unless the user says otherwise.
    pub(super) fn severity_of(&self, finding: &Diagnostic) -> Option<Severity> {
        let level = self.level(finding.code).filter(|level| finding.severity >= level.least)?;
        let regraded = Lint::named(finding.code).is_none_or(|lint| lint.severity != level.severity);
        Some(if regraded { level.severity } else { finding.severity.min(level.severity) })
    }

    fn level(&self, name: &str) -> Option<&Level> {
        self.levels.iter().find(|level| level.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Place;

    #[test]
    fn names_categories_and_all_are_selectors() {
        assert_eq!(Selector::parse("all"), Some(Selector::All));
        assert_eq!(Selector::parse("hazard"), Some(Selector::Category(Category::Hazard)));
        assert_eq!(Selector::parse("wrong-table"), Some(Selector::Name("wrong-table")));
        assert_eq!(Selector::parse("wrong"), None);
    }

    #[test]
    fn a_more_special_word_may_undo_a_general_one() {
        let mut selection = Selection::none();
        selection.add(Selector::Category(Category::Hazard));
        selection.remove(Selector::Name("bare-masquerade"));
        assert_eq!(selection.severity("bare-masquerade"), None);
        assert_eq!(selection.severity("missing-final-drop"), Some(Severity::Warning));
        assert_eq!(selection.severity("wrong-table"), None);
        selection.grade(Selector::All, Severity::Hint);
        assert_eq!(selection.severity("missing-final-drop"), Some(Severity::Hint));
    }

    #[test]
    fn a_preset_leaves_out_what_a_finding_calls_less_grave_and_a_name_brings_it_back() {
        let finding = |severity| Diagnostic::new("missing-final-drop", severity, Place::default(), "");
        let mut selection = Selection::default();
        assert_eq!(selection.severity_of(&finding(Severity::Warning)), Some(Severity::Warning));
        assert_eq!(selection.severity_of(&finding(Severity::Info)), None);
        assert_eq!(Selection::of(Preset::Strict).severity_of(&finding(Severity::Info)), Some(Severity::Info));
        selection.add(Selector::Name("missing-final-drop"));
        assert_eq!(selection.severity_of(&finding(Severity::Info)), Some(Severity::Info));
        selection.grade(Selector::All, Severity::Error);
        assert_eq!(selection.severity_of(&finding(Severity::Info)), Some(Severity::Error));
    }
}
