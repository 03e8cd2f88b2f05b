//! Extensions that are not declared: what is said of them, and where an option shows that there is one.
//!
//! They may come with an add-on, so they are no errors; their options are kept as they stand.

use super::extension::Role;
use super::extensions::{self, EXTENSIONS};
use super::leftover;
use super::module::Loaded;
use super::scan::Scanner;
use super::{Context, declared};
use crate::diag::{Confidence, Diagnostic, Severity};
use crate::dialect::nearest::{nearest, perhaps};
use crate::model::Value;
use crate::text::Place;

const CODE: &str = "unknown-extension";

/// What to say of the match or target `name`, which is not declared.
pub(super) fn unknown(name: &str, role: Role, context: &Context, place: Place) -> Diagnostic {
    let family = context.family;
    let what = match role {
        Role::Match => "match",
        Role::Target => "target",
    };
    if declared::find_addon(name, role).is_some() {
        let message = format!("the {what} `{name}` comes with an add-on of iptables, so its options are not checked");
        return Diagnostic::new(CODE, Severity::Warning, place, message);
    }
    let message = format!("iptables has no {what} `{name}` of its own");
    let problem = Diagnostic::new(CODE, Severity::Warning, place, message).with_confidence(Confidence::Likely);
    if role == Role::Match
        && (extensions::VERDICTS.contains(&name) || extensions::find(name, Role::Target, family).is_some())
    {
        return problem.with_hint(format!("`{name}` is a target: `-j {name}`"));
    }
    let dashed = format!("--{name}");
    if role == Role::Match && leftover::is_port_option(&dashed) {
        return problem.with_hint(format!("`{dashed}` stands behind `-p tcp` or `-p udp`"));
    }
    if let Some(owner) = leftover::owner_of(&dashed, family, None).filter(|_| role == Role::Match) {
        return problem.with_hint(owner.trim_end_matches(", which must stand before it"));
    }
    let own = EXTENSIONS.iter().filter(|own| own.role == role && own.families.contains(&family));
    let begun = |own: &&str| name.len() > 3 && own.starts_with(name);
    let names: Vec<&str> =
        own.map(|own| own.name).chain(context.installed.declared.names(role)).chain(declared::addons(role)).collect();
    match nearest(name, names.iter().copied()).or_else(|| names.iter().copied().find(begun)) {
        Some(near) => problem.with_hint(perhaps(near)),
        None => problem,
    }
}

/// What to say of an option that others have added to an extension.
pub(super) fn added(extension: &str, option: &str, place: Place) -> Diagnostic {
    let message =
        format!("{extension} has `{option}` only in some routers' builds of iptables, so the option is not checked");
    Diagnostic::new(CODE, Severity::Warning, place, message)
}

impl Scanner<'_> {
    /// Takes the target for an extension where an option follows it that nothing known has.
    ///
    /// A chain takes no options, and the names of targets are in capitals.
    pub(super) fn load_foreign_target(&mut self, option: &str) -> bool {
        let Some(said) = &self.draft.target else { return false };
        let (Value::Known(name), false) = (&said.what.0, said.what.1) else { return false };
        let there = self.loaded.iter().any(|module| module.role == Role::Target);
        let capitals = !name.contains(|c: char| c.is_ascii_lowercase()) && name.len() > 1;
        let verdict = extensions::VERDICTS.contains(&name.as_str());
        if there || verdict || !capitals || self.is_known_elsewhere(option) {
            return false;
        }
        let (name, place) = (name.clone(), said.place);
        self.report(unknown(&name, Role::Target, self.context, place));
        self.loaded.push(Loaded::new(name, Role::Target, None, place));
        true
    }
}
