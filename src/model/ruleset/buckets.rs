//! Buckets of `-m hashlimit`: those of one name are shared by all rules of a family, in whatever table, and measure
//! either rates or credits (`hashlimit_mt_check_common` in `net/netfilter/xt_hashlimit.c`).

use std::collections::HashMap;
use std::sync::Arc;

use smol_str::SmolStr;

use super::refusal::Fault;
use super::{Entry, Ruleset};
use crate::diag::Variant;
use crate::logic::{Formula, Formulas};
use crate::model::{Action, Argument, Command, Dialect, Rule, Test};

/// What is known of the buckets of all rules.
#[derive(Clone, Debug, Default)]
pub(super) struct Buckets {
    /// Their names, and whether any rule so far has measured credits, or rates.
    kinds: HashMap<SmolStr, [bool; 2]>,
    /// Those that are there up to the `COMMIT` of the section, whatever becomes of their rules.
    held: Vec<Held>,
}

/// Buckets of a rule that the table of a section held when it began, or that the section has added.
#[derive(Clone, Debug)]
struct Held {
    name: SmolStr,
    rates: bool,
    guard: Formula,
    /// Whether the section has added the rule, which iptables-nft-restore tells the kernel at once.
    added: bool,
}

impl Ruleset {
    /// Keeps the buckets of the rules in a table, whose section begins.
    ///
    /// The kernel checks all that a section brings before it lets go of what it replaces.
    pub(super) fn hold_buckets(&mut self, table: &str) {
        let Some(table) = self.tables.iter().find(|own| own.name == table).filter(|_| !self.buckets.kinds.is_empty())
        else {
            return;
        };
        let entries = table.chains.iter().filter(|chain| !chain.ordering_uncertain).flat_map(|chain| &chain.entries);
        for entry in entries.filter(|entry| !entry.many) {
            let held = |(name, rates)| Held { name: SmolStr::from(name), rates, guard: entry.guard, added: false };
            self.buckets.held.extend(buckets(&entry.rule).map(held));
        }
    }

    /// Lets go of the buckets of rules that are not there any more.
    pub(super) fn release_buckets(&mut self) {
        self.buckets.held.clear();
    }

    /// Refuses rules whose buckets are certainly there, and of the other kind.
    pub(super) fn known_buckets(
        &mut self,
        command: &Command,
        (guard, many): (Formula, bool),
        formulas: &mut Formulas,
    ) -> Result<(), Fault> {
        let rules = match &command.action {
            Action::Append { rules, .. } | Action::Insert { rules, .. } => rules.as_slice(),
            Action::Replace { rule, .. } => std::slice::from_ref(rule),
            Action::Flush { .. } => {
                // iptables-nft-restore takes back what it has added to a chain that it flushes.
                self.buckets.held.retain(|held| !held.added);
                return Ok(());
            }
            _ => return Ok(()),
        };
        if self.dialect != Dialect::Iptables {
            return Ok(());
        }
        let in_section = self.tables.iter().any(|table| table.section && command.table.is(&table.name));
        for (name, rates) in rules.iter().flat_map(buckets) {
            let name = SmolStr::from(name);
            let kinds = self.buckets.kinds.entry(name.clone()).or_default();
            kinds[usize::from(rates)] = true;
            if *kinds == [true; 2] {
                self.no_other_buckets((&name, !rates), guard, formulas)?;
            }
            if in_section && !many {
                self.buckets.held.push(Held { name, rates, guard, added: true });
            }
        }
        Ok(())
    }

    /// Refuses a rule beside whose buckets there are others of their name in all of these runs.
    fn no_other_buckets(&self, other: (&str, bool), guard: Formula, formulas: &mut Formulas) -> Result<(), Fault> {
        let mut holds = |added: bool| {
            let same = |held: &&Held| held.added == added && (held.name.as_str(), held.rates) == other;
            self.buckets.held.iter().filter(same).any(|held| formulas.implies(guard, held.guard))
        };
        if holds(false) {
            return Err(Fault::OtherBuckets);
        }
        let added = self.variant != Some(Variant::Legacy) && holds(true);
        if self.has_buckets(other, guard, formulas) {
            return Err(Fault::OtherBuckets);
        }
        if added { Err(Fault::OtherBucketsAdded) } else { Ok(()) }
    }

    /// Whether some rule with such buckets is there in all of these runs.
    fn has_buckets(&self, wanted: (&str, bool), guard: Formula, formulas: &mut Formulas) -> bool {
        let chains = self.tables.iter().flat_map(|table| &table.chains).filter(|chain| !chain.ordering_uncertain);
        let there = |entry: &&Entry| !entry.many && buckets(&entry.rule).any(|own| own == wanted);
        let mut entries = chains.flat_map(|chain| &chain.entries).filter(there);
        entries.any(|entry| formulas.implies(guard, entry.guard))
    }
}

/// The buckets of a rule, and whether they measure rates.
fn buckets(rule: &Arc<Rule>) -> impl Iterator<Item = (&str, bool)> {
    let modules = rule.matches.iter().filter_map(|own| match &own.test {
        Test::Module(module) if module.name == "hashlimit" => Some(module),
        _ => None,
    });
    modules.filter_map(|module| {
        let named = |name| module.options.iter().find(move |option| option.name == name);
        match &named("--hashlimit-name")?.argument {
            Some(Argument::Text(name)) => Some((name.as_str(), named("--hashlimit-rate-match").is_some())),
            _ => None,
        }
    })
}
