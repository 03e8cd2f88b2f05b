//! Variables that hold the names of chains and targets: the names are changed where they are set.
//!
//! `for chain in input output; do $IPCHAINS -F $chain` keeps its `$chain`; the list becomes
//! `INPUT OUTPUT`. That is only right where the variable is used for nothing else, which
//! [`super::names`] checks; a variable that fails the check is blocked and the
//! script is translated again without it.

use std::collections::{BTreeMap, BTreeSet};

use super::rule::Trouble;

/// What variables must hold in the output.
#[derive(Default)]
pub(super) struct Roles {
    /// By variable: the old values and their new names.
    pub(super) wanted: BTreeMap<String, BTreeMap<String, String>>,
    /// Variables whose values must stay as they are.
    pub(super) blocked: BTreeSet<String>,
}

impl Roles {
    /// The text that says `new` where `text` says `old`.
    pub(super) fn text(&mut self, text: &str, old: &str, new: &str) -> Result<String, Trouble> {
        if unquoted(text) == old {
            return Ok(new.to_owned());
        }
        if let Some(rest) = new.strip_prefix(old) {
            if let Some(variable) = variable(text) {
                self.want(&variable, old, old)?;
            }
            return Ok(format!("{text}{rest}"));
        }
        let variable = variable(text).ok_or(Trouble::RunTime)?;
        self.want(&variable, old, new)?;
        Ok(text.to_owned())
    }

    fn want(&mut self, variable: &str, old: &str, new: &str) -> Result<(), Trouble> {
        if old != new && self.blocked.contains(variable) {
            return Err(Trouble::RunTime);
        }
        let names = self.wanted.entry(variable.to_owned()).or_default();
        match names.get(old) {
            Some(known) if known != new => Err(Trouble::RunTime),
            _ => {
                names.insert(old.to_owned(), new.to_owned());
                Ok(())
            }
        }
    }
}

/// Text without the quotes around it.
pub(super) fn unquoted(text: &str) -> &str {
    let inner = |quote| text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}

/// The variable that a word is, where it is nothing else.
pub(super) fn variable(text: &str) -> Option<String> {
    let text = unquoted(text).strip_prefix('$')?;
    let name = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(text);
    let plain = !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !name.starts_with(|c: char| c.is_ascii_digit());
    plain.then(|| name.to_owned())
}
