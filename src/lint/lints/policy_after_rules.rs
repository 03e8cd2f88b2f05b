//! `policy-after-rules`: closed only when all is loaded.

use crate::diag::{Diagnostic, Severity};
use crate::eval::Step;
use crate::lint::policies::{closes, may_close_chain};
use crate::lint::{Category, Context, lint};
use crate::model::{Action, Command};

lint! {
    /// Finds policies that close a chain only after rules were put into it.
    ///
    /// # What it does
    /// Looks for `-P CHAIN DROP` after commands that put rules into the same chain, where no earlier command
    /// closed it.
    ///
    /// # Why it is bad
    /// While the script loads its rules, and for good where it stops at a mistake, the chain lets everything
    /// through that no rule decides. Scripts that are run over the network sometimes do so on purpose.
    ///
    /// # Example
    /// ```sh
    /// iptables -A INPUT -p tcp --dport 22 -j ACCEPT
    /// iptables -P INPUT DROP
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -P INPUT DROP
    /// iptables -A INPUT -p tcp --dport 22 -j ACCEPT
    /// ```
    pub(super) static LINT = {
        name: "policy-after-rules",
        category: Category::Script,
        severity: Severity::Info,
        fixable: false,
        check: check,
    };
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut before: Vec<(&Step, &Command)> = Vec::new();
    for (step, command) in context.live_commands() {
        if let Action::Policy { chain, target } = &command.action
            && closes(target.known())
            && let Some(name) = chain.known()
        {
            let same = |other: &Command| {
                (other.dialect, other.family, &other.table) == (command.dialect, command.family, &command.table)
            };
            let mut earlier =
                before.iter().filter(|(other, own)| same(own) && context.compatible(other.guard, step.guard));
            let closed = earlier.clone().any(|(_, own)| may_close_chain(own, name));
            if !closed && let Some((other, own)) = earlier.find(|(_, own)| fills(own, name)) {
                let finding = context.finding(
                    context.analysis.written_at(step),
                    format!("{name} is closed only after rules were put into it, and open until then"),
                );
                let place = own.added_rules().next().map_or(other.place, |rule| rule.place);
                found.push(finding.with_related(place, "the first rule").with_help("set policies before rules"));
            }
        }
        before.push((step, command));
    }
    found
}

/// Whether the command puts a rule into the chain.
fn fills(command: &Command, name: &str) -> bool {
    matches!(&command.action, Action::Append { chain, .. } | Action::Insert { chain, .. } if chain.is(name))
}
