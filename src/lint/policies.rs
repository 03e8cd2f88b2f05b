//! What commands say of the packets that no rule of a chain is about.

use crate::model::{Action, Command};

/// Whether a policy or target keeps packets out.
pub(super) fn closes(target: Option<&str>) -> bool {
    matches!(target, Some("DROP" | "DENY" | "REJECT"))
}

/// Whether the command closes the chain for certain, by its policy or a rule for every packet.
pub(super) fn closes_chain(command: &Command, name: &str) -> bool {
    match &command.action {
        Action::Policy { chain, target } => chain.is(name) && closes(target.known()),
        Action::Append { chain, .. } | Action::Insert { chain, .. } => chain.is(name) && drops_all(command),
        _ => false,
    }
}

/// Whether the command closes the chain for all that is known.
pub(super) fn may_close_chain(command: &Command, name: &str) -> bool {
    match &command.action {
        Action::Policy { chain, target } => {
            chain.known().is_none_or(|own| own == name) && target.known().is_none_or(|own| closes(Some(own)))
        }
        _ => closes_chain(command, name),
    }
}

/// Whether each rule of the command drops every packet.
fn drops_all(command: &Command) -> bool {
    let target = |rule: &crate::model::Rule| closes(rule.target.as_ref().and_then(|target| target.name.known()));
    command.added_rules().all(|rule| rule.matches.is_empty() && rule.undecided.is_empty() && target(rule))
}
