//! Rule numbers: one ipchains rule may be several iptables rules, so numbers are counted anew.

use std::collections::BTreeMap;

use super::layout::Copy;
use crate::model::{Effect, Known, MarkChange, Rule};

/// A rule of a chain, and how many rules stand for it in each copy of the chain.
struct Slot {
    rule: Rule,
    /// It is there in every run that gets so far.
    certain: bool,
    widths: BTreeMap<Copy, usize>,
}

/// The rules of all chains so far.
#[derive(Default)]
pub(super) struct Numbers {
    chains: BTreeMap<String, Vec<Slot>>,
}

/// Where a rule of the old number stands in a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Position {
    /// The numbers are the same in both.
    Same,
    /// It begins at this number and is so many rules long.
    At(usize, usize),
    /// It depends on the run.
    Unknown,
}

impl Numbers {
    /// Adds rules at the end, or at the old number `at`.
    pub(super) fn add(
        &mut self,
        chain: &str,
        at: Option<usize>,
        rule: &Rule,
        certain: bool,
        widths: BTreeMap<Copy, usize>,
    ) {
        let slots = self.chains.entry(chain.to_owned()).or_default();
        let at = at.map_or(slots.len(), |at| at.saturating_sub(1).min(slots.len()));
        slots.insert(at, Slot { rule: rule.clone(), certain, widths });
    }

    /// Whether no rule of the chain is known.
    pub(super) fn is_empty(&self, chain: &str) -> bool {
        self.chains.get(chain).is_none_or(Vec::is_empty)
    }

    /// Forgets the rule with the old number `at`.
    pub(super) fn remove(&mut self, chain: &str, at: usize) {
        if let Some(slots) = self.chains.get_mut(chain).filter(|slots| at >= 1 && at <= slots.len()) {
            slots.remove(at - 1);
        }
    }

    /// Forgets the first rule that is equal to `rule`.
    pub(super) fn remove_equal(&mut self, chain: &str, rule: &Rule) {
        if let Some(at) = self.chains.get(chain).and_then(|slots| slots.iter().position(|slot| same(&slot.rule, rule)))
        {
            self.remove(chain, at + 1);
        }
    }

    /// The old number of the rule that deleting `rule` deletes, where it is another one: marks and TOS
    /// do not count. `None` where they are the same or the rule is not known.
    pub(super) fn unlike(&self, chain: &str, rule: &Rule) -> Option<usize> {
        let slots = self.chains.get(chain)?;
        let at = slots.iter().position(|slot| same(&slot.rule, rule))?;
        (slots.get(at)?.rule.effects != rule.effects).then_some(at + 1)
    }

    /// Forgets all rules of a chain, or of all chains.
    pub(super) fn flush(&mut self, chain: Option<&str>, certain: bool) {
        let concerned = self.chains.iter_mut().filter(|(name, _)| chain.is_none_or(|chain| *name == chain));
        for (_, slots) in concerned {
            match certain {
                true => slots.clear(),
                false => slots.iter_mut().for_each(|slot| slot.certain = false),
            }
        }
    }

    /// Where the rule with the old number `at` stands in `copy`; one past the last is a position too.
    pub(super) fn position(&self, chain: &str, copy: &Copy, at: usize) -> Position {
        let slots = self.chains.get(chain).map(Vec::as_slice).unwrap_or_default();
        let width = |slot: &Slot| slot.widths.get(copy).copied().unwrap_or(0);
        if slots.iter().all(|slot| width(slot) == 1) {
            return Position::Same;
        }
        let before = slots.get(..at.saturating_sub(1));
        match before {
            Some(before) if before.iter().all(|slot| slot.certain) => {
                let own = slots.get(at.saturating_sub(1)).map_or(0, width);
                Position::At(1 + before.iter().map(width).sum::<usize>(), own)
            }
            _ => Position::Unknown,
        }
    }
}

/// Whether ipchains takes two rules for equal when it deletes.
fn same(one: &Rule, other: &Rule) -> bool {
    let changes = |rule: &Rule| {
        let kept =
            |effect: &&Effect| !matches!(effect, Effect::Tos { .. } | Effect::Mark(Known::Is(MarkChange::Set(_))));
        let relative = |effect: &Effect| matches!(effect, Effect::Mark(_));
        rule.effects.iter().filter(kept).map(|effect| (!relative(effect)).then(|| effect.clone())).collect::<Vec<_>>()
    };
    let target = |rule: &Rule| rule.target.as_ref().map(|target| target.name.clone());
    target(one) == target(other) && tests(one) == tests(other) && changes(one) == changes(other)
}

fn tests(rule: &Rule) -> Vec<(bool, &crate::model::Test)> {
    rule.matches.iter().map(|found| (found.negated, &found.test)).collect()
}
