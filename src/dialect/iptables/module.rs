//! An extension in use: the options given to it, checked and brought into canonical form.

use smol_str::SmolStr;

use super::extension::{Constraint, Default, Extension, Needs, OptionRow, Role};
use super::kind::Scope;
use crate::diag::{Diagnostic, Severity};
use crate::model::{Argument, OptionUse};
use crate::text::Place;

/// An extension that a command has loaded.
#[derive(Debug)]
pub(super) struct Loaded {
    /// Its name as written.
    pub(super) name: SmolStr,
    /// Whether the name is only known at run time.
    pub(super) unknown: bool,
    /// Its declaration, where there is one.
    pub(super) extension: Option<&'static Extension>,
    /// Match or target.
    pub(super) role: Role,
    /// Where it is named, or where its first option is.
    pub(super) place: Place,
    /// Its options as given.
    pub(super) given: Vec<Given>,
}

/// An option as given.
#[derive(Debug)]
pub(super) struct Given {
    /// Its row, where the extension is declared.
    pub(super) row: Option<&'static OptionRow>,
    /// What was understood.
    pub(super) option: OptionUse,
    /// Where its name is.
    pub(super) place: Place,
}

impl Given {
    /// Whether others have added the option to the extension.
    fn is_added(&self, extension: &Extension) -> bool {
        self.row.is_some_and(|row| extension.option(row.name).is_none())
    }

    /// Whether a word of its list stands for the option `name`.
    fn stands_for(&self, name: &str) -> bool {
        let (Some(Default::Expand(words)), Some(Argument::Set { chosen, .. })) =
            (self.row.map(|row| row.default), &self.option.argument)
        else {
            return false;
        };
        words.iter().any(|(word, option, _)| *option == name && chosen.iter().any(|own| own == word))
    }
}

impl Loaded {
    /// An extension without options so far.
    pub(super) fn new(name: SmolStr, role: Role, extension: Option<&'static Extension>, place: Place) -> Self {
        Self { name, unknown: false, extension, role, place, given: Vec::new() }
    }

    /// Whether it may have options that are not declared.
    pub(super) fn is_open(&self) -> bool {
        self.extension.is_none_or(|extension| extension.addon)
    }

    /// Whether both are the same match, perhaps at two places.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.role == Role::Match && other.role == Role::Match && self.name == other.name && !self.unknown
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.given.iter().any(|given| given.row.is_some_and(|row| row.name == name))
    }

    /// Whether the option is there, or a word that stands for it.
    pub(super) fn stands(&self, name: &str) -> bool {
        self.has(name) || self.given.iter().any(|given| given.stands_for(name))
    }

    /// Whether the option is there already, since the last option that begins a new part.
    fn stands_in_part(&self, name: &str) -> bool {
        let separates = |given: &Given| given.row.is_some_and(|row| row.separator);
        // What is declared before the separator belongs to the whole.
        let rows = self.extension.map(|extension| extension.options).unwrap_or_default();
        if rows.iter().take_while(|row| !row.separator).any(|row| row.name == name) {
            return self.has(name);
        }
        let mut part = self.given.rsplit(separates).next().into_iter().flatten();
        part.any(|given| given.row.is_some_and(|row| row.name == name))
    }

    /// Whether its options come in several parts.
    fn parted(&self) -> bool {
        self.extension.is_some_and(|extension| extension.options.iter().any(|row| row.separator))
    }

    /// What is wrong with giving `row` now, beside the options that are there already.
    pub(super) fn clash(&self, row: &OptionRow) -> Option<String> {
        if self.stands_in_part(row.name) && !row.repeatable {
            return Some(format!("`{}` is given twice", row.name));
        }
        if let Some(other) = self.given.iter().find(|given| given.stands_for(row.name)) {
            return Some(format!("`{}` is said by `{}` already", row.name, other.option.name));
        }
        if let Some(other) = row.also.filter(|other| row.also_before && !self.has(other)) {
            return Some(format!("`{}` needs `{other}` before it", row.name));
        }
        let stands_beside = |other: &&&str| **other != row.name && self.has(other);
        let other = row.conflicts.iter().find(stands_beside).copied();
        let reverse = || {
            let rows = self.given.iter().filter_map(|given| given.row);
            rows.filter(|other| other.name != row.name && other.conflicts.contains(&row.name))
                .map(|row| row.name)
                .next()
        };
        other.or_else(reverse).map(|other| format!("`{}` cannot stand beside `{other}`", row.name))
    }

    /// What is missing once all options are there.
    pub(super) fn lack(&self) -> Option<Diagnostic> {
        // What an option that others have added stands for is not known.
        let extension = self.extension.filter(|own| !self.given.iter().any(|given| given.is_added(own)))?;
        let missing = |message: String| Some(Diagnostic::new("missing-argument", Severity::Error, self.place, message));
        if let Some(row) = extension.options.iter().find(|row| row.required && !self.has(row.name)) {
            return missing(format!("`{}` needs `{}`", self.name, row.name));
        }
        for given in &self.given {
            if let Some(other) = given.row.and_then(|row| row.also).filter(|other| !self.has(other)) {
                let message = format!("`{}` needs `{other}` as well", given.option.name);
                return Some(Diagnostic::new("missing-argument", Severity::Error, given.place, message));
            }
        }
        let broken = |constraint: &Constraint| Some((constraint.broken(self)?, constraint.variant()));
        if let Some((message, variant)) = extension.constraints.iter().find_map(broken) {
            let problem = Diagnostic::new("invalid-value", Severity::Error, self.place, message);
            return Some(Diagnostic { only: variant, ..problem });
        }
        let all: Vec<&str> = extension.options.iter().map(|row| row.name).collect();
        let needed: &[&[&str]] = match extension.needs {
            Needs::Nothing => &[],
            Needs::AnyOption => &[&all],
            Needs::OneOf(names) => &[names],
            Needs::EachOf(lists) => lists,
        };
        let lacking = needed.iter().find(|names| !names.iter().any(|name| self.has(name)))?;
        missing(format!("`{}` needs one of `{}`", self.name, lacking.join("`, `")))
    }

    /// The options as the kernel gets them: short forms resolved, defaults dropped or added, in canonical order.
    pub(super) fn canonical(&self, scope: Scope) -> Vec<OptionUse> {
        let Some(extension) = self.extension else {
            return self.given.iter().map(|given| given.option.clone()).collect();
        };
        let mut options: Vec<OptionUse> = self.given.iter().flat_map(|given| expand(given, extension, scope)).collect();
        options.retain(|option| !is_default(extension, option));
        options.extend(extension.options.iter().filter_map(|row| self.added(row, scope)));
        // What is said twice, once by an option of another name, is kept once.
        let once = |at: usize| !options.iter().take(at).any(|other| options.get(at) == Some(other) && !self.parted());
        let kept: Vec<bool> = (0..options.len()).map(once).collect();
        let mut kept = kept.into_iter();
        options.retain(|_| kept.next().unwrap_or(true));
        if let Some(coupling) = extension.coupling {
            coupling.settle(&mut options, self);
        }
        let silent = |option: &OptionUse| {
            let said = extension.silent.iter().find(|(name, _)| *name == option.name)?;
            Some(matches!(&option.argument, Some(Argument::Text(text)) if text == said.1))
        };
        if options.iter().all(|option| silent(option) != Some(false)) {
            options.retain(|option| silent(option).is_none());
        }
        let place = |option: &OptionUse| extension.options.iter().position(|row| row.name == option.name);
        let order = |option: &OptionUse| place(option).unwrap_or(extension.options.len());
        let separator = extension.options.iter().find(|row| row.separator);
        let Some(separator) = separator else {
            options.sort_by_key(order);
            return extension.coupling.and_then(|coupling| coupling.arranged(self)).unwrap_or(options);
        };
        let starts = |option: &OptionUse| option.name == separator.name;
        let mut parts: Vec<Vec<OptionUse>> = vec![Vec::new()];
        for option in options {
            if starts(&option) {
                parts.push(Vec::new());
            }
            parts.last_mut().into_iter().for_each(|part| part.push(option.clone()));
        }
        parts.iter_mut().for_each(|part| part.sort_by_key(order));
        parts.concat()
    }

    fn added(&self, row: &OptionRow, scope: Scope) -> Option<OptionUse> {
        let Default::Add { text, when, unless } = row.default else { return None };
        let there = |names: &[&str]| names.iter().any(|name| self.has(name));
        if self.has(row.name) || there(unless) || !(when.is_empty() || there(when)) {
            return None;
        }
        let argument = row.kind.read(&[text], scope).ok()?;
        Some(OptionUse { name: SmolStr::new_static(row.name), negated: false, argument })
    }
}

/// The options that an option stands for, with arguments of their own where its list names them.
fn expand(given: &Given, extension: &Extension, scope: Scope) -> Vec<OptionUse> {
    let (Some(Default::Expand(words)), Some(Argument::Set { chosen, .. })) =
        (given.row.map(|row| row.default), &given.option.argument)
    else {
        return if matches!(given.row.map(|row| row.default), Some(Default::Expand([]))) {
            Vec::new()
        } else {
            resolve(given)
        };
    };
    let mut options = Vec::new();
    for (_, name, text) in words.iter().filter(|(word, ..)| chosen.iter().any(|there| there == word)) {
        let argument = extension.option(name).and_then(|row| row.kind.read(&[text], scope).ok()).flatten();
        options.push(OptionUse { name: SmolStr::new_static(name), negated: false, argument });
    }
    let rest: Vec<String> = chosen.iter().filter(|word| !words.iter().any(|(own, ..)| own == word)).cloned().collect();
    if !rest.is_empty() {
        let argument = Some(Argument::Set { among: None, chosen: rest });
        options.push(OptionUse { argument, ..given.option.clone() });
    }
    options
}

/// The canonical options that an option stands for.
fn resolve(given: &Given) -> Vec<OptionUse> {
    let named =
        |name: &'static str, negated| OptionUse { name: SmolStr::new_static(name), negated, ..given.option.clone() };
    let opposite = given.row.filter(|_| given.option.negated).zip(given.option.argument.as_ref());
    if let Some(argument) = opposite.and_then(|(row, argument)| row.kind.opposite(argument)) {
        return vec![OptionUse { negated: false, argument: Some(argument), ..given.option.clone() }];
    }
    match given.row {
        Some(row) if given.option.argument.as_ref().is_some_and(|argument| !row.kind.spells(argument)) => {
            vec![named(row.otherwise.unwrap_or(row.name), given.option.negated)]
        }
        Some(row) if !row.stands_for.is_empty() => {
            row.stands_for.iter().map(|name| named(name, given.option.negated)).collect()
        }
        Some(row) => match row.opposite.filter(|_| given.option.negated) {
            Some(opposite) => vec![named(opposite, false)],
            None => vec![named(row.name, given.option.negated)],
        },
        None => vec![given.option.clone()],
    }
}

fn is_default(extension: &Extension, option: &OptionUse) -> bool {
    !option.negated && extension.option(&option.name).is_some_and(|row| row.says_default(option))
}
