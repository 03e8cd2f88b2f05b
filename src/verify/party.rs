//! One side of a comparison: its rules, and what the unknowns in them are called.

use std::collections::HashSet;

use super::arms::Arm;
use super::outside::{self, Outside};
use super::own;
use crate::analysis::Analysis;
use crate::logic::Formula;
use crate::model::{Dialect, Entry, Family, Ruleset, Test};
use crate::packet::Filter;
use crate::packet::sets::{Atom, Firewall, Names};

/// One side of a comparison.
pub(crate) struct Party {
    pub(super) filter: Filter,
    pub(super) names: Names,
    pub(super) dialect: Dialect,
    pub(super) ruleset: Ruleset,
    /// The runs that are compared.
    pub(super) runs: Formula,
    /// What may do anything with the rules.
    pub(super) outside: Vec<Outside>,
    /// The tests for a destination that is an address of this host.
    pub(super) own: Vec<Test>,
}

/// Two sides that are to be compared.
pub(super) fn pair(mut a: Party, mut b: Party) -> (Party, Party) {
    if a.dialect != b.dialect {
        let (old, new) = if a.dialect == Dialect::Ipchains { (&mut a, &b) } else { (&mut b, &a) };
        old.names.follow(&new.names);
    }
    (a, b)
}

impl Party {
    pub(super) fn new(analysis: &mut Analysis<'_>, (dialect, runs): Arm, family: Family) -> Self {
        let own = analysis.ruleset(dialect, family).cloned();
        let ruleset = own.unwrap_or_else(|| Ruleset::new(dialect, family));
        let filter = Filter::new(&ruleset, &mut analysis.evaluation.conditions.formulas, Formula::TRUE);
        let mut names = Names::of(&filter, &analysis.evaluation.conditions);
        names.keep(runs, &analysis.evaluation.conditions);
        let outside = outside::of(analysis);
        outside.iter().for_each(|own| names.keep(own.guard, &analysis.evaluation.conditions));
        let own = own::destinations(analysis, &ruleset);
        Self { filter, names, dialect, ruleset, runs, outside, own }
    }

    pub(super) fn firewall(&self) -> Firewall<'_> {
        Firewall { ruleset: &self.ruleset, filter: &self.filter, names: &self.names }
    }

    /// The conditions of rules that are made any number of times: they may come out otherwise each time.
    pub(super) fn repeated(&self, analysis: &Analysis<'_>) -> Vec<(String, u32)> {
        let chains = self.ruleset.tables.iter().flat_map(|table| &table.chains);
        let entries = chains.flat_map(|chain| &chain.entries).filter(|entry| entry.many);
        let ends = |entry: &Entry| entry.rounds.iter().flat_map(|own| own.loops.broken.clone()).collect::<Vec<_>>();
        let mut open: Vec<Formula> = entries.flat_map(|entry| ends(entry).into_iter().chain([entry.guard])).collect();
        let (mut seen, mut found) = (HashSet::new(), Vec::new());
        while let Some(at) = open.pop() {
            let Some((variable, low, high)) = analysis.evaluation.conditions.formulas.decision(at) else { continue };
            if !seen.insert(at) {
                continue;
            }
            open.extend([low, high]);
            if let Some(Atom::Condition(text, before)) = self.names.atom_of(variable) {
                found.push((text, before));
            }
        }
        found
    }
}
