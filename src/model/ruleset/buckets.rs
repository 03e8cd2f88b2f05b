//! Buckets of `-m hashlimit`: those of one name are shared by all rules of a family, in whatever table, and measure
//! either rates or credits (`hashlimit_mt_check_common` in `net/netfilter/xt_hashlimit.c`).

use std::collections::HashMap;
use std::sync::Arc;

use smol_str::SmolStr;

use super::refusal::Fault;
use super::{Entry, Ruleset};
use crate::logic::{Formula, Formulas};
use crate::model::{Action, Argument, Command, Dialect, Rule, Test};

/// The names of buckets, and whether any rule so far has measured credits, or rates.
pub(super) type Buckets = HashMap<SmolStr, [bool; 2]>;

impl Ruleset {
    /// Refuses rules whose buckets are certainly there, and of the other kind.
    pub(super) fn known_buckets(
        &mut self,
        command: &Command,
        guard: Formula,
        formulas: &mut Formulas,
    ) -> Result<(), Fault> {
        let rules = match &command.action {
            Action::Append { rules, .. } | Action::Insert { rules, .. } => rules.as_slice(),
            Action::Replace { rule, .. } => std::slice::from_ref(rule),
            _ => return Ok(()),
        };
        if self.dialect != Dialect::Iptables {
            return Ok(());
        }
        for (name, rates) in rules.iter().flat_map(buckets) {
            let kinds = self.buckets.entry(SmolStr::from(name)).or_default();
            kinds[usize::from(rates)] = true;
            if *kinds == [true; 2] && self.has_buckets((name, !rates), guard, formulas) {
                return Err(Fault::OtherBuckets);
            }
        }
        Ok(())
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
