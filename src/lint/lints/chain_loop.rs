//! `chain-loop`: chains that lead back.

use crate::diag::{Diagnostic, Severity};
use crate::lint::links::{self, Fault};
use crate::lint::{Category, Context, lint};

lint! {
    /// Finds chains that jump to themselves, or to each other.
    ///
    /// # What it does
    /// Follows the jumps from built-in chains, as they are when the command has run or at the `COMMIT` of a save file,
    /// and looks for those that lead back to a chain on the way.
    ///
    /// # Why it is bad
    /// iptables refuses the last command of such a loop. ipchains takes it, and drops the packets that come
    /// around.
    ///
    /// # Example
    /// ```sh
    /// iptables -N inner
    /// iptables -P INPUT DROP
    /// iptables -A inner -p tcp -j inner
    /// iptables -A INPUT -j inner
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -N inner
    /// iptables -P INPUT DROP
    /// iptables -A inner -p tcp -j ACCEPT
    /// iptables -A INPUT -j inner
    /// ```
    pub(super) static LINT = {
        name: "chain-loop",
        category: Category::Logic,
        severity: Severity::Error,
        fixable: false,
        check: check,
    };
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    links::find(context, Fault::Loop)
}
