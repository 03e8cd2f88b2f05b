//! Which policy a built-in chain of ipchains has at a point of the script.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::layout::Side;
use crate::analysis::{Analysis, Reading};
use crate::dialect::ipchains::saved_policy;
use crate::eval::Act;
use crate::logic::{Formula, Formulas};
use crate::model::{Action, Dialect};

/// A command that sets a policy.
struct Set {
    step: usize,
    side: Side,
    /// Empty where it is not known.
    target: String,
    guard: Formula,
    many: bool,
}

/// All commands that set policies, in the order in which they run.
pub(super) struct Policies {
    sets: Vec<Set>,
    formulas: RefCell<Formulas>,
}

impl Policies {
    pub(super) fn of(analysis: &Analysis<'_>) -> Self {
        let mut sets = Vec::new();
        for (number, (step, reading)) in analysis.evaluation.steps.iter().zip(&analysis.readings).enumerate() {
            if step.guard.is_false() {
                continue;
            }
            let (chain, target) = match (&step.act, reading.as_ref()) {
                (_, Some(Reading::Ipchains(parsed))) => match parsed.command.as_ref().map(|command| &command.action) {
                    Some(Action::Policy { chain, target }) => (chain.known(), target.known().unwrap_or_default()),
                    _ => continue,
                },
                (Act::Chain { dialect: Dialect::Ipchains, name, policy: Some(policy), .. }, _) => {
                    (name.known(), saved_policy(policy))
                }
                _ => continue,
            };
            let sides: Vec<Side> = match chain {
                Some(chain) => Side::of_chain(chain).into_iter().collect(),
                None => Side::ALL.to_vec(),
            };
            let (guard, many) = (step.guard, step.many || chain.is_none());
            sets.extend(sides.into_iter().map(|side| Set {
                step: number,
                side,
                target: target.to_owned(),
                guard,
                many,
            }));
        }
        Self { sets, formulas: RefCell::new(analysis.evaluation.conditions.formulas.clone()) }
    }

    /// The policies that the chain of `side` can have before step `before` in the runs of `guard`;
    /// an empty name is one that is not known.
    pub(super) fn possible(&self, side: Side, guard: Formula, before: usize) -> BTreeSet<&str> {
        let mut formulas = self.formulas.borrow_mut();
        let mut found = BTreeSet::new();
        for set in self.sets.iter().rev().filter(|set| set.side == side && set.step < before) {
            let both = formulas.and(set.guard, guard);
            if both.is_false() {
                continue;
            }
            found.insert(set.target.as_str());
            if !set.many && formulas.implies(guard, set.guard) {
                return found;
            }
        }
        found.insert("ACCEPT");
        found
    }

    /// The one policy that the chain has then, where there is only one.
    pub(super) fn known(&self, side: Side, guard: Formula, before: usize) -> Option<&str> {
        let possible = self.possible(side, guard, before);
        let mut all = possible.into_iter();
        all.next().filter(|first| all.next().is_none() && !first.is_empty())
    }

    /// The steps of which one has set the policy then in each run of `guard`; none where a run sets no policy.
    pub(super) fn set_at(&self, side: Side, guard: Formula, before: usize) -> Vec<usize> {
        let (mut found, mut guards) = (Vec::new(), Vec::new());
        for set in self.sets.iter().rev().filter(|set| set.side == side && set.step < before) {
            if !self.compatible(set.guard, guard) {
                continue;
            }
            if set.many {
                break;
            }
            found.push(set.step);
            guards.push(set.guard);
            if self.any_of(guard, guards.iter().copied()) {
                return found;
            }
        }
        Vec::new()
    }

    /// The steps that set a policy.
    pub(super) fn steps(&self) -> impl Iterator<Item = usize> + '_ {
        self.sets.iter().map(|set| set.step)
    }

    /// The steps that give a chain another policy than ACCEPT.
    pub(super) fn closing(&self) -> impl Iterator<Item = usize> + '_ {
        self.closing_sets().map(|set| set.step)
    }

    /// The same, with the chains and the runs.
    pub(super) fn closing_sides(&self) -> impl Iterator<Item = (usize, Side, Formula)> + '_ {
        self.closing_sets().map(|set| (set.step, set.side, set.guard))
    }

    fn closing_sets(&self) -> impl Iterator<Item = &Set> {
        self.sets.iter().filter(|set| set.target != "ACCEPT")
    }

    /// Whether every run of `guard` sets the policy again at or after step `from`.
    pub(super) fn follows(&self, side: Side, guard: Formula, from: usize) -> bool {
        let later = self.sets.iter().filter(|set| set.side == side && set.step >= from && !set.many);
        self.any_of(guard, later.map(|set| set.guard))
    }

    /// Whether the chain of `side` has the policy of step `own` in all runs of a guard, or one that the same command sets.
    pub(super) fn are_all_like(
        &self,
        (own, side): (usize, Side),
        guard: Formula,
        same_command: impl Fn(usize) -> bool,
    ) -> bool {
        let target = |step: usize| {
            let found = self.sets.iter().find(|set| set.step == step && set.side == side);
            found.map(|set| set.target.as_str()).filter(|target| !target.is_empty())
        };
        let sets = self.set_at(side, guard, usize::MAX);
        let alike = |step: &usize| {
            same_command(*step) || target(*step).is_some_and(|own_target| target(own) == Some(own_target))
        };
        !sets.is_empty() && sets.iter().all(alike)
    }

    /// Whether the chain may still have another policy than ACCEPT from an earlier run in the runs of `guard`: these set
    /// none.
    pub(super) fn may_be_left(&self, side: Side, guard: Formula) -> bool {
        self.closing_sets().any(|set| set.side == side) && !self.is_set(side, guard)
    }

    /// Whether what keeps forwarded packets back before the runs of `guard` still does after them, if they open all that
    /// they set: whoever closes a chain that they set closes one that they leave as well.
    pub(super) fn stay_closed(&self, guard: Formula) -> bool {
        let left = |set: &&Set| self.may_be_left(set.side, guard);
        let (left, set): (Vec<&Set>, Vec<&Set>) = self.closing_sets().partition(left);
        !left.is_empty() && set.iter().all(|set| self.any_of(set.guard, left.iter().map(|set| set.guard)))
    }

    /// Whether some run of a guard gives a chain another policy than ACCEPT before step `before`.
    pub(super) fn is_closed(&self, guard: Formula, before: usize) -> bool {
        self.closing_sets().any(|set| set.step < before && self.compatible(set.guard, guard))
    }

    /// Whether some run gives the chain the policy REJECT.
    pub(super) fn rejects(&self, side: Side) -> bool {
        self.sets.iter().any(|set| set.side == side && set.target == "REJECT")
    }

    /// Whether runs of another kind than those of a guard do.
    pub(super) fn rejects_otherwise(&self, side: Side, guard: Formula) -> bool {
        let mut rejecting = self.sets.iter().filter(|set| set.side == side && set.target == "REJECT");
        rejecting.any(|set| !self.implies(guard, set.guard))
    }

    /// Whether some run of a guard sets the policy of the chain.
    pub(super) fn is_set(&self, side: Side, guard: Formula) -> bool {
        self.sets.iter().any(|set| set.side == side && self.compatible(set.guard, guard))
    }

    /// Whether some runs open a chain that other ones close.
    pub(super) fn differ_by_run(&self) -> bool {
        let closes = |set: &&Set| set.target != "ACCEPT";
        let opened = |set: &Set| {
            let others = self.sets.iter().filter(|other| other.side == set.side && other.target == "ACCEPT");
            others.into_iter().any(|other| !self.compatible(other.guard, set.guard))
        };
        self.sets.iter().filter(closes).any(opened)
    }

    /// Whether the script ever gives the chain another policy than these.
    pub(super) fn only(&self, side: Side, targets: &[&str]) -> bool {
        self.sets.iter().filter(|set| set.side == side).all(|set| targets.contains(&set.target.as_str()))
    }

    /// Whether all runs of `inner` are runs of `outer`.
    pub(super) fn implies(&self, inner: Formula, outer: Formula) -> bool {
        self.formulas.borrow_mut().implies(inner, outer)
    }

    /// Whether each run of `inner` is one of one of `outer`.
    pub(super) fn any_of(&self, inner: Formula, outer: impl Iterator<Item = Formula>) -> bool {
        let mut formulas = self.formulas.borrow_mut();
        let mut left = inner;
        outer.into_iter().any(|outer| {
            left = formulas.and_not(left, outer);
            left.is_false()
        })
    }

    /// The runs that are one of any of these.
    pub(super) fn union(&self, guards: impl Iterator<Item = Formula>) -> Formula {
        let mut formulas = self.formulas.borrow_mut();
        guards.into_iter().fold(Formula::FALSE, |all, guard| formulas.or(all, guard))
    }

    /// The runs that are one of both.
    pub(super) fn both(&self, one: Formula, other: Formula) -> Formula {
        self.formulas.borrow_mut().and(one, other)
    }

    /// Whether a run may be one of both.
    pub(super) fn compatible(&self, one: Formula, other: Formula) -> bool {
        !self.both(one, other).is_false()
    }
}
