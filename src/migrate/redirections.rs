//! Emptying nat PREROUTING for the sake of forwarded ports must not take the rules of REDIRECT along.

use super::command::Translator;
use super::frames::happens;
use super::layout::{Placed, Purpose};
use super::outcome::Outcome;
use crate::analysis::Analysis;
use crate::model::Action;

/// What becomes of a command beside the rules, which is left to a person if it would remove redirections.
pub(super) fn keep(outcome: Outcome, analysis: &Analysis<'_>, translator: &Translator<'_>, step: usize) -> Outcome {
    let empties = |command: &String| command.ends_with("-t nat -F PREROUTING");
    match &outcome {
        Outcome::Commands(commands, _) if commands.iter().any(empties) && removes(analysis, translator, step) => {
            let reason = "iptables would remove the rules of REDIRECT too; delete the forwarded ports one by one";
            Outcome::Person(reason.to_owned())
        }
        _ => outcome,
    }
}

/// Whether there may be redirections when a step empties nat PREROUTING, which stay where they are under ipchains.
fn removes(analysis: &Analysis<'_>, translator: &Translator<'_>, number: usize) -> bool {
    let steps = &analysis.evaluation.steps;
    let Some(step) = steps.get(number) else { return false };
    let flushes = |action: &Action| match action {
        Action::Flush { chain } => chain.as_ref().is_none_or(|chain| chain.is("input")),
        _ => false,
    };
    let emptied = |range| happens(analysis, translator.policies, (range, step.guard), flushes);
    let stays = |placed: &Placed<'_>| match steps.get(placed.step) {
        Some(own) if translator.policies.compatible(own.guard, step.guard) => !emptied(placed.step..number),
        // An earlier run may have left it to one that empties input anyway.
        _ => !emptied(0..steps.len()),
    };
    let placed = translator.layout.placed().map(|(_, placed)| placed);
    let mut before = placed.filter(|placed| placed.step < number && Purpose::Redirect.is_served_by(placed.rule));
    before.any(stays)
}
