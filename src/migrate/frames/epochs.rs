//! After which flush the rules of the script come.

use std::collections::{BTreeMap, BTreeSet};

use super::asked::Asked;
use super::events::{action, wipes_all};
use super::runs;
use crate::analysis::Analysis;
use crate::eval::Step;
use crate::migrate::layout::{Layout, Side};
use crate::migrate::policies::Policies;
use crate::model::Action;
use crate::text::Place;

/// The steps that flush all rules.
pub(super) struct Wipes<'a>(Vec<(usize, &'a Step)>);

/// The steps that want the way laid, by the last flush before them.
pub(super) type Epochs = BTreeMap<Option<usize>, BTreeSet<usize>>;

impl<'a> Wipes<'a> {
    pub(super) fn of(analysis: &'a Analysis<'_>) -> Self {
        let wipes = analysis.invocations().filter(|(number, step, _)| runs(step) && wipes_all(analysis, *number));
        Self(wipes.map(|(number, step, _)| (number, step)).collect())
    }

    /// The first one behind step `number` that is not before `begin`; there may be none.
    pub(super) fn next(&self, begin: usize, number: usize) -> usize {
        let mut numbers = self.0.iter().map(|(wipe, _)| *wipe);
        numbers.find(|other| *other >= begin && *other > number).unwrap_or(usize::MAX)
    }

    /// The last one before step `number` that runs in some run which takes the step.
    fn last(&self, (number, step): (usize, &Step), policies: &Policies) -> Option<usize> {
        let before = self.0.iter().rev().filter(|(wipe, _)| *wipe < number);
        before.into_iter().find(|(_, wipe)| policies.compatible(wipe.guard, step.guard)).map(|(wipe, _)| *wipe)
    }

    /// Whether one of them follows on a step in every run that takes it.
    pub(super) fn follow(&self, (number, step): (usize, &Step), policies: &Policies) -> bool {
        let flushed =
            |(wipe, by): &(usize, &Step)| *wipe > number && !by.many && policies.implies(step.guard, by.guard);
        self.0.iter().any(flushed)
    }

    /// Which of them the steps come after for which the way must be laid.
    pub(super) fn epochs(
        &self,
        analysis: &Analysis<'_>,
        layout: &Layout<'_>,
        (policies, asked): (&Policies, &Asked),
    ) -> Epochs {
        let steps = &analysis.evaluation.steps;
        let mut epochs = Epochs::new();
        for number in layout.steps() {
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
        epochs
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
