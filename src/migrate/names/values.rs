//! The values of the variables that hold chains and targets.

use std::collections::{BTreeMap, BTreeSet};

use super::{SHOWING, Script, words_of};
use crate::migrate::roles::{Roles, unquoted, variable};
use crate::syntax::{Kind, Node};
use crate::text::{Edit, Span};

/// So many variables are followed whose values come from each other.
const FOLLOWED: usize = 32;

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
        let changed = names.iter().filter(|(old, new)| old != new).map(|(old, _)| old.as_str()).collect();
        let mut fits = true;
        for node in self.root.walk() {
            match node.kind {
                Kind::Assignment if self.sets(node, name) => {
                    fits &= node.child(Kind::Word).is_some_and(|word| self.spells(word, &changed, name))
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

    /// Whether each of the `names` in a word that the variable `own` is set to is written in words for that variable: what
    /// else it says are words of variables that never hold one.
    fn spells(&self, word: Node<'_>, names: &BTreeSet<&str>, own: &str) -> bool {
        let mut seen = BTreeSet::from([own.to_owned()]);
        let Some(mut pending) = self.taken(word) else { return false };
        while let Some(variable) = pending.pop() {
            if seen.insert(variable.clone()) {
                let Some(others) = self.words_without(names, &variable).filter(|_| seen.len() < FOLLOWED) else {
                    return false;
                };
                pending.extend(others);
            }
        }
        true
    }

    /// The variables whose values are words of a word; `None` where something else may be.
    fn taken(&self, word: Node<'_>) -> Option<Vec<String>> {
        let text = self.text(word.span);
        if !text.contains(['$', '`']) {
            return Some(Vec::new());
        }
        unquoted(&text).split_whitespace().filter(|part| part.contains(['$', '`'])).map(variable).collect()
    }

    /// The variables that a variable has words from, where it is given none of the `names`.
    fn words_without(&self, names: &BTreeSet<&str>, variable: &str) -> Option<Vec<String>> {
        (self.analysis.trees.len() == 1).then_some(())?;
        let gives: Vec<Node<'_>> = self.root.walk().filter(|node| self.gives(*node, variable)).collect();
        let named = |word: &Node<'_>| {
            unquoted(&self.text(word.span)).split_whitespace().any(|part| names.contains(unquoted(part)))
        };
        let mut others = Vec::new();
        for node in &gives {
            let words: Vec<Node<'_>> = node.all(Kind::Word).collect();
            let is_listed = node.kind == Kind::Assignment || node.kind == Kind::ForClause && !words.is_empty();
            (is_listed && !words.iter().any(named)).then_some(())?;
            for word in words {
                others.extend(self.taken(word)?);
            }
        }
        // A default may give it a value, or a text that is run.
        let view = self.analysis.sources.get(self.analysis.file).view();
        let set = view.match_indices(variable).filter(|(at, _)| {
            let (before, behind) = (&view[..*at], &view[at + variable.len()..]);
            let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
            !before.ends_with(is_name) && (behind.starts_with('=') || behind.starts_with(":="))
        });
        let assignments = gives.iter().filter(|node| node.kind == Kind::Assignment).count();
        (set.count() == assignments).then_some(others)
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
