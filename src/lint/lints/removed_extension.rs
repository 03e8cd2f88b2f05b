//! `removed-extension`: gone from the kernel.

use crate::diag::{Diagnostic, Severity, Tag};
use crate::lint::removed::{MATCHES, TARGETS};
use crate::lint::{Category, Context, lint};
use crate::model::{Dialect, Rule, Test};

lint! {
    /// Finds matches and targets that current kernels no longer have.
    ///
    /// # What it does
    /// Looks for extensions that were removed from the kernel, or that were never part of it and are no longer
    /// kept up: `unclean`, `nth`, `random`, `MIRROR`, `SAME`, `ULOG` and others.
    ///
    /// # Why it is bad
    /// The rule is refused on a current system. Where it was to drop or to log something, that is then let
    /// through or lost.
    ///
    /// # Example
    /// ```sh
    /// iptables -P INPUT DROP
    /// iptables -A INPUT -m unclean -j DROP
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -P INPUT DROP
    /// iptables -A INPUT -m conntrack --ctstate INVALID -j DROP
    /// ```
    pub(super) static LINT = {
        name: "removed-extension",
        category: Category::Deprecated,
        severity: Severity::Warning,
        fixable: false,
        check: check,
    };
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let commands = context.live_commands().filter(|(_, command)| command.dialect == Dialect::Iptables);
    let rules = commands.flat_map(|(step, command)| command.added_rules().map(move |rule| (step, rule)));
    let old = rules.flat_map(|(step, rule)| removed(rule).into_iter().map(move |found| (step, found)));
    let finding = |(step, (place, what, advice))| {
        let finding = context.finding(context.place(step, place), format!("current kernels have no {what}"));
        Diagnostic { tags: vec![Tag::Deprecated], ..finding.with_help(advice) }
    };
    old.map(finding).collect()
}

/// What the rule uses that is gone: where, what, and what to do.
fn removed(rule: &Rule) -> Vec<(crate::text::Place, String, &'static str)> {
    let mut found = Vec::new();
    for own in &rule.matches {
        let Test::Module(module) = &own.test else { continue };
        let row = MATCHES.iter().find(|(name, _)| *name == module.name);
        found.extend(row.map(|(name, advice)| (own.place, format!("match `{name}`"), *advice)));
    }
    if let Some(target) = &rule.target {
        let row = TARGETS.iter().find(|(name, _)| target.name.is(name));
        found.extend(row.map(|(name, advice)| (target.place, format!("target `{name}`"), *advice)));
    }
    found
}
