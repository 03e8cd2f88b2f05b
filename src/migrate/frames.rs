//! Where in the script the way of forwarded packets is laid.
//!
//! The rules that lead packets from stage to stage must be there before the first rule of the
//! script is, and again after it has flushed everything; where a run leaves no rules, as the `stop`
//! arm of an init script, there must be none of them. So they are put before the first statement
//! that adds rules, as far out as all the rules that follow still have them.

mod anchors;
mod asked;
mod epochs;
mod events;
mod frame;
mod others;
mod tails;
mod undone;

use std::collections::{BTreeMap, BTreeSet};

use super::helpers::Helpers;
use super::layout::{Layout, Purpose, Side};
use super::policies::Policies;
use super::roles::variable;
use super::{rules_in, runtime};
use crate::analysis::Analysis;
use crate::eval::Step;
use crate::logic::Formula;
use crate::model::Action;
use crate::syntax::Tree;
use crate::text::{Place, Span};
use anchors::{Level, Wiped, anchors, passing, path};
use asked::Asked;
use epochs::{Wipes, alone};
pub(super) use events::{action, empties, happens};
use events::{deleted, deletes, empties_forward, flushes};
pub(super) use frame::Frame;
use others::{Filling, Others};
use tails::Tails;
use undone::undone;

/// All places where the way is laid, and the steps at which it is there already.
#[derive(Default)]
pub(super) struct Frames {
    pub(super) all: Vec<Frame>,
    present: BTreeSet<usize>,
    /// Steps at which it is laid, and at whose place not every run flushes all of it afterwards.
    lasting: BTreeSet<usize>,
    /// Steps that flush all rules while the way is laid and policies hold packets back.
    pub(super) closing: BTreeSet<usize>,
    /// Steps that take back the last rule of the script in runs that add none.
    undone: BTreeSet<usize>,
    /// Flushing steps after which a run may leave no rules.
    last_flushes: BTreeSet<usize>,
    /// Steps that delete all chains while those of an earlier run's way may be there.
    deleting: BTreeMap<usize, Leftover>,
    /// Those of them behind which no rule is left that leads to the chains which add to marks.
    unmarking: BTreeSet<usize>,
    /// Steps that set the policy of forward where there are no rules and everything else is open.
    alone: BTreeSet<usize>,
    /// What is left of helpers when a run adds no rules.
    pub(super) helpers: Helpers,
    /// What runs do with what others have left.
    pub(super) others: Others,
    /// Policies that are the last rule of their chain.
    pub(super) tails: Tails,
    /// Places whose policies differ from run to run.
    pub(super) unsettled: Vec<Place>,
    /// The variables that say a policy where the way is laid, so that they must say what they said.
    pub(super) asked: BTreeSet<String>,
}

/// What an earlier run's way is when all chains are deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leftover {
    /// FORWARD no longer leads to it.
    Idle,
    /// FORWARD may lead to it.
    Joined,
}

/// What is known of the script when the way is laid.
struct Ground<'a> {
    analysis: &'a Analysis<'a>,
    layout: &'a Layout<'a>,
    policies: &'a Policies,
    wipes: Wipes<'a>,
    filling: Filling,
    asked: Asked,
    /// The script is run again and again, as far as can be seen.
    again: bool,
    /// For each step the statements around it.
    paths: BTreeMap<usize, Vec<Level>>,
}

impl Ground<'_> {
    /// Whether a step is taken within a statement.
    fn within(&self, number: usize, statement: Span) -> bool {
        self.paths.get(&number).into_iter().flatten().any(|level| level.statement == statement)
    }

    /// The runs that take a step.
    fn guard(&self, number: usize) -> Option<Formula> {
        self.analysis.evaluation.steps.get(number).map(|step| step.guard)
    }

    /// The flush of a step, with those of some steps whose runs all come by it.
    fn wiped(&self, wipe: usize, steps: &BTreeSet<usize>) -> Wiped {
        let comes_by = |step: &&usize| {
            self.guard(**step).zip(self.guard(wipe)).is_some_and(|(step, wipe)| self.policies.implies(step, wipe))
        };
        let always = steps.iter().filter(comes_by).copied().collect();
        Wiped { levels: self.paths.get(&wipe).cloned().unwrap_or_default(), always }
    }

    /// The runs that take one of some steps.
    fn runs_of<'s>(&self, steps: impl Iterator<Item = &'s usize>) -> Formula {
        self.policies.union(steps.filter_map(|number| self.guard(*number)))
    }

    /// Whether runs that an earlier place lays the way for come by a place behind the flush `wipe` without that, so that
    /// the way must stay then.
    fn join(&self, laid: &Laid, wipe: usize, earlier: &Laid) -> bool {
        let joining = || self.policies.both(self.runs_of(earlier.covered.range(..wipe)), laid.shared);
        let flushed = self.guard(wipe).unwrap_or(Formula::FALSE);
        let apart = earlier.wipe < laid.wipe && earlier.statement != laid.statement;
        apart && !laid.shared.is_false() && !self.policies.implies(joining(), flushed)
    }

    /// Whether every run that takes this step comes to one of the steps `by` later.
    fn is_followed(&self, number: usize, by: &BTreeSet<usize>) -> bool {
        let later = by.range(number + 1..).filter_map(|later| self.guard(*later));
        self.guard(number).is_some_and(|own| self.policies.any_of(own, later))
    }
}

/// A place where the way is laid.
struct Laid {
    /// The flush before it.
    wipe: Option<usize>,
    statement: Span,
    /// The steps that find the way there.
    covered: BTreeSet<usize>,
    /// The runs of those that not all runs come to by the flush.
    shared: Formula,
}

impl Frames {
    pub(super) fn of(analysis: &Analysis<'_>, layout: &Layout<'_>, policies: &Policies) -> Self {
        let mut frames = Self::default();
        let Some(tree) = analysis.tree() else { return frames };
        let wipes = Wipes::of(analysis);
        let filling = Filling::of(analysis, (layout, policies), &wipes);
        frames.others = Others::of(analysis, &filling, &wipes, policies);
        let again = flushes(analysis) || filling.is_taken_back(analysis, policies);
        frames.tails = Tails::of(analysis, layout, policies, again);
        if !layout.route.needs_frame() {
            frames.others.find_joined(analysis, (layout, policies), (again, &filling, &wipes));
            frames.others.forget_without(analysis, (layout, policies), (again, &frames.present));
            return frames;
        }
        let asked = Asked::of(analysis);
        let mut epochs = wipes.epochs(analysis, (layout, &filling), (policies, &asked));
        frames.alone = alone(&epochs, analysis, layout, policies);
        for steps in epochs.values_mut() {
            steps.retain(|step| !frames.alone.contains(step));
        }
        let ground = Ground { analysis, layout, policies, wipes, filling, asked, again, paths: paths(tree, analysis) };
        frames.undone = undone(&ground);
        let mut places: Vec<Laid> = Vec::new();
        for (wipe, rules) in &epochs {
            let wiped = wipe.map(|wipe| ground.wiped(wipe, rules)).unwrap_or_default();
            for (statement, covered) in anchors(rules, &ground.paths, &wiped, 0) {
                let shared = ground.runs_of(covered.difference(&wiped.always));
                // What stands before the statement that flushes is for the runs that do not come by the flush.
                let wipe = wipe.filter(|_| !wiped.levels.iter().any(|level| level.statement == statement));
                places.push(Laid { wipe, statement, covered, shared });
            }
        }
        for laid in &places {
            let joins = laid.wipe.is_some_and(|wipe| places.iter().any(|other| ground.join(laid, wipe, other)));
            frames.lay(&ground, laid, joins);
        }
        frames.lasting = frames.lasting(&ground);
        if !frames.all.is_empty() {
            frames.others.find_policies(&ground, &frames.present);
        }
        frames.others.forget_without(analysis, (layout, policies), (again, &frames.present));
        frames.last_flushes = frames.last_flushes(&ground);
        frames.deleting = frames.deleting(&ground);
        frames.helpers = Helpers::of(analysis, policies, &frames.last_flushes);
        frames.last_flushes.retain(|flush| !deletes(analysis, policies, *flush));
        frames.unmarking = frames.unmarking(&ground);
        frames
    }

    /// Lays the way at a place, which runs may come to that have it already if it `joins` them.
    fn lay(&mut self, ground: &Ground<'_>, laid: &Laid, joins: bool) {
        let Laid { wipe, statement, ref covered, .. } = *laid;
        let (analysis, policies, route) = (ground.analysis, ground.policies, &ground.layout.route);
        let steps = &analysis.evaluation.steps;
        let begin = wipe.map_or(0, |wipe| wipe + 1);
        let (Some(first), Some(last)) = (covered.first().copied(), covered.last().copied()) else { return };
        // Policies that the statement sets before its first rule are set when the way is there.
        let sets =
            policies.steps().filter(|number| (begin..first).contains(number) && ground.within(*number, statement));
        let first = sets.min().unwrap_or(first);
        let begun = covered.iter().chain([&first]).filter_map(|number| steps.get(*number));
        let guard = policies.union(begun.map(|step| step.guard));
        let policy = |side| policies.known(side, guard, first);
        let asked = |side| ground.asked.policy(policies, side, (guard, first));
        let told = |side| ground.asked.is_told(policies, side, (guard, first));
        if route.is_staged() && !Side::ALL.into_iter().all(told) {
            self.unsettled.push(Place::new(analysis.file, statement));
        }
        self.laid(ground, (first, ground.wipes.next(begin, last)), guard);
        // Other runs come by here too.
        for (number, step) in steps.iter().enumerate().filter(|(_, step)| runs(step)) {
            let comes_by = ground.within(number, statement) && !self.present.contains(&number);
            if comes_by && !policies.compatible(step.guard, guard) {
                self.laid(ground, (number, ground.wipes.next(begin, number)), step.guard);
            }
        }
        let read = Side::ALL.into_iter().filter(|side| policy(*side).is_none()).filter_map(asked);
        self.asked.extend(read.filter_map(variable));
        let kept = joins || self.others.keep(ground, (wipe, first), (statement, guard));
        // Only chains that are empty can be deleted.
        let wiped = wipe.and_then(|wipe| ground.guard(wipe)).is_some_and(|by| policies.implies(guard, by));
        let frame = Frame {
            statement,
            rules: route.rules(|stage| match (policy(stage.side()), asked(stage.side())) {
                (None, Some(text)) => runtime::policy_target(stage, text),
                (known, _) => route.verdict(known.unwrap_or("DENY"), stage).join(" "),
            }),
            chains: route.chains(),
            mark_chains: route.mark_chains(),
            mark_rules: route.mark_rules(),
            mark_comment: route.mark_comment(),
            mangle_head: route.mangle_head(),
            again: ground.again && !(wiped && deleted(analysis, policies, begin, first)),
            emptied: wipe.is_some() || empties_forward(analysis, policies, begin, first),
            kept,
            staged: !route.is_direct(),
            first,
        };
        match self.all.iter_mut().find(|known| known.statement == statement) {
            Some(known) => (known.again, known.kept) = (known.again | frame.again, known.kept | frame.kept),
            None => self.all.push(frame),
        }
    }

    /// Notes that the way is laid in the runs of `guard` from step `first` up to step `until`.
    fn laid(&mut self, ground: &Ground<'_>, (first, until): (usize, usize), guard: Formula) {
        let policies = ground.policies;
        for (number, step) in ground.analysis.evaluation.steps.iter().enumerate().skip(first) {
            if number > until {
                break;
            }
            if !policies.compatible(step.guard, guard) {
                continue;
            }
            if number < until {
                self.present.insert(number);
            } else if ground.layout.route.is_staged() {
                let open = Side::ALL.iter().all(|side| policies.known(*side, step.guard, number) == Some("ACCEPT"));
                self.closing.extend((!open).then_some(number));
            }
        }
    }

    /// The steps at which the way is laid, and at whose place not every run flushes all of it afterwards.
    fn lasting(&self, ground: &Ground<'_>) -> BTreeSet<usize> {
        let steps = &ground.analysis.evaluation.steps;
        let laid = || self.present.iter().filter_map(|number| Some((*number, steps.get(*number)?)));
        let stays = laid().filter(|step| !ground.wipes.follow(*step, ground.policies));
        let places: BTreeSet<Place> = stays.map(|(_, step)| step.place).collect();
        laid().filter(|(_, step)| places.contains(&step.place)).map(|(number, _)| number).collect()
    }

    /// The flushing steps after which a run may leave no rules.
    fn last_flushes(&self, ground: &Ground<'_>) -> BTreeSet<usize> {
        let steps = &ground.analysis.evaluation.steps;
        let flush = |number: &usize| matches!(action(ground.analysis, *number), Some(Action::Flush { .. }));
        let over = |number: &usize| !self.present.contains(number) && !ground.is_followed(*number, &self.present);
        let running = steps.iter().enumerate().filter(|(_, step)| runs(step)).map(|(number, _)| number);
        running.filter(|number| flush(number) && over(number)).collect()
    }

    /// The steps that delete all chains in runs which may find the way of an earlier one, neither laid anew nor emptied.
    fn deleting(&self, ground: &Ground<'_>) -> BTreeMap<usize, Leftover> {
        let (analysis, policies) = (ground.analysis, ground.policies);
        let steps = analysis.evaluation.steps.iter().enumerate().filter(|(_, step)| runs(step));
        let open = steps.filter(|(number, _)| !self.all.is_empty() && ground.again && !self.present.contains(number));
        let left = |(number, step): (usize, &Step)| {
            let happened = |does: &dyn Fn(&Action) -> bool| happens(analysis, policies, (0..number, step.guard), does);
            let deletes = matches!(action(analysis, number), Some(Action::DeleteChain { chain: None }));
            let emptied = || happened(&|action| matches!(action, Action::Flush { chain: None }));
            let flushed =
                || happened(&|action| matches!(action, Action::Flush { chain: Some(chain) } if chain.is("forward")));
            // Where no rules follow, the way went with the rules of forward.
            let cleared = || flushed() && !ground.is_followed(number, &self.present);
            (deletes && !emptied() && !cleared())
                .then(|| (number, if flushed() { Leftover::Idle } else { Leftover::Joined }))
        };
        open.filter_map(left).collect()
    }

    /// Those of the last flushes that empty chains of the mangle table, and that others do not follow in every run.
    fn unmarking(&self, ground: &Ground<'_>) -> BTreeSet<usize> {
        let marks = |chain: &str| ground.layout.copies(chain).iter().any(|copy| copy.purpose == Purpose::Mangle);
        let empties = |number: &&usize| match action(ground.analysis, **number) {
            Some(Action::Flush { chain: Some(chain) }) => chain.known().is_none_or(marks),
            _ => true,
        };
        let all: BTreeSet<usize> = self.last_flushes.iter().filter(empties).copied().collect();
        all.iter().filter(|number| !ground.is_followed(**number, &all)).copied().collect()
    }

    /// Whether the way is laid when this step runs.
    pub(super) fn present(&self, step: usize) -> bool {
        self.present.contains(&step)
    }

    /// The same, and in some run that comes to its place it is not flushed afterwards.
    pub(super) fn lasts(&self, step: usize) -> bool {
        self.lasting.contains(&step)
    }

    /// What may be there of an earlier run's way where this step deletes all chains.
    pub(super) fn leftover(&self, step: usize) -> Option<Leftover> {
        self.deleting.get(&step).copied()
    }

    /// Whether this step takes back the last rule of the script, and no rule is added afterwards.
    pub(super) fn is_undone(&self, step: usize) -> bool {
        self.undone.contains(&step)
    }

    /// Whether this step sets the policy of forward, and nothing else decides about forwarded packets.
    pub(super) fn is_alone(&self, step: usize) -> bool {
        self.alone.contains(&step)
    }

    /// The same where no rule is left that leads to the chains which add to marks.
    pub(super) fn is_unmarked(&self, step: usize) -> bool {
        self.unmarking.contains(&step) || self.is_undone(step)
    }

    /// Whether a run may add no rules after this step, though an earlier one may have left the way.
    pub(super) fn is_over(&self, step: usize) -> bool {
        self.last_flushes.contains(&step) || self.is_undone(step)
    }
}

/// Whether some run takes the step.
fn runs(step: &Step) -> bool {
    !step.guard.is_false()
}

/// The statements around each step.
fn paths(tree: &Tree, analysis: &Analysis<'_>) -> BTreeMap<usize, Vec<Level>> {
    let documents = analysis.invocations();
    let documents: Vec<(Place, Place)> =
        documents.filter_map(|(_, step, invocation)| Some((rules_in(invocation)?, step.place))).collect();
    let passing = passing(analysis);
    let path = |(number, step)| (number, path(tree.root(), analysis, step, (&documents, &passing)));
    analysis.evaluation.steps.iter().enumerate().map(path).collect()
}
