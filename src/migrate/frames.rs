//! Where in the script the way of forwarded packets is laid.
//!
//! The rules that lead packets from stage to stage must be there before the first rule of the
//! script is, and again after it has flushed everything; where a run leaves no rules, as the `stop`
//! arm of an init script, there must be none of them. So they are put before the first statement
//! that adds rules, as far out as all the rules that follow still have them.

mod anchors;
mod frame;

use std::collections::{BTreeMap, BTreeSet};

use super::helpers::Helpers;
use super::layout::{Layout, Side};
use super::policies::Policies;
use super::rules_in;
use crate::analysis::{Analysis, Reading};
use crate::eval::Step;
use crate::logic::Formula;
use crate::model::Action;
use crate::text::Place;
use anchors::{Level, anchors, path};
pub(super) use frame::Frame;

/// All places where the way is laid, and the steps at which it is there already.
#[derive(Default)]
pub(super) struct Frames {
    pub(super) all: Vec<Frame>,
    present: BTreeSet<usize>,
    /// Steps at which it is laid, and at whose place not every run flushes all of it afterwards.
    lasting: BTreeSet<usize>,
    /// Steps that flush all rules while the way is laid and policies hold packets back.
    pub(super) closing: BTreeSet<usize>,
    /// Flushing steps after which a run may leave no rules.
    last_flushes: BTreeSet<usize>,
    /// Steps that set the policy of forward where there are no rules and everything else is open.
    alone: BTreeSet<usize>,
    /// What is left of helpers when a run adds no rules.
    pub(super) helpers: Helpers,
    /// Places whose policies differ from run to run.
    pub(super) unsettled: Vec<Place>,
}

impl Frames {
    pub(super) fn of(analysis: &Analysis<'_>, layout: &Layout<'_>, policies: &Policies) -> Self {
        let mut frames = Self::default();
        let Some(tree) = analysis.tree() else { return frames };
        if !layout.route.needs_frame() {
            return frames;
        }
        let steps = &analysis.evaluation.steps;
        let runs = |step: &Step| !step.guard.is_false();
        let wipes: Vec<(usize, &Step)> = analysis
            .invocations()
            .filter(|(number, step, _)| runs(step) && wipes_all(analysis, *number))
            .map(|(number, step, _)| (number, step))
            .collect();
        // Which flush the rules of a step come after.
        let mut epochs: BTreeMap<Option<usize>, BTreeSet<usize>> = BTreeMap::new();
        for number in layout.steps() {
            let Some(step) = steps.get(number).filter(|step| runs(step)) else { continue };
            let known =
                |rule: &Step, number| Side::ALL.iter().all(|side| policies.known(*side, rule.guard, number).is_some());
            let adds = |rule: usize| {
                rule > number
                    && steps
                        .get(rule)
                        .is_some_and(|by| policies.implies(step.guard, by.guard) && !by.many && known(by, rule))
            };
            // A policy that rules follow on is known when the way is laid for them, unless it depends on the run.
            if !layout.rule_steps().any(|rule| rule == number) && layout.rule_steps().any(adds) {
                continue;
            }
            let before = wipes.iter().rev().filter(|(wipe, _)| *wipe < number);
            let last = before.into_iter().find(|(_, wipe)| policies.compatible(wipe.guard, step.guard));
            epochs.entry(last.map(|(wipe, _)| *wipe)).or_default().insert(number);
        }
        frames.alone = alone(&epochs, analysis, layout, policies);
        for steps in epochs.values_mut() {
            steps.retain(|step| !frames.alone.contains(step));
        }
        let documents = analysis.invocations();
        let documents: Vec<(Place, Place)> =
            documents.filter_map(|(_, step, invocation)| Some((rules_in(invocation)?, step.place))).collect();
        let path = |(number, step)| (number, path(tree.root(), analysis, step, &documents));
        let paths: BTreeMap<usize, Vec<Level>> = steps.iter().enumerate().map(path).collect();
        for (wipe, rules) in &epochs {
            let begin = wipe.map_or(0, |wipe| wipe + 1);
            let end = |number: usize| {
                wipes
                    .iter()
                    .map(|(wipe, _)| *wipe)
                    .find(|other| *other >= begin && *other > number)
                    .unwrap_or(usize::MAX)
            };
            let wiped = wipe.and_then(|wipe| paths.get(&wipe)).cloned().unwrap_or_default();
            for (statement, covered) in anchors(rules, &paths, &wiped, 0) {
                let Some(first) = covered.iter().next().copied() else { continue };
                // Policies that the statement sets before its first rule are set when the way is there.
                let within = |number: &usize| {
                    let levels = paths.get(number).into_iter().flatten();
                    levels.into_iter().any(|level| level.statement == statement)
                };
                let sets = policies.steps().filter(|number| (begin..first).contains(number) && within(number));
                let first = sets.min().unwrap_or(first);
                let begun = covered.iter().chain([&first]).filter_map(|number| steps.get(*number));
                let guard = policies.union(begun.map(|step| step.guard));
                let again = flushes(analysis) && !deleted(analysis, policies, begin, first);
                let policy = |side| policies.known(side, guard, first);
                let settled = !layout.route.is_staged() || Side::ALL.iter().all(|side| policy(*side).is_some());
                let rules = layout.route.rules(|side| policy(side).unwrap_or("DENY").to_owned());
                if !settled {
                    frames.unsettled.push(Place::new(analysis.file, statement));
                }
                let emptied = wipe.is_some() || empties_forward(analysis, policies, begin, first);
                let chains = layout.route.chains();
                let last = covered.iter().next_back().copied().unwrap_or(first);
                frames.laid(steps, (first, end(last)), guard, layout, policies);
                // Other runs come by here too.
                for (number, step) in steps.iter().enumerate().filter(|(_, step)| runs(step)) {
                    let levels = paths.get(&number).map(Vec::as_slice).unwrap_or_default();
                    let comes_by = levels.iter().any(|level| level.statement == statement);
                    if comes_by && !frames.present.contains(&number) && !policies.compatible(step.guard, guard) {
                        frames.laid(steps, (number, end(number)), step.guard, layout, policies);
                    }
                }
                let (mark_chains, mark_rules) = (layout.route.mark_chains(), layout.route.mark_rules());
                let frame = Frame {
                    statement,
                    rules,
                    chains,
                    mark_chains,
                    mark_rules,
                    mangle_head: layout.route.mangle_head(),
                    again,
                    staged: !layout.route.is_direct(),
                    emptied,
                    first,
                };
                match frames.all.iter_mut().find(|known| known.statement == statement) {
                    Some(known) => known.again |= frame.again,
                    None => frames.all.push(frame),
                }
            }
        }
        let stays = |(number, step): (usize, &Step)| {
            let flushed =
                |(wipe, by): &(usize, &Step)| *wipe > number && !by.many && policies.implies(step.guard, by.guard);
            (!wipes.iter().any(flushed)).then_some(step.place)
        };
        let laid = || frames.present.iter().filter_map(|number| Some((*number, steps.get(*number)?)));
        let places: BTreeSet<Place> = laid().filter_map(stays).collect();
        frames.lasting = laid().filter(|(_, step)| places.contains(&step.place)).map(|(number, _)| number).collect();
        for (number, _) in steps.iter().enumerate().filter(|(_, step)| runs(step)) {
            let flush = matches!(action(analysis, number), Some(Action::Flush { .. }));
            if flush && !frames.present.contains(&number) && !frames.follows(steps, number, policies) {
                frames.last_flushes.insert(number);
            }
        }
        frames.helpers = Helpers::of(analysis, policies, &frames.last_flushes);
        frames.last_flushes.retain(|flush| !deletes(analysis, policies, *flush));
        frames
    }

    /// Notes that the way is laid in the runs of `guard` from step `first` up to step `until`.
    fn laid(
        &mut self,
        steps: &[Step],
        (first, until): (usize, usize),
        guard: Formula,
        layout: &Layout<'_>,
        policies: &Policies,
    ) {
        for (number, step) in steps.iter().enumerate().skip(first) {
            if number > until {
                break;
            }
            if !policies.compatible(step.guard, guard) {
                continue;
            }
            if number < until {
                self.present.insert(number);
            } else if layout.route.is_staged() {
                let open = Side::ALL.iter().all(|side| policies.known(*side, step.guard, number) == Some("ACCEPT"));
                self.closing.extend((!open).then_some(number));
            }
        }
    }

    /// Whether every run that takes this step comes to a place where the way is laid.
    fn follows(&self, steps: &[Step], number: usize, policies: &Policies) -> bool {
        let Some(guard) = steps.get(number).map(|step| step.guard) else { return false };
        let later = self.present.range(number + 1..).filter_map(|later| steps.get(*later));
        policies.any_of(guard, later.map(|step| step.guard))
    }

    /// Whether the way is laid when this step runs.
    pub(super) fn present(&self, step: usize) -> bool {
        self.present.contains(&step)
    }

    /// The same, and in some run that comes to its place it is not flushed afterwards.
    pub(super) fn lasts(&self, step: usize) -> bool {
        self.lasting.contains(&step)
    }

    /// Whether this step sets the policy of forward, and nothing else decides about forwarded packets.
    pub(super) fn is_alone(&self, step: usize) -> bool {
        self.alone.contains(&step)
    }

    /// Whether a run may add no rules after this step, though an earlier one may have left the way.
    pub(super) fn is_over(&self, step: usize) -> bool {
        self.last_flushes.contains(&step)
    }
}

/// The steps that set the policy of forward after a flush that no rules follow on, and with the other policies ACCEPT:
/// they need no way. What is written once is one in all its runs.
fn alone(
    epochs: &BTreeMap<Option<usize>, BTreeSet<usize>>,
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

fn action<'a>(analysis: &'a Analysis<'_>, number: usize) -> Option<&'a Action> {
    match analysis.readings.get(number)?.as_ref()? {
        reading @ Reading::Ipchains(_) => reading.command().map(|command| &command.action),
        Reading::Iptables(_) => None,
    }
}

/// Whether the step empties all chains.
fn wipes_all(analysis: &Analysis<'_>, number: usize) -> bool {
    matches!(action(analysis, number), Some(Action::Flush { chain: None }))
}

/// Whether the script empties chains at all, so that it may run again.
fn flushes(analysis: &Analysis<'_>) -> bool {
    (0..analysis.readings.len()).any(|number| matches!(action(analysis, number), Some(Action::Flush { .. })))
}

/// Whether forward has been emptied between two steps.
fn empties_forward(analysis: &Analysis<'_>, policies: &Policies, begin: usize, end: usize) -> bool {
    happened(
        analysis,
        policies,
        begin..end,
        |action| matches!(action, Action::Flush { chain: Some(chain) } if chain.is("forward")),
    )
}

/// Whether all chains have been deleted between two steps.
fn deleted(analysis: &Analysis<'_>, policies: &Policies, begin: usize, end: usize) -> bool {
    happened(analysis, policies, begin..end, |action| matches!(action, Action::DeleteChain { chain: None }))
}

/// Whether each run that empties all chains by this step deletes them later.
fn deletes(analysis: &Analysis<'_>, policies: &Policies, number: usize) -> bool {
    let steps = &analysis.evaluation.steps;
    let Some(guard) = steps.get(number).map(|step| step.guard).filter(|_| wipes_all(analysis, number)) else {
        return false;
    };
    let deletes = |later: &usize| matches!(action(analysis, *later), Some(Action::DeleteChain { chain: None }));
    let later = (number + 1..steps.len()).filter(deletes).filter_map(|later| steps.get(later));
    policies.any_of(guard, later.map(|step| step.guard))
}

/// Whether one of these steps does something in all runs that come to their end.
fn happened(
    analysis: &Analysis<'_>,
    policies: &Policies,
    range: std::ops::Range<usize>,
    does: impl Fn(&Action) -> bool,
) -> bool {
    let steps = &analysis.evaluation.steps;
    let guard = steps.get(range.end).map(|step| step.guard);
    range.into_iter().any(|number| {
        action(analysis, number).is_some_and(&does)
            && guard.zip(steps.get(number)).is_some_and(|(guard, step)| policies.implies(guard, step.guard))
    })
}
