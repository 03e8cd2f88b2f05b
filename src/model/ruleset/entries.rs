//! Rules put into a chain and taken out of it, under a condition.
//!
//! Positions count the rules that are there. Where a rule before the position may or may not be
//! there, the textual order is kept and the chain says that its order is uncertain.

use std::sync::Arc;

use super::refusal::Fault;
use super::run::Run;
use super::same::{is_open, same};
use super::{Chain, Entry};
use crate::diag::Variant;
use crate::logic::Formula;
use crate::model::{Dialect, Known, Rounds, Rule};

/// Deletions of a chain look at so many rules, which is far more than those of any script that a person wrote.
const MAX_COMPARED: usize = 50_000_000;

/// What a position means in a chain.
struct Slot {
    /// The entry at the position, if any.
    at: Option<usize>,
    /// How many entries there are up to it.
    count: u32,
    /// Whether every entry before the position is there for certain.
    certain: bool,
    /// Whether every entry before the position is there for certain, or stands with nothing but entries of the same
    /// rounds behind it and is there in this one: the position is then within what the rounds make, or at its end.
    within: bool,
    /// Whether the entry at the position is there for certain.
    is_certain: bool,
}

impl Chain {
    pub(super) fn append(&mut self, rules: &[Arc<Rule>], guard: Formula, run: &Run<'_>) {
        let rounds = self.rounds(rules, run).map(|own| Rounds { in_order: true, ..own });
        let many = run.many || self.lost;
        let entry = |rule: &Arc<Rule>| Entry::new(rule, (guard, many), (rounds.clone(), run.fresh));
        self.entries.extend(rules.iter().map(entry));
    }

    pub(super) fn insert(
        &mut self,
        position: &Known<u32>,
        rules: &[Arc<Rule>],
        guard: Formula,
        run: &mut Run<'_>,
    ) -> Result<(), Fault> {
        let at = match position {
            Known::Is(position) => {
                let slot = self.slot(*position, guard, run);
                let reachable = slot.at.is_some() || slot.count + 1 >= *position;
                if !reachable && !self.ordering_uncertain && slot.certain {
                    return Err(Fault::InsertTooFar);
                }
                self.ordering_uncertain |= !slot.within;
                slot.at.unwrap_or(self.entries.len())
            }
            Known::Unknown(_) => {
                self.ordering_uncertain = true;
                self.entries.len()
            }
        };
        let (rounds, many) = (self.rounds(rules, run), run.many || self.lost);
        for rule in rules {
            self.entries.insert(at, Entry::new(rule, (guard, many), (rounds.clone(), run.fresh)));
        }
        Ok(())
    }

    /// The rounds that rules come about in, where each makes one that stays.
    fn rounds(&self, rules: &[Arc<Rule>], run: &Run<'_>) -> Option<Rounds> {
        let stays = |rounds: &&Rounds| rules.len() == 1 && self.emptied_in != Some(rounds.loops.number);
        run.rounds.filter(stays).cloned()
    }

    /// Rules are taken away, which in a loop is in each of its rounds.
    fn note_emptied(&mut self, run: &Run<'_>) {
        if !run.many {
            return;
        }
        let number = run.rounds.map(|rounds| rounds.loops.number);
        self.emptied_in = number;
        self.entries.iter_mut().for_each(|entry| entry.rounds = None);
    }

    pub(super) fn replace(
        &mut self,
        position: &Known<u32>,
        rule: &Arc<Rule>,
        guard: Formula,
        run: &mut Run<'_>,
    ) -> Result<(), Fault> {
        let Some(at) = self.one(position, guard, run, Fault::ReplaceTooFar)? else { return Ok(()) };
        let (held, fresh) = (self.entries[at].guard, self.entries[at].fresh);
        let there = run.formulas.and(held, guard);
        self.entries.insert(at + 1, Entry::new(rule, (there, run.many || self.lost), (None, run.fresh)));
        self.note_emptied(run);
        self.remove(at, guard, run);
        if fresh { Err(Fault::Unfinished) } else { Ok(()) }
    }

    pub(super) fn delete_number(
        &mut self,
        position: &Known<u32>,
        guard: Formula,
        run: &mut Run<'_>,
    ) -> Result<(), Fault> {
        let fault = if self.entries.is_empty() { Fault::DeleteFromEmpty } else { Fault::DeleteTooFar };
        if let Some(at) = self.one(position, guard, run, fault)? {
            self.note_emptied(run);
            self.remove(at, guard, run);
        }
        Ok(())
    }

    /// Deletes the first entry that equals each of `rules`, in every outcome the first that is there.
    ///
    /// iptables deletes none of several rules where one is missing.
    pub(super) fn delete_rules(&mut self, rules: &[Arc<Rule>], guard: Formula, run: &mut Run<'_>) -> Result<(), Fault> {
        let before = (rules.len() > 1 && run.dialect == Dialect::Iptables).then(|| self.entries.clone());
        let found = rules.iter().map(|rule| self.delete_rule(rule, guard, run)).filter(|found| *found).count();
        if found == rules.len() || found > 0 && before.is_none() {
            return Ok(());
        }
        let open = rules.iter().any(|rule| is_open(rule)) || self.entries.iter().any(|entry| is_open(&entry.rule));
        if open || self.ordering_uncertain {
            // Where there is none, none goes, whatever the rules say.
            self.ordering_uncertain |= self.entries.iter().any(|own| run.formulas.compatible(guard, own.guard));
            return Ok(());
        }
        if let Some(before) = before {
            self.entries = before;
        }
        Err(if self.entries.is_empty() { Fault::NoRules } else { Fault::NoSuchRule })
    }

    /// Refuses a rule that is certainly not there.
    pub(super) fn check(&self, rule: &Rule, guard: Formula, run: &mut Run<'_>) -> Result<(), Fault> {
        let found = |entry: &Entry| same(&entry.rule, rule, run.dialect) && run.formulas.compatible(guard, entry.guard);
        let open = is_open(rule) || self.entries.iter().any(|entry| is_open(&entry.rule));
        if open || self.ordering_uncertain || self.entries.iter().any(found) { Ok(()) } else { Err(Fault::NoSuchRule) }
    }

    /// Refuses to zero the counters of a rule that is certainly not there.
    pub(super) fn zero(&self, position: &Known<u32>, guard: Formula, run: &mut Run<'_>) -> Result<(), Fault> {
        let Known::Is(position) = position else { return Ok(()) };
        let slot = self.slot(*position, guard, run);
        match slot.at.and_then(|at| self.entries.get(at)) {
            Some(entry) if entry.fresh && slot.certain => Err(Fault::Unfinished),
            Some(_) => Ok(()),
            None if !slot.certain || self.ordering_uncertain || run.variant == Some(Variant::Nft) => Ok(()),
            None => Err(Fault::ZeroTooFar),
        }
    }

    fn delete_rule(&mut self, rule: &Rule, guard: Formula, run: &mut Run<'_>) -> bool {
        self.compared += self.entries.len();
        if self.compared > MAX_COMPARED {
            self.lose();
            return true;
        }
        let mut rest = guard;
        let mut at = 0;
        let mut found = false;
        while at < self.entries.len() && !rest.is_false() {
            let entry = &self.entries[at];
            if !same(&entry.rule, rule, run.dialect) || !run.formulas.compatible(rest, entry.guard) {
                at += 1;
                continue;
            }
            let (held, before) = (entry.guard, self.entries.len());
            if !std::mem::replace(&mut found, true) {
                self.note_emptied(run);
            }
            self.remove(at, rest, run);
            rest = run.formulas.and_not(rest, held);
            at += usize::from(self.entries.len() == before);
        }
        found
    }

    /// Gives up to tell which rules are there.
    fn lose(&mut self) {
        if !std::mem::replace(&mut self.lost, true) {
            self.ordering_uncertain = true;
            self.entries.iter_mut().for_each(|entry| (entry.many, entry.rounds) = (true, None));
        }
    }

    /// Takes all entries away where `guard` holds.
    pub(super) fn flush(&mut self, guard: Formula, run: &mut Run<'_>) {
        self.flush_some(guard, run, |_| true);
    }

    /// The same for some entries.
    pub(super) fn flush_some(&mut self, guard: Formula, run: &mut Run<'_>, goes: impl Fn(&Entry) -> bool) {
        if run.many {
            self.note_emptied(run);
            self.entries.iter_mut().for_each(|entry| entry.many = true);
            return;
        }
        self.entries.retain_mut(|entry| {
            if goes(entry) {
                entry.guard = run.formulas.and_not(entry.guard, guard);
            }
            !entry.guard.is_false()
        });
        if guard.is_true() {
            self.ordering_uncertain = self.lost;
        }
    }

    /// Takes the entry `at` away where `guard` holds.
    fn remove(&mut self, at: usize, guard: Formula, run: &mut Run<'_>) {
        let Some(entry) = self.entries.get_mut(at) else { return };
        if run.many || entry.many {
            entry.many = true;
            entry.rounds = None;
            return;
        }
        entry.guard = run.formulas.and_not(entry.guard, guard);
        if entry.guard.is_false() {
            self.entries.remove(at);
        }
    }

    /// The one entry that `-R` or `-D` with a number means.
    fn one(
        &mut self,
        position: &Known<u32>,
        guard: Formula,
        run: &mut Run<'_>,
        fault: Fault,
    ) -> Result<Option<usize>, Fault> {
        let Known::Is(position) = position else {
            self.ordering_uncertain = true;
            return Ok(None);
        };
        let slot = self.slot(*position, guard, run);
        if slot.at.is_none() && slot.certain && !self.ordering_uncertain {
            return Err(fault);
        }
        self.ordering_uncertain |= !(slot.certain && slot.is_certain);
        Ok(slot.at)
    }

    fn slot(&self, position: u32, guard: Formula, run: &mut Run<'_>) -> Slot {
        let mut slot = Slot { at: None, count: 0, certain: true, within: true, is_certain: true };
        let of_rounds = |entry: &Entry| match (&entry.rounds, run.rounds) {
            (Some(own), Some(present)) => Arc::ptr_eq(&own.loops, &present.loops),
            _ => false,
        };
        for (at, entry) in self.entries.iter().enumerate() {
            if slot.count + 1 > position {
                break;
            }
            if !run.formulas.compatible(guard, entry.guard) {
                continue;
            }
            let implied = run.formulas.implies(guard, entry.guard);
            let there = !entry.many && implied;
            if slot.count + 1 == position {
                slot.at = Some(at);
                slot.is_certain = there;
                break;
            }
            slot.count += 1;
            slot.within &= (there && slot.certain) || (implied && of_rounds(entry));
            slot.certain &= there;
        }
        slot
    }
}
