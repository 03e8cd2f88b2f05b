//! Files that are a part of a firewall script and not the whole of one.
//!
//! What such a part lacks, the script that reads it may have: variables, chains and policies.

use super::empty::never_set;
use crate::analysis::Analysis;
use crate::model::{Action, Command, Value, builtin_chains};

/// Whether the file knows its filter program only by a variable that nothing in it sets, as in `$IPTABLES -A INPUT`.
///
/// A file that reads others is no such part, since they may set the variable.
pub(super) fn is_fragment(analysis: &Analysis<'_>) -> bool {
    let never_set = never_set(analysis);
    let from_outside = |value: &Value| value.unknowns().any(|unknown| never_set.contains(&*unknown.name));
    let filters = analysis.invocations().filter(|(.., invocation)| invocation.program.filter().is_some());
    let mut names = filters.map(|(.., invocation)| &invocation.name_value).peekable();
    names.peek().is_some() && names.all(from_outside)
}

/// Whether the file only puts rules into the firewall of another script, or takes them out: it makes no
/// chain, sets no policy and empties no built-in chain.
pub(super) fn is_addition(analysis: &Analysis<'_>) -> bool {
    !analysis.commands().any(|(_, command)| match &command.action {
        Action::NewChain { .. } | Action::RenameChain { .. } | Action::Policy { .. } => true,
        Action::Flush { chain } | Action::DeleteChain { chain } => {
            chain.as_ref().is_none_or(|chain| is_builtin(command, chain))
        }
        _ => false,
    })
}

fn is_builtin(command: &Command, chain: &Value) -> bool {
    let chains = command.table.known().and_then(|table| builtin_chains(command.dialect, table));
    chains.is_some_and(|mut chains| chains.any(|name| chain.is(name)))
}
