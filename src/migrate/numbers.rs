//! Rule numbers: one ipchains rule may be several iptables rules, so numbers are counted anew.

use std::collections::{BTreeMap, BTreeSet};

use super::layout::Copy;
use super::rule::Tokens;
use crate::model::{Effect, Known, MarkChange, Rule};

/// A rule of a chain, and what stands for it in each copy of the chain.
struct Slot {
    rule: Rule,
    /// It is there in every run that gets so far.
    certain: bool,
    bodies: Bodies,
}

/// The rules of a chain.
#[derive(Default)]
struct Slots {
    all: Vec<Slot>,
    /// For each copy, how many of them are one rule there.
    single: BTreeMap<Copy, usize>,
}

impl Slots {
    fn insert(&mut self, at: usize, slot: Slot) {
        for copy in slot.single() {
            *self.single.entry(copy.clone()).or_default() += 1;
        }
        self.all.insert(at, slot);
    }

    fn remove(&mut self, at: usize) {
        for copy in self.all.remove(at).single() {
            self.single.entry(copy.clone()).and_modify(|count| *count -= 1);
        }
    }

    /// Whether each of them is one rule in `copy`.
    fn are_single(&self, copy: &Copy) -> bool {
        self.single.get(copy).copied().unwrap_or_default() == self.all.len()
    }
}

/// What stands behind the chain in each of the rules that one has become in the copies of its chain.
pub(super) type Bodies = BTreeMap<Copy, Vec<Tokens>>;

/// How many rules these are; `None` where that depends on the run.
pub(super) fn width(bodies: &[Tokens]) -> Option<usize> {
    bodies.iter().all(|body| body.1.is_none() && body.2.is_none()).then_some(bodies.len())
}

/// The rules of all chains so far.
#[derive(Default)]
pub(super) struct Numbers {
    chains: BTreeMap<String, Slots>,
    /// Chains with rules that only the run knows; `None` is one that may be any.
    open: BTreeSet<Option<String>>,
    /// Chains with rules that cannot be counted when the script runs: some are not one rule there, beside those for
    /// the log, in each copy.
    uneven: BTreeSet<String>,
    /// Chains with rules that are more or less than one rule in some copy.
    wide: BTreeSet<String>,
}

/// Where a rule of the old number stands in a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Position {
    /// The numbers are the same in both.
    Same,
    /// It begins at this number and is so many rules long, unless that depends on the run.
    At(usize, Option<usize>),
    /// It depends on the run.
    Unknown,
}

impl Numbers {
    /// Adds rules at the end, or at the old number `at`.
    pub(super) fn add(&mut self, chain: &str, at: Option<usize>, rule: &Rule, certain: bool, bodies: Bodies) {
        if bodies.is_empty() || !bodies.values().all(|bodies| is_counted(bodies)) {
            self.uneven.insert(chain.to_owned());
        }
        if bodies.is_empty() || bodies.values().any(|bodies| width(bodies) != Some(1)) {
            self.wide.insert(chain.to_owned());
        }
        let slots = self.chains.entry(chain.to_owned()).or_default();
        let count = slots.all.len();
        let at = at.map_or(count, |at| at.saturating_sub(1).min(count));
        slots.insert(at, Slot { rule: rule.clone(), certain, bodies });
    }

    /// From here on the chain, or any, has rules that only the run knows.
    pub(super) fn open(&mut self, chain: Option<&str>) {
        self.open.insert(chain.map(str::to_owned));
    }

    /// The chains whose rules cannot be counted when the script runs.
    pub(super) fn uneven(&self) -> &BTreeSet<String> {
        &self.uneven
    }

    /// The chains whose rules have other numbers in some copy.
    pub(super) fn wide(&self) -> &BTreeSet<String> {
        &self.wide
    }

    /// Whether no rule of the chain is known.
    pub(super) fn is_empty(&self, chain: &str) -> bool {
        self.chains.get(chain).is_none_or(|slots| slots.all.is_empty())
    }

    /// Forgets the rule with the old number `at`, unless it stays in some runs.
    pub(super) fn remove(&mut self, chain: &str, at: usize, certain: bool) {
        let slots = self.chains.get_mut(chain).filter(|slots| at >= 1 && at <= slots.all.len());
        match slots {
            Some(slots) if certain => slots.remove(at - 1),
            Some(slots) => slots.all[at - 1].certain = false,
            None => {}
        }
    }

    /// The same for the first rule that is equal to `rule`.
    pub(super) fn remove_equal(&mut self, chain: &str, rule: &Rule, certain: bool) {
        if let Some(at) = self.equal(chain, rule) {
            self.remove(chain, at, certain);
        }
    }

    /// The old number of the first rule that is equal to `rule`.
    pub(super) fn equal(&self, chain: &str, rule: &Rule) -> Option<usize> {
        self.chains.get(chain)?.all.iter().position(|slot| same(&slot.rule, rule)).map(|at| at + 1)
    }

    /// Whether the rule with the old number `at` has become in `copy` what `rule` becomes now in `width` rules: marks
    /// and TOS do not make rules unequal, and which rules are needed in other tables hangs on those around them.
    pub(super) fn became(&self, chain: &str, at: usize, rule: &Rule, copy: &Copy, width: Option<usize>) -> bool {
        let slot = self.chains.get(chain).and_then(|slots| slots.all.get(at.saturating_sub(1)));
        slot.is_none_or(|slot| slot.rule.effects == rule.effects && slot.width(copy) == width)
    }

    /// Forgets all rules of a chain, or of all chains.
    pub(super) fn flush(&mut self, chain: Option<&str>, certain: bool) {
        if certain {
            self.open.retain(|own| chain.is_some() && own.as_deref() != chain);
        }
        let concerned = self.chains.iter_mut().filter(|(name, _)| chain.is_none_or(|chain| *name == chain));
        for (_, slots) in concerned {
            match certain {
                true => *slots = Slots::default(),
                false => slots.all.iter_mut().for_each(|slot| slot.certain = false),
            }
        }
    }

    /// Where the rule with the old number `at` stands in `copy`; one past the last is a position too.
    pub(super) fn position(&self, chain: &str, copy: &Copy, at: usize) -> Position {
        if self.open.contains(&None) || self.open.contains(&Some(chain.to_owned())) {
            return Position::Unknown;
        }
        let known = self.chains.get(chain);
        if known.is_none_or(|slots| slots.are_single(copy)) {
            return Position::Same;
        }
        let slots = known.map(|slots| slots.all.as_slice()).unwrap_or_default();
        let (number, own) = (at.saturating_sub(1), slots.get(at.saturating_sub(1)));
        let before = slots.get(..number).filter(|before| before.iter().all(|slot| slot.certain));
        let widths: Option<Vec<usize>> = before.and_then(|before| before.iter().map(|slot| slot.width(copy)).collect());
        match widths {
            Some(widths) => Position::At(1 + widths.iter().sum::<usize>(), own.map_or(Some(0), |own| own.width(copy))),
            None => Position::Unknown,
        }
    }

    /// All rules of a copy in their order, where that is the same in each run.
    pub(super) fn bodies(&self, chain: &str, copy: &Copy) -> Option<Vec<Tokens>> {
        let slots = self.chains.get(chain)?.all.as_slice();
        let certain = slots.iter().all(|slot| slot.certain);
        certain.then(|| slots.iter().flat_map(|slot| slot.bodies(copy)).cloned().collect())
    }
}

impl Slot {
    /// The copies in which it is one rule.
    fn single(&self) -> impl Iterator<Item = &Copy> {
        self.bodies.iter().filter(|(_, bodies)| width(bodies) == Some(1)).map(|(copy, _)| copy)
    }

    fn width(&self, copy: &Copy) -> Option<usize> {
        width(self.bodies(copy))
    }

    fn bodies(&self, copy: &Copy) -> &[Tokens] {
        self.bodies.get(copy).map(Vec::as_slice).unwrap_or_default()
    }
}

/// Whether these are one rule beside those for the log; a rule without a target may be one for the log alone.
fn is_counted(bodies: &[Tokens]) -> bool {
    let logs = |body: &Tokens| body.0.iter().any(|token| token.text == "LOG");
    let [before @ .., last] = bodies else { return false };
    before.iter().all(logs) && last.1.is_none() && (!logs(last) || before.is_empty())
}

/// Whether ipchains takes two rules for equal when it deletes.
pub(super) fn same(one: &Rule, other: &Rule) -> bool {
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
