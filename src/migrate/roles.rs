//! Variables that hold the names of chains and targets: the names are changed where they are set.
//!
//! `for chain in input output; do $IPCHAINS -F $chain` keeps its `$chain`; the list becomes
//! `INPUT OUTPUT`. That is only right where the variable is used for nothing else, which
//! [`super::names`] checks; a variable that fails the check is blocked and the
//! script is translated again without it.

use std::collections::{BTreeMap, BTreeSet};

/// What variables must hold in the output.
#[derive(Default)]
pub(super) struct Roles {
    /// By variable: the old values and their new names.
    pub(super) wanted: BTreeMap<String, BTreeMap<String, String>>,
    /// Variables whose values must stay as they are.
    pub(super) blocked: BTreeSet<String>,
    /// Other values than names may change too: no other program reads them.
    pub(super) changes_values: bool,
}

impl Roles {
    /// The text that says `new` where `text` says `old`: the variable, if it can have that value, else `new` itself.
    pub(super) fn text(&mut self, text: &str, old: &str, new: &str) -> String {
        if unquoted(text) == old {
            return new.to_owned();
        }
        let variable = variable(text);
        if let Some(rest) = new.strip_prefix(old)
            && variable.as_ref().is_none_or(|variable| self.want(variable, old, old))
        {
            return format!("{text}{rest}");
        }
        match variable {
            Some(variable) if self.want(&variable, old, new) => text.to_owned(),
            _ => new.to_owned(),
        }
    }

    /// The words of `variable` become new ones, or stay; false where that cannot be.
    pub(super) fn want_all<'t>(
        &mut self,
        variable: &str,
        pairs: impl Iterator<Item = (&'t str, &'t str)> + Clone,
    ) -> bool {
        let possible = pairs.clone().all(|(old, new)| self.may_be(variable, old, new));
        possible && pairs.into_iter().all(|(old, new)| self.want(variable, old, new))
    }

    /// The value `old` of `variable` becomes `new`; false where it cannot.
    pub(super) fn want(&mut self, variable: &str, old: &str, new: &str) -> bool {
        let possible = self.may_be(variable, old, new);
        if possible {
            self.wanted.entry(variable.to_owned()).or_default().insert(old.to_owned(), new.to_owned());
        }
        possible
    }

    fn may_be(&self, variable: &str, old: &str, new: &str) -> bool {
        let known = self.wanted.get(variable).and_then(|names| names.get(old));
        (old == new || !self.blocked.contains(variable)) && known.is_none_or(|known| known == new)
    }
}

/// Text without the quotes around it.
pub(super) fn unquoted(text: &str) -> &str {
    let inner = |quote| text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}

/// A word that is the value of a variable or of an argument, and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parameter<'t> {
    /// The variable, or the number of the argument.
    pub(super) name: &'t str,
    /// What `${NAME:-DEFAULT}` says where it is empty.
    pub(super) default: Option<&'t str>,
}

/// The parameter that a word is.
pub(super) fn parameter(text: &str) -> Option<Parameter<'_>> {
    let text = unquoted(text).strip_prefix('$')?;
    let braced = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    let (name, default) = match braced.and_then(|inner| inner.split_once(":-")) {
        Some((name, default)) => (name, Some(default)),
        None => (braced.unwrap_or(text), None),
    };
    let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let numbered = matches!(name.as_bytes(), [b'1'..=b'9']);
    let named = is_name && !name.starts_with(|c: char| c.is_ascii_digit());
    let plain = |default: &str| !default.contains(['$', '`', '"', '\'', '\\', '{', '}']);
    (!name.is_empty() && (named || numbered) && default.is_none_or(plain)).then_some(Parameter { name, default })
}

/// The variable that a word is, where it is nothing else.
pub(super) fn variable(text: &str) -> Option<String> {
    let found = parameter(text).filter(|found| found.default.is_none())?;
    (!found.name.starts_with(|c: char| c.is_ascii_digit())).then(|| found.name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_are_parameters() {
        let found = |text| parameter(text).map(|found| (found.name, found.default));
        assert_eq!(found("$PORT"), Some(("PORT", None)));
        assert_eq!(found("\"${PORT}\""), Some(("PORT", None)));
        assert_eq!(found("$1"), Some(("1", None)));
        assert_eq!(found("${PORT:-1024:}"), Some(("PORT", Some("1024:"))));
        for text in ["$10", "${10}", "$0", "$", "${PORT%x}", "${A:-$B}", "$A$B", "$@", "PORT", "${PORT:=1}", "${1A}"] {
            assert_eq!(found(text), None, "{text}");
        }
        assert_eq!((variable("$1"), variable("${A:-1}"), variable("${A}")), (None, None, Some("A".to_owned())));
    }
}
