//! Rules in chains of the user to which packets come from built-in chains where the kernel refuses the rule.
//!
//! The kernel asks this when a jump completes the way: both variants for what an extension as a whole needs
//! (`.hooks` of a match or target), iptables-legacy alone for what one of its options needs (`checkentry`, which
//! iptables-nft asks in built-in chains only).

use std::collections::HashMap;

use crate::analysis::Analysis;
use crate::diag::{Diagnostic, Severity, Variant};
use crate::dialect::iptables::extension::{Constraint, Extension, Role};
use crate::dialect::iptables::extensions;
use crate::logic::{Formula, Formulas};
use crate::model::{Chain, Dialect, Entry, Family, OptionUse, Rule, Table, Test};

/// Chains are followed so deeply; the kernel has room for fewer.
const DEEPEST: usize = 64;

/// The runs in which packets come to a chain of the user, by the built-in chain that they come from.
type Reached<'t> = HashMap<&'t str, Vec<(&'t str, Formula)>>;

/// What is wrong with rules in chains of the user.
pub fn refused(analysis: &Analysis<'_>) -> Vec<Diagnostic> {
    find(analysis, &mut analysis.evaluation.conditions.formulas.clone())
}

/// The same, by formulas that are lent out.
pub(super) fn find(analysis: &Analysis<'_>, formulas: &mut Formulas) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for ruleset in analysis.rulesets.iter().filter(|ruleset| ruleset.dialect == Dialect::Iptables) {
        for table in &ruleset.tables {
            let reached = reached(table, formulas);
            for chain in table.chains.iter().filter(|chain| !chain.builtin) {
                let hooks = reached.get(chain.name.as_str()).map_or(&[][..], Vec::as_slice);
                let site = Site { family: ruleset.family, chain, hooks };
                found.extend(chain.entries.iter().flat_map(|entry| site.refusals(entry, formulas)));
            }
        }
    }
    found
}

fn reached<'t>(table: &'t Table, formulas: &mut Formulas) -> Reached<'t> {
    let mut reached = Reached::new();
    for hook in table.chains.iter().filter(|chain| chain.builtin) {
        follow(table, (hook, hook), (Formula::TRUE, 0), &mut reached, formulas);
    }
    reached
}

/// Follows the jumps of a chain to which packets come from a built-in one, in some runs and so deep below it.
fn follow<'t>(
    table: &'t Table,
    (hook, chain): (&'t Chain, &'t Chain),
    (runs, depth): (Formula, usize),
    reached: &mut Reached<'t>,
    formulas: &mut Formulas,
) {
    for entry in &chain.entries {
        let target = entry.rule.target.as_ref().and_then(|target| target.name.known());
        let Some(next) = target.and_then(|name| table.chain(name)).filter(|next| !next.builtin) else { continue };
        let runs = formulas.and(runs, entry.guard);
        let ways = reached.entry(&next.name).or_default();
        let before = ways.iter().find(|(own, _)| *own == hook.name).map_or(Formula::FALSE, |(_, before)| *before);
        if depth < DEEPEST && possible(formulas.and_not(runs, before)) {
            ways.retain(|(own, _)| *own != hook.name);
            ways.push((&hook.name, formulas.or(before, runs)));
            follow(table, (hook, next), (runs, depth + 1), reached, formulas);
        }
    }
}

/// Whether some run makes the formula hold, for certain.
fn possible(runs: Formula) -> bool {
    !runs.is_false() && runs != Formula::UNDECIDED
}

/// A chain of the user.
struct Site<'s> {
    family: Family,
    chain: &'s Chain,
    hooks: &'s [(&'s str, Formula)],
}

impl Site<'_> {
    /// Why the kernel refuses a rule, in the runs in which it is there.
    fn refusals(&self, entry: &Entry, formulas: &mut Formulas) -> Vec<Diagnostic> {
        let rule = &entry.rule;
        let target =
            rule.target.as_ref().and_then(|target| Some((target.name.known()?, Role::Target, &target.options)));
        let matches = rule.matches.iter().filter_map(|one| match &one.test {
            Test::Module(module) => Some((module.name.as_str(), Role::Match, &module.options)),
            _ => None,
        });
        let extended = matches.chain(target).filter_map(|(name, role, options)| {
            let extension = extensions::find(name, role, self.family)?;
            let bound = |constraint: &Constraint| matches!(constraint, Constraint::Hooks { .. });
            let bound = !extension.hooks.is_empty() || extension.constraints.iter().any(bound);
            bound.then_some((extension, options.as_slice()))
        });
        extended.flat_map(|(extension, options)| self.misplaced(entry, extension, options, formulas)).collect()
    }

    fn misplaced(
        &self,
        entry: &Entry,
        extension: &Extension,
        options: &[OptionUse],
        formulas: &mut Formulas,
    ) -> Vec<Diagnostic> {
        let whole = self
            .outside(entry, extension.hooks, formulas)
            .map(|hook| self.finding(&entry.rule, extension.name, extension.hooks, hook));
        let of_options = extension.constraints.iter().filter_map(|constraint| {
            let Constraint::Hooks { option, hooks, unless } = constraint else { return None };
            let spared = options.iter().any(|own| own.name == *unless);
            let hook = self.outside(entry, hooks, formulas).filter(|_| !spared && says(extension, options, *option))?;
            let text = [option.0, option.1].join(" ");
            Some(self.finding(&entry.rule, text.trim_end(), hooks, hook).only_for(Variant::Legacy))
        });
        whole.into_iter().chain(of_options).collect()
    }

    /// A built-in chain besides these from which packets come to the rule.
    fn outside(&self, entry: &Entry, hooks: &[&str], formulas: &mut Formulas) -> Option<&str> {
        let other = |(hook, runs): &&(&str, Formula)| {
            !hooks.is_empty() && !hooks.contains(hook) && possible(formulas.and(*runs, entry.guard))
        };
        self.hooks.iter().find(other).map(|(hook, _)| *hook)
    }

    fn finding(&self, rule: &Rule, what: &str, hooks: &[&str], hook: &str) -> Diagnostic {
        let (hooks, chain) = (hooks.join(", "), &self.chain.name);
        let message = format!("`{what}` works only in the chains {hooks}, and packets come to {chain} from {hook}");
        Diagnostic::new("wrong-table", Severity::Error, rule.place, message)
    }
}

/// Whether the option is there, with this argument where it is not empty.
fn says(extension: &Extension, options: &[OptionUse], (name, text): (&str, &str)) -> bool {
    let written = |own: &OptionUse| Some(extension.option(name)?.kind.write(own.argument.as_ref()?));
    options.iter().any(|own| own.name == name && (text.is_empty() || written(own).as_deref() == Some(text)))
}
