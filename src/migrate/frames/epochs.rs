//! After which flush the rules of the script come.

use std::collections::{BTreeMap, BTreeSet};

use super::asked::Asked;
use super::events::{action, wipes_all};
use super::others::Filling;
use super::runs;
use crate::analysis::Analysis;
use crate::eval::Step;
use crate::logic::Formula;
use crate::migrate::layout::{Layout, Side};
use crate::migrate::policies::Policies;
use crate::model::Action;
use crate::text::Place;

/// The steps that flush all rules, and those that flush one built-in chain.
pub(super) struct Wipes<'a> {
    all: Vec<(usize, &'a Step)>,
    single: Vec<(usize, Side)>,
}

/// The steps that want the way laid, by the last flush before them.
pub(super) type Epochs = BTreeMap<Option<usize>, BTreeSet<usize>>;

impl<'a> Wipes<'a> {
    pub(super) fn of(analysis: &'a Analysis<'_>) -> Self {
        let wipes = analysis.invocations().filter(|(number, step, _)| runs(step) && wipes_all(analysis, *number));
        let side = |number| match action(analysis, number) {
            Some(Action::Flush { chain: Some(chain) }) => Side::of_chain(chain.known()?),
            _ => None,
        };
        let steps = analysis.evaluation.steps.iter().enumerate().filter(|(_, step)| runs(step));
        Self {
            all: wipes.map(|(number, step, _)| (number, step)).collect(),
            single: steps.filter_map(|(number, _)| Some((number, side(number)?))).collect(),
        }
    }

    /// The first one behind step `number` that is not before `begin`; there may be none.
    pub(super) fn next(&self, begin: usize, number: usize) -> usize {
        let mut numbers = self.all.iter().map(|(wipe, _)| *wipe);
        numbers.find(|other| *other >= begin && *other > number).unwrap_or(usize::MAX)
    }

    /// The last one before step `number` that runs in some run which takes the step.
    pub(super) fn last(&self, (number, step): (usize, &Step), policies: &Policies) -> Option<usize> {
        let before = self.all.iter().rev().filter(|(wipe, _)| *wipe < number);
        before.into_iter().find(|(_, wipe)| policies.compatible(wipe.guard, step.guard)).map(|(wipe, _)| *wipe)
    }

    /// Whether one of them follows on a step in every run that takes it.
    pub(super) fn follow(&self, (number, step): (usize, &Step), policies: &Policies) -> bool {
        let later = self.all.iter().filter(|(wipe, by)| *wipe > number && !by.many);
        policies.any_of(step.guard, later.map(|(_, by)| by.guard))
    }

    /// Which of them the steps come after for which the way must be laid.
    pub(super) fn epochs(
        &self,
        analysis: &Analysis<'_>,
        (layout, filling): (&Layout<'_>, &Filling),
        (policies, asked): (&Policies, &Asked),
    ) -> Epochs {
        let steps = &analysis.evaluation.steps;
        let mut epochs = Epochs::new();
        epochs.entry(None).or_default().extend(self.keeping(steps, (layout, filling), policies));
        for number in layout.steps().chain(filling.closing.iter().copied()) {
            let Some(step) = steps.get(number).filter(|step| runs(step)) else { continue };
            let known = |rule: &Step, number| {
                Side::ALL.into_iter().all(|side| asked.is_told(policies, side, (rule.guard, number)))
            };
            let adds = |rule: usize| {
                let by = steps.get(rule).filter(|_| rule > number);
                by.is_some_and(|by| policies.implies(step.guard, by.guard) && !by.many && known(by, rule))
            };
            // A policy that rules follow on is known when the way is laid for them, unless it depends on the run.
            if !layout.rule_steps().any(|rule| rule == number) && layout.rule_steps().any(adds) {
                continue;
            }
            epochs.entry(self.last((number, step), policies)).or_default().insert(number);
        }
        epochs.retain(|_, steps| !steps.is_empty());
        epochs
    }

    /// The steps that empty one built-in chain in runs which do not empty them all, while rules of other runs may be
    /// there: these stay, and so must the way.
    fn keeping(
        &self,
        steps: &[Step],
        (layout, filling): (&Layout<'_>, &Filling),
        policies: &Policies,
    ) -> impl Iterator<Item = usize> {
        let keeps = |(number, _): &&(usize, Side)| {
            steps.get(*number).is_some_and(|own| {
                self.leave((*number, own), layout, (steps, policies)) && filling.by_others(own.guard, policies)
            })
        };
        self.single.iter().filter(keeps).map(|(number, _)| *number)
    }

    /// Whether they leave what is there from other runs for the step to find: nothing flushes all rules before it, and its
    /// runs do not empty each chain by itself.
    pub(super) fn leave(
        &self,
        (number, step): (usize, &Step),
        layout: &Layout<'_>,
        (steps, policies): (&[Step], &Policies),
    ) -> bool {
        self.last((number, step), policies).is_none() && !self.empties(step, layout, (steps, policies))
    }

    /// Whether some run of a guard empties a built-in chain by itself.
    pub(super) fn touch(&self, guard: Formula, steps: &[Step], policies: &Policies) -> bool {
        let single = self.single.iter().filter_map(|(number, _)| steps.get(*number));
        single.into_iter().any(|step| policies.compatible(guard, step.guard))
    }

    /// Whether the runs of a step empty, one by one, all built-in chains that the script adds rules to.
    pub(super) fn empties(&self, own: &Step, layout: &Layout<'_>, (steps, policies): (&[Step], &Policies)) -> bool {
        let open = layout.rules_anywhere().next().is_some();
        let is_filled = |side: &Side| open || layout.rules(side.chain()).next().is_some();
        let emptied = |side: Side| {
            let of_side = self.single.iter().filter(|(_, of)| *of == side).filter_map(|(number, _)| steps.get(*number));
            of_side.into_iter().any(|step| policies.implies(own.guard, step.guard))
        };
        Side::ALL.into_iter().filter(is_filled).all(emptied)
    }
}

/// The steps that set the policy of forward after a flush that no rules follow on, and with the other policies ACCEPT:
/// they need no way. What is written once is one in all its runs.
pub(super) fn alone(
    epochs: &Epochs,
    analysis: &Analysis<'_>,
    layout: &Layout<'_>,
    policies: &Policies,
) -> BTreeSet<usize> {
    let steps = &analysis.evaluation.steps;
    let rules: BTreeSet<usize> = layout.rule_steps().collect();
    let fits = |number: &usize| {
        let Some(step) = steps.get(*number) else { return false };
        let forward = matches!(action(analysis, *number), Some(Action::Policy { chain, .. }) if chain.is("forward"));
        let ends = |wipe: &usize| {
            wipes_all(analysis, *wipe) && steps.get(*wipe).is_some_and(|wipe| policies.implies(step.guard, wipe.guard))
        };
        let end = (number + 1..steps.len()).find(ends).unwrap_or(steps.len());
        let open = |side: Side| {
            let all = policies.possible(side, step.guard, end);
            policies.known(side, step.guard, *number) == Some("ACCEPT") && all.into_iter().eq(["ACCEPT"])
        };
        let follows = |rule: &usize| steps.get(*rule).is_some_and(|rule| policies.compatible(step.guard, rule.guard));
        forward && open(Side::Input) && open(Side::Output) && !rules.range(number..&end).any(follows)
    };
    let flushed = epochs.iter().filter(|(wipe, _)| wipe.is_some()).map(|(_, steps)| steps);
    let found: BTreeSet<usize> = flushed.filter(|steps| steps.iter().all(fits)).flatten().copied().collect();
    let place = |step: &usize| steps.get(*step).map(|step| analysis.written_at(step));
    let policy = |step: &usize| matches!(action(analysis, *step), Some(Action::Policy { .. }));
    let others: BTreeSet<_> = (0..steps.len()).filter(|step| policy(step) && !fits(step)).collect();
    let others: BTreeSet<Option<Place>> = others.iter().map(place).collect();
    found.into_iter().filter(|step| !others.contains(&place(step))).collect()
}
