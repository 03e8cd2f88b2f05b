//! Policies that iptables has only as the last rule of their chain, in scripts whose runs differ in them.

use std::collections::BTreeSet;

use super::events::{action, empties, happens};
use super::runs;
use crate::analysis::Analysis;
use crate::eval::Step;
use crate::logic::Formula;
use crate::migrate::layout::{Layout, Side};
use crate::migrate::policies::Policies;
use crate::model::Action;
use crate::text::Place;

/// What such rules meet in the runs of the script.
#[derive(Default)]
pub(in crate::migrate) struct Tails {
    /// Steps that set a policy, behind which rules are added to the same chain in runs with another policy too.
    shared: BTreeSet<usize>,
    /// Steps that set a policy where the rule of an earlier run may still be there.
    left: BTreeSet<usize>,
    /// The same for commands that append rules, which come to stand behind it; their runs set no policy themselves.
    joined: BTreeSet<usize>,
}

impl Tails {
    /// The script is run again and again if `again` says so.
    pub(super) fn of(analysis: &Analysis<'_>, layout: &Layout<'_>, policies: &Policies, again: bool) -> Self {
        let steps = &analysis.evaluation.steps;
        let mut tails = Self::default();
        let stays = |side: Side, guard: Formula| {
            policies.rejects(side)
                && (again || policies.rejects_otherwise(side, guard))
                && !happens(analysis, policies, (0..steps.len(), guard), |action| empties(action, side.chain()))
        };
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
            if stays(side, step.guard) {
                tails.left.insert(number);
            }
        }
        let joins = |(number, step): &(usize, &Step)| {
            let Some(Action::Append { chain, .. }) = action(analysis, *number) else { return false };
            let side = chain.known().and_then(Side::of_chain);
            side.is_some_and(|side| !policies.is_set(side, step.guard) && stays(side, step.guard))
        };
        let running = steps.iter().enumerate().filter(|(_, step)| runs(step));
        let places: BTreeSet<Place> = running.clone().filter(joins).map(|(_, step)| step.place).collect();
        // What stands once in the script is said once.
        tails.joined = running.filter(|(_, step)| places.contains(&step.place)).map(|(number, _)| number).collect();
        tails
    }

    /// Whether runs with another policy than the one that this step sets add rules behind it.
    pub(in crate::migrate) fn are_shared(&self, step: usize) -> bool {
        self.shared.contains(&step)
    }

    /// Whether the last rule of another run may be there when the command of this step appends a rule.
    pub(in crate::migrate) fn are_joined(&self, step: usize) -> bool {
        self.joined.contains(&step)
    }

    /// Whether the last rule of another run may be there when this step sets a policy.
    pub(in crate::migrate) fn are_left(&self, step: usize) -> bool {
        self.left.contains(&step)
    }
}
