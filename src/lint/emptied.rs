//! Chains that a file has emptied: whatever rules they hold are its own.

use super::Context;
use crate::analysis::Reading;
use crate::eval::Act;
use crate::model::{Action, Command, Value};

/// Whether all rules that the chain of the command at step `number` holds are the file's own.
pub(super) fn by_file(context: &Context<'_>, number: usize, command: &Command) -> bool {
    let (Action::Insert { chain, .. }
    | Action::Replace { chain, .. }
    | Action::DeleteNumber { chain, .. }
    | Action::Check { chain, .. }
    | Action::Zero { chain: Some(chain), .. }
    | Action::DeleteRule { chain, .. }) = &command.action
    else {
        return false;
    };
    let steps = &context.analysis.evaluation.steps;
    let guard = steps[number].guard;
    let mut earlier = steps.iter().zip(&context.analysis.readings).take(number);
    earlier.any(|(step, reading)| {
        let empties = match &step.act {
            Act::Table { family, name, keep } => {
                !keep && *family == command.family && command.table.is(name) && is_whole(context, command)
            }
            Act::Chain { family, table, name, .. } => {
                let builtin = command.is_builtin(name);
                *family == command.family && command.table.is(table) && name == chain && !builtin
            }
            Act::Run(_) => reading.as_ref().and_then(Reading::command).is_some_and(|own| empties(own, command, chain)),
            _ => false,
        };
        empties && !step.many && !step.uncalled && context.and_not(guard, step.guard).is_false()
    })
}

/// Whether `own` leaves the chain, which `command` works on, without rules of others.
fn empties(own: &Command, command: &Command, chain: &Value) -> bool {
    let same = (own.dialect, own.family, &own.table) == (command.dialect, command.family, &command.table);
    same && match &own.action {
        Action::Flush { chain: None } => true,
        Action::Flush { chain: Some(own) } | Action::NewChain { chain: own } => own == chain,
        _ => false,
    }
}

/// Whether a save file has the whole of the command's table, since it declares built-in chains of it.
pub(super) fn is_whole(context: &Context<'_>, command: &Command) -> bool {
    context.analysis.evaluation.steps.iter().any(|step| match &step.act {
        Act::Chain { family, table, name, .. } => {
            *family == command.family && command.table.is(table) && command.is_builtin(name)
        }
        _ => false,
    })
}
