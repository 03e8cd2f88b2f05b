//! What runs of the script find that other runs have left.

use std::collections::{BTreeMap, BTreeSet};

use super::epochs::Wipes;
use super::events::{action, empties, empties_forward, happens};
use super::{Ground, runs};
use crate::analysis::Analysis;
use crate::eval::Step;
use crate::logic::Formula;
use crate::migrate::layout::{Layout, Side};
use crate::migrate::policies::Policies;
use crate::model::{Action, Value};
use crate::text::{Place, Span};

/// The runs that add rules, or close chains for those that others add, each kind of them once.
pub(super) struct Filling {
    all: BTreeSet<Formula>,
    chains: BTreeMap<String, BTreeSet<Formula>>,
    /// Steps that close a chain in runs without rules, where others add rules to what they find and leave that policy.
    pub(super) closing: BTreeSet<usize>,
    /// The same in runs that empty all chains afterwards.
    closing_first: Vec<(Side, Formula)>,
}

impl Filling {
    pub(super) fn of(analysis: &Analysis<'_>, (layout, policies): (&Layout<'_>, &Policies), wipes: &Wipes<'_>) -> Self {
        let steps = &analysis.evaluation.steps;
        let running = |number: usize| steps.get(number).filter(|step| runs(step));
        let guard = |number: usize| running(number).map(|step| step.guard);
        let mut chains: BTreeMap<String, BTreeSet<Formula>> = BTreeMap::new();
        for (chain, placed) in layout.placed() {
            chains.entry(chain.to_owned()).or_default().extend(guard(placed.step));
        }
        let mut all: BTreeSet<Formula> = layout.rule_steps().filter_map(guard).collect();
        let joins = |number: &usize| {
            running(*number).is_some_and(|step| wipes.leave((*number, step), layout, (steps, policies)))
        };
        let joining: BTreeSet<Formula> = layout.rule_steps().filter(joins).filter_map(guard).collect();
        let is_found = |(_, side, own): &(usize, Side, Formula)| {
            let finds = |by: &Formula| !policies.compatible(*by, *own) && !policies.is_set(*side, *by);
            layout.route.is_staged() && joining.iter().any(finds)
        };
        let found: Vec<_> = policies.closing_sides().filter(is_found).collect();
        let (first, last): (Vec<_>, Vec<_>) = found
            .into_iter()
            .partition(|(number, ..)| running(*number).is_some_and(|step| wipes.follow((*number, step), policies)));
        all.extend(last.iter().map(|(_, _, guard)| *guard));
        let closing_first = first.into_iter().map(|(_, side, guard)| (side, guard)).collect();
        Self { all, chains, closing: last.into_iter().map(|(number, ..)| number).collect(), closing_first }
    }

    /// Whether other runs than these close the chain of a side, and leave no way behind.
    fn is_closed_without(&self, side: Side, guard: Formula, policies: &Policies) -> bool {
        self.closing_first.iter().any(|(of, own)| *of == side && !policies.compatible(guard, *own))
    }

    /// Whether other runs than these add rules.
    pub(super) fn by_others(&self, guard: Formula, policies: &Policies) -> bool {
        self.all.iter().any(|own| !policies.compatible(guard, *own))
    }

    /// Whether some of these runs add rules that others of them do not add.
    fn differs_within(&self, guard: Formula, policies: &Policies) -> bool {
        self.all.iter().any(|own| policies.compatible(guard, *own) && !policies.implies(guard, *own))
    }

    /// Whether other runs than these add rules to a chain.
    fn of_chain_by_others(&self, chain: &Value, guard: Formula, policies: &Policies) -> bool {
        let own = chain.known().and_then(|chain| self.chains.get(chain));
        own.into_iter().flatten().any(|own| !policies.compatible(guard, *own))
    }

    /// Whether some runs take rules away and others add some, or some open a chain that others close, so that the script
    /// is run for either.
    pub(super) fn is_taken_back(&self, analysis: &Analysis<'_>, policies: &Policies) -> bool {
        let steps = analysis.evaluation.steps.iter().enumerate().filter(|(_, step)| runs(step));
        let deletes =
            |number| matches!(action(analysis, number), Some(Action::DeleteRule { .. } | Action::DeleteNumber { .. }));
        let guards: BTreeSet<Formula> =
            steps.filter(|(number, _)| deletes(*number)).map(|(_, step)| step.guard).collect();
        guards.into_iter().any(|guard| self.by_others(guard, policies))
            || policies.differ_by_run()
            || !self.closing.is_empty()
    }
}

/// What runs do with the rules and policies of others.
#[derive(Default)]
pub(in crate::migrate) struct Others {
    /// Some runs add rules to those that others have left.
    joined: bool,
    /// Steps that set policies while the way is not laid, and that of an earlier run may be there.
    policies: BTreeSet<usize>,
    /// Steps that name rules by their numbers while those of other runs may be there.
    numbers: BTreeSet<usize>,
    /// Steps that flush forward, where FORWARD holds copies of another chain that their runs do not empty.
    apart: BTreeSet<usize>,
    /// Places where runs lay the way anew, go without it, or change what FORWARD alone has of the policies, and do not set
    /// a policy which others set.
    forgotten: Vec<(Place, Side, Kept)>,
}

/// What forwarded packets meet in the place of a policy that a run does not set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    /// ACCEPT.
    Open,
    /// What FORWARD had.
    Policy,
    /// DROP, where the policy REJECT goes with the other rules of its chain.
    Rule,
}

impl Others {
    /// What is known before the way is laid anywhere.
    pub(super) fn of(analysis: &Analysis<'_>, filling: &Filling, wipes: &Wipes<'_>, policies: &Policies) -> Self {
        let steps = analysis.evaluation.steps.iter().enumerate().filter(|(_, step)| runs(step));
        let counts = |(number, own): &(usize, &Step)| {
            let Some(Action::Insert { chain, .. } | Action::Replace { chain, .. } | Action::DeleteNumber { chain, .. }) =
                action(analysis, *number)
            else {
                return false;
            };
            let empties = |action: &Action| matches!(action, Action::Flush { chain: Some(own) } if own == chain);
            filling.of_chain_by_others(chain, own.guard, policies)
                && wipes.last((*number, own), policies).is_none()
                && !happens(analysis, policies, (0..*number, own.guard), empties)
        };
        Self { numbers: steps.filter(counts).map(|(number, _)| number).collect(), ..Self::default() }
    }

    /// Whether the way that is laid before a statement, for runs of a guard whose first step that needs it is `first`,
    /// must stay where another run has left it: these runs do not empty all chains.
    pub(super) fn keep(
        &mut self,
        ground: &Ground<'_>,
        (wipe, first): (Option<usize>, usize),
        (statement, guard): (Span, Formula),
    ) -> bool {
        let (steps, policies) = (&ground.analysis.evaluation.steps, ground.policies);
        let emptied = |step| ground.wipes.empties(step, ground.layout, (steps, policies));
        if wipe.is_some() || steps.get(first).is_some_and(emptied) {
            let place = Place::new(ground.analysis.file, statement);
            // Other runs may come by what is behind the place, too.
            let own = wipe.and_then(|wipe| ground.guard(wipe)).map_or(guard, |wipe| policies.both(guard, wipe));
            self.forget((ground.layout, policies), place, own, Kept::Open);
            return false;
        }
        // Where forward has been emptied, nothing leads to what is left.
        let joining = || !empties_forward(ground.analysis, policies, 0, first);
        let others =
            ground.filling.by_others(guard, policies) || ground.filling.differs_within(guard, policies) && joining();
        let kept = ground.again && (others || !ground.wipes.touch(guard, steps, policies));
        self.joined |= kept;
        let place = Place::new(ground.analysis.file, statement);
        let forgets = |side: &Side| {
            kept && ground.filling.is_closed_without(*side, guard, policies) && !policies.is_set(*side, guard)
        };
        self.forgotten.extend(Side::ALL.into_iter().filter(forgets).map(|side| (place, side, Kept::Open)));
        kept
    }

    /// Finds, where there is no way, whether some runs add rules to those that others have left, and what empties forward
    /// alone.
    pub(super) fn find_joined(
        &mut self,
        analysis: &Analysis<'_>,
        (layout, policies): (&Layout<'_>, &Policies),
        (again, filling, wipes): (bool, &Filling, &Wipes<'_>),
    ) {
        let steps = &analysis.evaluation.steps;
        let joins = |number: usize| {
            steps.get(number).filter(|step| runs(step)).is_some_and(|step| {
                filling.by_others(step.guard, policies) && wipes.leave((number, step), layout, (steps, policies))
            })
        };
        self.joined = again && layout.rule_steps().any(joins);
        let copied = [Side::Input, Side::Output].into_iter().find(|side| layout.route.is_direct_for(*side));
        let apart = |(number, step): &(usize, &Step)| {
            let keeps = |side: Side| {
                let empties = |action: &Action| empties(action, side.chain());
                !happens(analysis, policies, (0..steps.len(), step.guard), empties)
            };
            matches!(action(analysis, *number), Some(Action::Flush { chain: Some(chain) }) if chain.is("forward"))
                && copied.is_some_and(keeps)
        };
        let running = steps.iter().enumerate().filter(|(_, step)| runs(step));
        self.apart = running.filter(apart).map(|(number, _)| number).collect();
    }

    /// Whether this step flushes forward, of which FORWARD holds nothing, and other rules that stay.
    pub(in crate::migrate) fn are_apart(&self, step: usize) -> bool {
        self.apart.contains(&step)
    }

    /// Notes the policies that only other runs set.
    fn forget(&mut self, (layout, policies): (&Layout<'_>, &Policies), place: Place, guard: Formula, kept: Kept) {
        // The policy of FORWARD may be that of forward alone.
        let stands = |side: &Side| layout.route.is_staged() || *side != Side::Forward;
        let forgets = |side: &Side| stands(side) && policies.may_be_left(*side, guard);
        self.forgotten.extend(Side::ALL.into_iter().filter(forgets).map(|side| (place, side, kept)));
    }

    /// Notes the same for runs that empty chains or set policies where there is no way; the script is run `again`.
    pub(super) fn forget_without(
        &mut self,
        analysis: &Analysis<'_>,
        (layout, policies): (&Layout<'_>, &Policies),
        (again, present): (bool, &BTreeSet<usize>),
    ) {
        let steps = &analysis.evaluation.steps;
        let mut known = BTreeSet::new();
        for (number, step) in steps.iter().enumerate().filter(|(_, step)| again && runs(step)) {
            let changes = match action(analysis, number) {
                Some(Action::Flush { chain }) => {
                    self.forget_rejecting(chain.as_ref(), (layout, policies), step);
                    layout.route.needs_frame() && chain.as_ref().is_none_or(|chain| chain.is("forward"))
                }
                Some(Action::Policy { target, .. }) => target.is("ACCEPT"),
                _ => false,
            };
            let meets = |other: &usize| steps.get(*other).is_some_and(|by| policies.compatible(by.guard, step.guard));
            if changes && !present.iter().any(meets) && known.insert(step.guard) {
                let kept = if policies.stay_closed(step.guard) { Kept::Policy } else { Kept::Open };
                self.forget((layout, policies), step.place, step.guard, kept);
            }
        }
    }

    /// Notes the policies REJECT that are a rule of `chain`, or of any, which a step of runs that do not set them empties.
    fn forget_rejecting(&mut self, chain: Option<&Value>, (layout, policies): (&Layout<'_>, &Policies), step: &Step) {
        let rejects = |side: &Side| {
            let emptied = chain.is_none_or(|chain| chain.is(side.chain()));
            let last = || side.host_stage().is_some_and(|stage| layout.route.rejects_at_the_end(stage));
            emptied && last() && policies.rejects(*side) && !policies.is_set(*side, step.guard)
        };
        self.forgotten.extend(Side::ALL.into_iter().filter(rejects).map(|side| (step.place, side, Kept::Rule)));
    }

    /// Finds the steps that set policies while the way is not laid, and neither come after a flush of all rules nor
    /// before one.
    pub(super) fn find_policies(&mut self, ground: &Ground<'_>, present: &BTreeSet<usize>) {
        let (analysis, policies, wipes) = (ground.analysis, ground.policies, &ground.wipes);
        let steps = analysis.evaluation.steps.iter().enumerate().filter(|(_, step)| ground.again && runs(step));
        let sets = |number| matches!(action(analysis, number), Some(Action::Policy { .. }));
        let open = steps.filter(|(number, _)| sets(*number) && !present.contains(number));
        let script = (&analysis.evaluation.steps[..], policies);
        let flushed = |own: (usize, &Step)| !wipes.leave(own, ground.layout, script) || wipes.follow(own, policies);
        // What some runs of a policy add is left to others of them.
        let is_joined =
            |guard| ground.filling.by_others(guard, policies) || ground.filling.differs_within(guard, policies);
        let joining = open.filter(|own| is_joined(own.1.guard) && !flushed(*own));
        self.policies = joining.map(|(number, _)| number).collect();
    }

    /// Whether runs may change the rules that other ones have left, so that all of these count.
    pub(in crate::migrate) fn are_joined(&self) -> bool {
        self.joined || !self.policies.is_empty()
    }

    /// Whether this step sets a policy without rules, while those of an earlier run may be there.
    pub(in crate::migrate) fn have_policies(&self, step: usize) -> bool {
        self.policies.contains(&step)
    }

    /// Whether this step names a rule by its number, while those of other runs may be there.
    pub(in crate::migrate) fn have_numbers(&self, step: usize) -> bool {
        self.numbers.contains(&step)
    }

    /// Whether some step does.
    pub(in crate::migrate) fn are_counted(&self) -> bool {
        !self.numbers.is_empty()
    }

    /// What is to be said of the policies that only other runs set.
    pub(in crate::migrate) fn notes(&self) -> impl Iterator<Item = (Place, String)> + '_ {
        self.forgotten.iter().map(|(place, side, kept)| {
            let chain = side.chain();
            let instead = match kept {
                Kept::Open => "for forwarded packets it is ACCEPT then",
                Kept::Rule => "the rest is dropped where the chain is emptied, and not rejected",
                Kept::Policy => "forwarded packets meet the policy of FORWARD, or what rules are added later",
            };
            let message = format!(
                "the policy of {chain} is not set on this way here: {instead}, even if an earlier run has set another"
            );
            (*place, message)
        })
    }
}
