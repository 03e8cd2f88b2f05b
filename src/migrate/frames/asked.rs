//! Policies that are only known when the script runs, and may be asked for again where the way is laid.

use std::collections::BTreeMap;

use super::events::action;
use crate::analysis::{Analysis, Reading};
use crate::dialect::ipchains::Opt;
use crate::logic::Formula;
use crate::migrate::layout::Side;
use crate::migrate::names::Script;
use crate::migrate::policies::Policies;
use crate::migrate::roles::variable;
use crate::model::Action;

/// The words that say policies, by the steps that set them: variables that keep their value in the rest of the script.
#[derive(Default)]
pub(super) struct Asked(BTreeMap<usize, String>);

impl Asked {
    pub(super) fn of(analysis: &Analysis<'_>) -> Self {
        let target = |number| match action(analysis, number) {
            Some(Action::Policy { target, .. }) => Some(target),
            _ => None,
        };
        let steps = 0..analysis.readings.len();
        let open = steps.clone().filter_map(target).any(|target| target.known().is_none());
        let Some(tree) = analysis.tree().filter(|_| open) else { return Self::default() };
        let script = Script::new(analysis, tree.root());
        let steps = steps.filter(|step| target(*step).is_some());
        Self(steps.filter_map(|step| Some((step, word(analysis, &script, step)?))).collect())
    }

    /// Whether it is known, or said by a word, which policy a chain has then in these runs.
    pub(super) fn is_told(&self, policies: &Policies, side: Side, (guard, before): (Formula, usize)) -> bool {
        policies.known(side, guard, before).is_some() || self.policy(policies, side, (guard, before)).is_some()
    }

    /// What says the policy that a chain has before step `before` in the runs of `guard`.
    pub(super) fn policy(&self, policies: &Policies, side: Side, (guard, before): (Formula, usize)) -> Option<&str> {
        if self.0.is_empty() {
            return None;
        }
        let steps = policies.set_at(side, guard, before);
        let word = self.0.get(steps.first()?)?;
        steps.iter().all(|step| self.0.get(step) == Some(word)).then_some(word)
    }
}

fn word(analysis: &Analysis<'_>, script: &Script<'_>, number: usize) -> Option<String> {
    let (step, invocation) = analysis.invocation(number)?;
    let Reading::Ipchains(parsed) = analysis.readings.get(number)?.as_ref()? else { return None };
    let policy = parsed.uses.iter().find(|own| own.spec.opt == Opt::Policy)?;
    let place = invocation.arguments.get(*policy.further().first()?)?.place;
    let text = analysis.sources.text(place).into_owned();
    let here = step.place.file == analysis.file && place.file == analysis.file && step.calls.is_empty();
    (here && script.keeps(&variable(&text)?, place.span)).then_some(text)
}
