//! Buckets of `-m hashlimit`: those of one name are shared by all rules of a family, in whatever table, and measure
//! either rates or credits (`hashlimit_mt_check_common` in `net/netfilter/xt_hashlimit.c`).

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use smol_str::SmolStr;

use super::refusal::{Fault, Refusal};
use super::{Entry, Ruleset, Table};
use crate::diag::Variant;
use crate::logic::{Formula, Formulas};
use crate::model::{Action, Argument, Command, Dialect, Rule, Test};
use crate::text::Place;

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
    /// The chain and place of the rule, if the section has added it.
    added: Option<(SmolStr, Place)>,
}

impl Held {
    /// Whether buckets of the other are there in all runs in which these are, and are of another kind.
    fn clashes(&self, other: &Self, formulas: &mut Formulas) -> bool {
        self.name == other.name && self.rates != other.rates && formulas.implies(self.guard, other.guard)
    }
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
            let held = |(name, rates)| Held { name: SmolStr::from(name), rates, guard: entry.guard, added: None };
            self.buckets.held.extend(buckets(&entry.rule).map(held));
        }
    }

    /// Judges the rules of the sections that end, and lets go of the buckets of those that are not there any more.
    ///
    /// iptables-legacy-restore tells the kernel of what is left of a section, iptables-nft-restore of all that it added.
    pub(super) fn release_buckets(&mut self, formulas: &mut Formulas) -> Vec<(Place, Refusal)> {
        let held = std::mem::take(&mut self.buckets.held);
        let is_doubtful = |own: &Held| self.buckets.kinds.get(&own.name) == Some(&[true; 2]);
        let sections = self.tables.iter().filter(|table| table.section).flat_map(|table| &table.chains);
        let left: HashSet<Place> = match held.iter().any(is_doubtful) {
            true => sections.flat_map(|chain| &chain.entries).map(|entry| entry.rule.place).collect(),
            false => HashSet::new(),
        };
        let is_left = |own: &Held| own.added.as_ref().is_none_or(|(_, place)| left.contains(place));
        let mut refused = Vec::new();
        for (at, own) in held.iter().enumerate().filter(|(_, own)| is_doubtful(own)) {
            let Some((_, place)) = own.added else { continue };
            let elsewhere = self.has_buckets((&own.name, !own.rates), own.guard, |table| !table.section, formulas);
            let mut beside = |fits: &dyn Fn(&Held) -> bool| {
                elsewhere || held[..at].iter().any(|other| fits(other) && own.clashes(other, formulas))
            };
            let by_legacy = is_left(own) && beside(&is_left);
            let by_nft = self.variant != Some(Variant::Legacy) && beside(&|_| true);
            let fault = if by_legacy { Some(Fault::OtherBuckets) } else { by_nft.then_some(Fault::OtherBucketsAdded) };
            refused.extend(fault.map(|fault| (place, fault.refusal(self.dialect))));
        }
        refused
    }

    /// Refuses rules whose buckets are certainly there, and of the other kind; rules of a section only at its end.
    pub(super) fn known_buckets(
        &mut self,
        command: &Command,
        (guard, many): (Formula, bool),
        formulas: &mut Formulas,
    ) -> Result<(), Fault> {
        let (chain, rules) = match &command.action {
            Action::Append { chain, rules } | Action::Insert { chain, rules, .. } => (chain, rules.as_slice()),
            Action::Replace { chain, rule, .. } => (chain, std::slice::from_ref(rule)),
            Action::Flush { chain: Some(chain) } => {
                // iptables-nft-restore takes back what it has added to a chain that it flushes.
                let of_chain = |own: &Held| own.added.as_ref().is_some_and(|(name, _)| chain.is(name));
                self.buckets.held.retain(|held| !of_chain(held));
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
            let doubtful = *kinds == [true; 2];
            if in_section {
                let added = Some((SmolStr::from(chain.to_string()), command.place));
                self.buckets.held.extend((!many).then_some(Held { name, rates, guard, added }));
            } else if doubtful && self.has_buckets((&name, !rates), guard, |_| true, formulas) {
                return Err(Fault::OtherBuckets);
            }
        }
        Ok(())
    }

    /// Whether some rule of these tables with such buckets is there in all of these runs.
    fn has_buckets(
        &self,
        wanted: (&str, bool),
        guard: Formula,
        tables: impl Fn(&Table) -> bool,
        formulas: &mut Formulas,
    ) -> bool {
        let tables = self.tables.iter().filter(|table| tables(table));
        let chains = tables.flat_map(|table| &table.chains).filter(|chain| !chain.ordering_uncertain);
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
