//! Commands that ipchains refuses, or would if another script had not been there before.

use super::Item;
use crate::analysis::{Analysis, Reading};
use crate::diag::Severity;
use crate::dialect::ipchains::{Parsed, nearest_target};
use crate::model::{Action, NO_CHAIN, NO_TARGET, Refusal, Value};
use crate::text::Place;

/// Why ipchains takes the command of this place in no run. A script that builds only a part of a
/// firewall may count on chains and rules that others have made, so this holds only where the script
/// sets up a firewall by itself, where a target is misspelt, or where it has put rules into the chain.
pub(super) fn always(analysis: &Analysis<'_>, place: Place) -> Option<String> {
    let mut runs =
        analysis.invocations().filter(|(_, step, _)| step.place == place).map(|(number, ..)| refusal(analysis, number));
    let first = runs.next()??;
    runs.all(|refused| refused.is_some()).then_some(first)
}

/// Why ipchains refuses the command of step `number`, whatever others have done before.
fn refusal(analysis: &Analysis<'_>, number: usize) -> Option<String> {
    let (_, refusal) = analysis.refusals.iter().find(|(step, _)| *step == number)?;
    let earlier = || analysis.readings.iter().take(number).flatten().filter_map(Reading::command);
    let action = &analysis.readings.get(number)?.as_ref()?.command()?.action;
    let own = match (refusal.code, action) {
        ("undefined-chain", Action::Append { .. } | Action::Insert { .. } | Action::Replace { .. }) => {
            let target = target(action).filter(|_| refusal.message == NO_TARGET).and_then(Value::known);
            if let Some((written, meant)) = target.and_then(|name| Some((name, nearest_target(name)?))) {
                let reason = format!("there is no target `{written}`; `{meant}` is probably meant");
                return Some(format!("ipchains refuses this command: {reason}"));
            }
            makes_chains(analysis) || !analysis.is_addition() && analysis.evaluation.sources_unread.is_empty()
        }
        (
            "missing-rule",
            Action::DeleteNumber { chain, .. } | Action::Insert { chain, .. } | Action::Replace { chain, .. },
        ) => earlier().any(|command| matches!(&command.action, Action::Append { chain: other, .. } if other == chain)),
        _ => false,
    };
    own.then(|| format!("ipchains refuses this command: {}", reason(refusal, action)))
}

/// What is missing, by its name.
fn reason(refusal: &Refusal, action: &Action) -> String {
    match (refusal.message.as_str(), action, target(action)) {
        (NO_TARGET, _, Some(target)) => format!("there is no chain or target `{target}`"),
        (NO_CHAIN, Action::Append { chain, .. } | Action::Insert { chain, .. } | Action::Replace { chain, .. }, _) => {
            format!("there is no chain `{chain}`")
        }
        (message, ..) => message.to_owned(),
    }
}

/// The target of the rules that a command is about.
fn target(action: &Action) -> Option<&Value> {
    let rule = match action {
        Action::Append { rules, .. } | Action::Insert { rules, .. } => rules.first()?,
        Action::Replace { rule, .. } => rule,
        _ => return None,
    };
    rule.target.as_ref().map(|target| &target.name)
}

fn makes_chains(analysis: &Analysis<'_>) -> bool {
    analysis.commands().any(|(_, command)| matches!(&command.action, Action::NewChain { .. }))
}

/// Says of the first rule that names a chain which the script never makes that another script must make it.
pub(super) fn note_made_elsewhere(
    analysis: &Analysis<'_>,
    number: usize,
    action: &Action,
    place: Place,
    items: &mut Vec<Item>,
) {
    let (Action::Append { chain, .. } | Action::Insert { chain, .. } | Action::Replace { chain, .. }) = action else {
        return;
    };
    let refused = analysis.refusals.iter().find(|(step, refusal)| *step == number && refusal.code == "undefined-chain");
    let Some((_, refusal)) = refused else { return };
    let name = target(action).filter(|_| refusal.message == NO_TARGET).unwrap_or(chain);
    let message = format!("the chain `{name}` is not made here; another script must make it under this name");
    if items.iter().all(|item| item.message != message) {
        items.push(Item { place, message, person: false });
    }
}

/// Why a command is not migrated that ipchains itself refuses.
pub(super) fn of(parsed: &Parsed) -> String {
    let problem = parsed.problems.iter().find(|problem| problem.severity == Severity::Error);
    if parsed.problems.iter().any(|problem| problem.message.starts_with("` `")) {
        return "the backslash at the end of the line is followed by a blank, so the command ends there".to_owned();
    }
    let said = problem.map(|problem| problem.message.clone()).or_else(|| parsed.refusal.clone()).unwrap_or_default();
    format!("ipchains refuses this command: {said}")
}
