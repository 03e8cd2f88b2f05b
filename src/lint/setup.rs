//! How a command sets up a chain of the filter table.

use crate::model::{Action, Chain, Command, Ruleset};

/// What a command that flushes, or sets a policy, does for a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Setup {
    /// It empties the chain.
    Flush,
    /// It sets the policy of the chain.
    Policy,
    /// It is about another chain of the ruleset.
    Elsewhere,
}

/// What `command` sets up of `chain` in `ruleset`, if anything.
pub(super) fn setup(command: &Command, ruleset: &Ruleset, chain: &Chain) -> Option<Setup> {
    match &command.action {
        _ if !filters(command, ruleset) => None,
        Action::Flush { chain: flushed } if flushed.as_ref().is_none_or(|name| name.is(&chain.name)) => {
            Some(Setup::Flush)
        }
        Action::Policy { chain: closed, .. } if closed.is(&chain.name) => Some(Setup::Policy),
        Action::Flush { .. } | Action::Policy { .. } => Some(Setup::Elsewhere),
        _ => None,
    }
}

/// Whether a command is about the filter table of `ruleset`.
pub(super) fn filters(command: &Command, ruleset: &Ruleset) -> bool {
    (command.dialect, command.family) == (ruleset.dialect, ruleset.family) && command.table.is("filter")
}
