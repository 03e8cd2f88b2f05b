//! `ipchains-leftover`: ipchains in an iptables command.

use crate::diag::{Diagnostic, Severity};
use crate::lint::absent::made_chains;
use crate::lint::{Category, Context, lint};

lint! {
    /// Finds words of ipchains in iptables commands.
    ///
    /// # What it does
    /// Looks for the targets `DENY` and `MASQ`, built-in chains in lower case, `-y`, `-l`, and ports as a
    /// second word behind an address.
    ///
    /// # Why it is bad
    /// iptables knows none of them: it refuses the command or, worse, takes `-l` for the beginning of
    /// another option. Scripts that were converted by search and replace are full of them.
    ///
    /// # Example
    /// ```sh
    /// iptables -P OUTPUT ACCEPT
    /// iptables -A OUTPUT -p tcp --dport 25 -j DENY
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -P OUTPUT ACCEPT
    /// iptables -A OUTPUT -p tcp --dport 25 -j DROP
    /// ```
    pub(super) static LINT = {
        name: "ipchains-leftover",
        category: Category::Migration,
        severity: Severity::Error,
        fixable: true,
        check: check,
    };
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    // A chain may bear any name, and then it is no target of ipchains.
    let made = made_chains(context);
    let mut found = context.problems();
    found.retain(|problem| !made.contains(&*context.analysis.sources.text(problem.place)));
    // The command alone is well formed; that nobody makes the chain is what iptables refuses it for.
    found.into_iter().map(|problem| Diagnostic { severity: Severity::Error, ..problem }).collect()
}
