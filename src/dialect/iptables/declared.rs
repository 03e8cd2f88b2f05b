//! Extensions that do not come with iptables: those that users declare, and well-known add-ons, among them options
//! that routers' builds of iptables add to its own extensions.
//!
//! Either are declared by how their options are written: `[!] --condition NAME`. An option has as many
//! arguments as words follow it, one in brackets may be missing, `|` parts its names, and `[!]` says that
//! `!` may stand before it.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use super::extension::{Extension, Meaning, OptionRow, Role};
use super::kind::Kind;

/// The usual add-ons of iptables; the options of a line are parted by tabs.
const ADDONS: &str = include_str!("addons.tsv");

static KNOWN_ADDONS: LazyLock<Vec<&'static Extension>> = LazyLock::new(|| ADDONS.lines().filter_map(addon).collect());

/// The declarations that were made, which stay until the program ends: rules refer to them.
static MADE: Mutex<BTreeMap<Declaration, &'static Extension>> = Mutex::new(BTreeMap::new());

/// A match or target with the way its options are written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Declaration {
    /// Whether it is a target.
    pub target: bool,
    /// Its name.
    pub name: String,
    /// Its options.
    pub options: Vec<String>,
}

/// Extensions that users have declared.
#[derive(Clone, Debug, Default)]
pub struct Declared(Vec<&'static Extension>);

impl Declared {
    /// Understands declarations, or gives the option that is none.
    pub fn new(declarations: &[Declaration]) -> Result<Self, String> {
        let all: Result<Vec<&'static Extension>, String> = declarations.iter().map(made).collect();
        all.map(Self)
    }

    /// The match or target of that name.
    pub(super) fn find(&self, name: &str, role: Role) -> Option<&'static Extension> {
        self.0.iter().copied().find(|own| own.name == name && own.role == role)
    }

    /// The names of those of a role.
    pub(super) fn names(&self, role: Role) -> impl Iterator<Item = &'static str> {
        self.0.iter().filter(move |own| own.role == role).map(|own| own.name)
    }
}

/// The names of the usual add-ons.
pub(super) fn addons(role: Role) -> impl Iterator<Item = &'static str> {
    KNOWN_ADDONS.iter().filter(move |own| own.role == role).map(|own| own.name)
}

/// The add-on of that name.
pub(super) fn find_addon(name: &str, role: Role) -> Option<&'static Extension> {
    KNOWN_ADDONS.iter().copied().find(|own| own.name == name && own.role == role)
}

/// The option that others have added to an extension of iptables.
pub fn added_option(extension: &str, role: Role, name: &str) -> Option<&'static OptionRow> {
    find_addon(extension, role)?.option(name)
}

fn made(declaration: &Declaration) -> Result<&'static Extension, String> {
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = made.get(declaration) {
        return Ok(known);
    }
    let role = if declaration.target { Role::Target } else { Role::Match };
    let options = declaration.options.iter().map(String::as_str);
    let extension: &'static Extension = Box::leak(Box::new(extension(role, &declaration.name, options)?));
    made.insert(declaration.clone(), extension);
    Ok(extension)
}

/// An add-on has other options in other versions, so nothing is certain of them.
fn addon(line: &str) -> Option<&'static Extension> {
    let mut fields = line.split('\t');
    let role = if fields.next()? == "target" { Role::Target } else { Role::Match };
    let extension = extension(role, fields.next()?, fields).ok()?;
    let loose = |row: &OptionRow| match row.kind {
        Kind::Words(1) => OptionRow { kind: Kind::MaybeWord, ..*row },
        _ => *row,
    };
    let options: Vec<OptionRow> = extension.options.iter().map(loose).collect();
    Some(Box::leak(Box::new(Extension { addon: true, options: Box::leak(options.into_boxed_slice()), ..extension })))
}

fn extension<'a>(role: Role, name: &str, options: impl Iterator<Item = &'a str>) -> Result<Extension, String> {
    let meaning = if role == Role::Match { Meaning::Opaque } else { Meaning::Nothing };
    let rows: Result<Vec<OptionRow>, String> =
        options.map(|text| row(text).map(|row| row.meaning(meaning)).ok_or_else(|| text.to_owned())).collect();
    let name: &'static str = Box::leak(name.to_owned().into_boxed_str());
    Ok(Extension { role, ..Extension::matching(name, Box::leak(rows?.into_boxed_slice())) })
}

/// The option that is written so; it may be given any number of times.
fn row(text: &str) -> Option<OptionRow> {
    let (negatable, text) = text.strip_prefix("[!] ").map_or((false, text), |text| (true, text));
    let mut words = text.split_whitespace();
    let names = words.next()?;
    let well_formed = |name: &str| name.len() > 2 && name.starts_with("--") && !name.contains('=');
    if !names.split('|').all(well_formed) {
        return None;
    }
    let mut names = names.split('|').map(|name| &*Box::leak(name.to_owned().into_boxed_str()));
    let (name, aliases): (&'static str, Vec<&'static str>) = (names.next()?, names.collect());
    let arguments: Vec<&str> = words.collect();
    let kind = match arguments.as_slice() {
        [] => Kind::Switch,
        [one] if one.starts_with('[') && one.ends_with(']') => Kind::MaybeWord,
        words if words.iter().any(|word| word.contains(['[', ']', '-'])) => return None,
        words => Kind::Words(words.len()),
    };
    let row = OptionRow::new(name, kind).alias(Box::leak(aliases.into_boxed_slice())).repeatable();
    Some(if negatable { row.negatable() } else { row })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_addon_is_understood() {
        assert_eq!(KNOWN_ADDONS.len(), ADDONS.lines().count());
    }

    #[test]
    fn options_are_declared_as_they_are_written() {
        let shape = |text| row(text).map(|row| (row.name, row.aliases.len(), row.kind.arity(), row.negatable));
        assert_eq!(shape("[!] --src-cc|--source-country COUNTRIES"), Some(("--src-cc", 1, 1, true)));
        assert_eq!(shape("--all"), Some(("--all", 0, 0, false)));
        assert_eq!(shape("--pair ONE TWO"), Some(("--pair", 0, 2, false)));
        for wrong in ["", "all", "--", "--a=b", "--x --y", "! --x"] {
            assert_eq!(shape(wrong), None, "{wrong}");
        }
    }
}
