//! What steps of the script do to all chains at once.

use std::ops::Range;

use crate::analysis::{Analysis, Reading};
use crate::logic::Formula;
use crate::migrate::policies::Policies;
use crate::model::Action;

/// What a step of ipchains does.
pub(in crate::migrate) fn action<'a>(analysis: &'a Analysis<'_>, number: usize) -> Option<&'a Action> {
    match analysis.readings.get(number)?.as_ref()? {
        reading @ Reading::Ipchains(_) => reading.command().map(|command| &command.action),
        Reading::Iptables(_) => None,
    }
}

/// Whether the step empties all chains.
pub(super) fn wipes_all(analysis: &Analysis<'_>, number: usize) -> bool {
    matches!(action(analysis, number), Some(Action::Flush { chain: None }))
}

/// Whether the script empties chains at all, so that it may run again.
pub(super) fn flushes(analysis: &Analysis<'_>) -> bool {
    (0..analysis.readings.len()).any(|number| matches!(action(analysis, number), Some(Action::Flush { .. })))
}

/// Whether an action empties a built-in chain, alone or with all others.
pub(in crate::migrate) fn empties(action: &Action, builtin: &str) -> bool {
    matches!(action, Action::Flush { chain } if chain.as_ref().is_none_or(|chain| chain.is(builtin)))
}

/// Whether forward has been emptied between two steps.
pub(super) fn empties_forward(analysis: &Analysis<'_>, policies: &Policies, begin: usize, end: usize) -> bool {
    happened(
        analysis,
        policies,
        begin..end,
        |action| matches!(action, Action::Flush { chain: Some(chain) } if chain.is("forward")),
    )
}

/// Whether all chains have been deleted between two steps.
pub(super) fn deleted(analysis: &Analysis<'_>, policies: &Policies, begin: usize, end: usize) -> bool {
    happened(analysis, policies, begin..end, |action| matches!(action, Action::DeleteChain { chain: None }))
}

/// Whether each run that empties all chains by this step deletes them later.
pub(super) fn deletes(analysis: &Analysis<'_>, policies: &Policies, number: usize) -> bool {
    let steps = &analysis.evaluation.steps;
    let Some(guard) = steps.get(number).map(|step| step.guard).filter(|_| wipes_all(analysis, number)) else {
        return false;
    };
    let deletes = |later: &usize| matches!(action(analysis, *later), Some(Action::DeleteChain { chain: None }));
    let later = (number + 1..steps.len()).filter(deletes).filter_map(|later| steps.get(later));
    policies.any_of(guard, later.map(|step| step.guard))
}

/// Whether one of these steps does something in all runs that come to their end.
fn happened(analysis: &Analysis<'_>, policies: &Policies, range: Range<usize>, does: impl Fn(&Action) -> bool) -> bool {
    let end = analysis.evaluation.steps.get(range.end);
    end.is_some_and(|end| happens(analysis, policies, (range, end.guard), does))
}

/// Whether one of some steps does something in all runs of a guard.
pub(in crate::migrate) fn happens(
    analysis: &Analysis<'_>,
    policies: &Policies,
    (mut range, guard): (Range<usize>, Formula),
    does: impl Fn(&Action) -> bool,
) -> bool {
    let steps = &analysis.evaluation.steps;
    let in_all = |number: usize| steps.get(number).is_some_and(|step| policies.implies(guard, step.guard));
    range.any(|number| action(analysis, number).is_some_and(&does) && in_all(number))
}
