//! The values of the variables that hold chains and targets.

use std::collections::{BTreeMap, BTreeSet};

use super::{SHOWING, Script, words_of};
use crate::migrate::roles::Roles;
use crate::syntax::{Kind, Node};
use crate::text::{Edit, Span};

impl Script<'_> {
    /// Variables among `roles` that are used for something else than rules, or set to what cannot be changed.
    pub(in crate::migrate) fn unfit(&self, roles: &Roles, untranslated: &[Node<'_>]) -> BTreeSet<String> {
        let changed = roles.wanted.iter().filter(|(_, names)| names.iter().any(|(old, new)| old != new));
        let unchanged = |name: &str| untranslated.iter().any(|node| self.reads(*node, name));
        changed
            .filter(|(name, names)| unchanged(name) || !self.may_change(name, names))
            .map(|(name, _)| name.clone())
            .collect()
    }

    fn may_change(&self, name: &str, names: &BTreeMap<String, String>) -> bool {
        let mut fits = true;
        for node in self.root.walk() {
            match node.kind {
                Kind::Assignment if self.sets(node, name) => {
                    fits &= node.child(Kind::Word).is_some_and(|word| self.is_plain(word))
                }
                Kind::Simple => fits &= self.fits_command(node, name),
                Kind::DoubleBracket => fits &= !self.reads(node, name),
                Kind::CaseClause => fits &= node.child(Kind::Word).is_none_or(|word| !self.reads(word, name)),
                _ => {}
            }
        }
        fits && self.values(name).iter().any(|(_, value)| names.contains_key(value))
    }

    fn fits_command(&self, node: Node<'_>, name: &str) -> bool {
        let head = node.child(Kind::Word).map(|word| self.text(word.span)).unwrap_or_default();
        let declared =
            node.all(Kind::Word).any(|word| self.text(word.span).split('=').next() == Some(name)) && head != "echo";
        let rule = self.steps.lie_in(node.span);
        !declared && (!self.reads(node, name) || rule || SHOWING.contains(&head.as_str()))
    }

    /// Whether a word holds no expansion.
    fn is_plain(&self, word: Node<'_>) -> bool {
        !self.text(word.span).contains(['$', '`'])
    }

    /// The literal values that a variable is set to, with their spans.
    fn values(&self, name: &str) -> Vec<(Span, String)> {
        let mut values = Vec::new();
        for node in self.root.walk() {
            let concerned = match node.kind {
                Kind::Assignment => self.sets(node, name),
                Kind::ForClause => node.child(Kind::Name).is_some_and(|own| self.text(own.span) == name),
                _ => false,
            };
            if !concerned {
                continue;
            }
            for word in node.all(Kind::Word) {
                for leaf in
                    word.walk().filter(|leaf| matches!(leaf.kind, Kind::Literal | Kind::DoubleText | Kind::SingleText))
                {
                    let text = self.text(leaf.span);
                    values.extend(words_of(&text).into_iter().map(|(start, part)| {
                        let begin = leaf.span.start + start as u32;
                        (Span { start: begin, end: begin + part.len() as u32 }, part.to_owned())
                    }));
                }
            }
        }
        values
    }

    /// Edits that give the variables of `roles` their new values.
    pub(in crate::migrate) fn role_edits(&self, roles: &Roles) -> Vec<Edit> {
        let mut edits = Vec::new();
        for (name, names) in &roles.wanted {
            for (span, value) in self.values(name) {
                if let Some(new) = names.get(&value).filter(|new| **new != value) {
                    edits.push(Edit::replace(span, new.clone()));
                }
            }
        }
        edits
    }
}
