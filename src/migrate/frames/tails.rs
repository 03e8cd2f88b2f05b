//! Policies that iptables has only as the last rule of their chain, in scripts whose runs differ in them.

use std::collections::BTreeSet;

use super::events::{action, happens};
use super::runs;
use crate::analysis::Analysis;
use crate::eval::Step;
use crate::migrate::layout::{Layout, Side};
use crate::migrate::policies::Policies;
use crate::model::Action;

/// What such rules meet in the runs of the script.
#[derive(Default)]
pub(in crate::migrate) struct Tails {
    /// Steps that set a policy, behind which rules are added to the same chain in runs with another policy too.
    shared: BTreeSet<usize>,
    /// Steps that set a policy where the rule of an earlier run may still be there.
    left: BTreeSet<usize>,
}

impl Tails {
    pub(super) fn of(analysis: &Analysis<'_>, layout: &Layout<'_>, policies: &Policies) -> Self {
        let steps = &analysis.evaluation.steps;
        let (mut tails, mut staying) = (Self::default(), Vec::new());
        for (number, step) in steps.iter().enumerate().filter(|(_, step)| runs(step)) {
            let Some(Action::Policy { chain, .. }) = action(analysis, number) else { continue };
            let Some(side) = chain.known().and_then(Side::of_chain) else { continue };
            let placed = layout.placed().filter(|(chain, placed)| *chain == side.chain() && placed.step > number);
            let mut later = placed.filter_map(|(_, placed)| steps.get(placed.step));
            // A command may set several policies, by what its words say.
            let same_command = |other: usize| steps.get(other).is_some_and(|other| other.place == step.place);
            let differs = |later: &Step| {
                policies.compatible(later.guard, step.guard)
                    && !policies.are_all_like((number, side), later.guard, same_command)
            };
            if !step.many && later.any(differs) {
                tails.shared.insert(number);
            }
            let empties = |action: &Action| match action {
                Action::Flush { chain } => chain.as_ref().is_none_or(|chain| chain.is(side.chain())),
                _ => false,
            };
            let flushed = happens(analysis, policies, (0..steps.len(), step.guard), empties);
            if !flushed {
                staying.push((number, side, policies.rejects_otherwise(side, step.guard)));
            }
        }
        let is_left = |of: Side| staying.iter().any(|(_, side, rejects)| *side == of && *rejects);
        tails.left = staying.iter().filter(|(_, side, _)| is_left(*side)).map(|(number, ..)| *number).collect();
        tails
    }

    /// Whether runs with another policy than the one that this step sets add rules behind it.
    pub(in crate::migrate) fn are_shared(&self, step: usize) -> bool {
        self.shared.contains(&step)
    }

    /// Whether the last rule of another run may be there when this step sets a policy.
    pub(in crate::migrate) fn are_left(&self, step: usize) -> bool {
        self.left.contains(&step)
    }
}
