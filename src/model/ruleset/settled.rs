//! The rules that are the same in all of some runs.

use super::same::{is_open, same};
use super::{Chain, Ruleset, Table};
use crate::logic::{Formula, Formulas};
use crate::model::{Rule, Value};
use crate::text::Place;

impl Ruleset {
    /// In which runs a chain of a table holds a rule; not decided where that hangs on values that are not known.
    pub fn holds(&self, (table, chain): (&Value, &Value), rule: &Rule, formulas: &mut Formulas) -> Formula {
        let (Some(table), Some(chain)) = (table.known(), chain.known()) else { return Formula::UNDECIDED };
        let Some(table) = self.table(table) else { return Formula::FALSE };
        let Some(chain) = table.chain(chain) else {
            return if table.open { Formula::UNDECIDED } else { Formula::FALSE };
        };
        let mut held = Formula::FALSE;
        for entry in &chain.entries {
            let equal = same(&entry.rule, rule, self.dialect);
            let certain = !entry.many && !is_open(&entry.rule) && !is_open(rule);
            held = match (equal, certain) {
                (true, true) => formulas.or(held, entry.guard),
                (true, false) => Formula::UNDECIDED,
                (false, _) => held,
            };
        }
        held
    }

    /// The ruleset that all of `runs` end with.
    ///
    /// Where they end with different ones, the error is a command that only some of them run, as far as it is known.
    pub fn settled(&self, runs: Formula, formulas: &mut Formulas) -> Result<Self, Option<Place>> {
        let tables = self.tables.iter().map(|table| table.settled(runs, formulas)).collect::<Result<_, _>>()?;
        Ok(Self { tables, ..self.clone() })
    }
}

impl Table {
    fn settled(&self, runs: Formula, formulas: &mut Formulas) -> Result<Self, Option<Place>> {
        let mut table = Self {
            name: self.name.clone(),
            chains: Vec::new(),
            open: self.open,
            section: self.section,
            made: self.made,
            met: self.met,
            renamed: self.renamed.clone(),
            hidden: self.hidden.clone(),
            taken: self.taken.clone(),
            links: self.links.clone(),
            index: Default::default(),
        };
        for chain in &self.chains {
            if in_all(chain.exists, runs, formulas).ok_or(chain.place)? {
                table.push(chain.settled(runs, formulas)?);
            }
        }
        Ok(table)
    }
}

impl Chain {
    fn settled(&self, runs: Formula, formulas: &mut Formulas) -> Result<Self, Option<Place>> {
        if self.ordering_uncertain {
            return Err(self.entries.last().map(|entry| entry.rule.place));
        }
        let mut chain = Self { entries: Vec::new(), policies: Vec::new(), ..self.clone() };
        for entry in &self.entries {
            let place = Some(entry.rule.place);
            if in_all(entry.guard, runs, formulas).filter(|there| !there || !entry.many).ok_or(place)? {
                chain.entries.push(entry.clone());
            }
        }
        // The kernel's own policy has no place.
        let set = self.policies.iter().find_map(|policy| policy.place);
        for policy in &self.policies {
            if in_all(policy.guard, runs, formulas).ok_or(set)? {
                chain.policies.push(policy.clone());
            }
        }
        Ok(chain)
    }
}

/// Whether something that is there under `guard` is there in all of `runs`, or in none; nothing where it is in some.
fn in_all(guard: Formula, runs: Formula, formulas: &mut Formulas) -> Option<bool> {
    match formulas.implies(runs, guard) {
        true => Some(true),
        false => (!formulas.compatible(runs, guard)).then_some(false),
    }
}
