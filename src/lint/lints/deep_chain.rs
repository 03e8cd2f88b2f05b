//! `deep-chain`: more jumps in a row than the kernel takes.

use crate::diag::{Diagnostic, Severity};
use crate::lint::links::{self, Fault};
use crate::lint::{Category, Context, lint};

lint! {
    /// Finds chains that are too many jumps away from a built-in chain.
    ///
    /// # What it does
    /// Follows the jumps from built-in chains, and looks for the sixteenth in a row, by `-j` or by `-g`.
    ///
    /// # Why it is bad
    /// The kernel of iptables-nft takes fifteen and refuses the last command with "Too many links". iptables-legacy
    /// has no such limit.
    ///
    /// # Example
    /// ```sh
    /// iptables -P INPUT DROP
    /// for depth in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do
    ///     iptables -N level-$depth
    /// done
    /// iptables -A INPUT -j level-1
    /// for depth in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
    ///     iptables -A level-$depth -p tcp -j level-$((depth + 1))
    /// done
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -P INPUT DROP
    /// iptables -N level-1
    /// iptables -N level-2
    /// iptables -A INPUT -j level-1
    /// iptables -A INPUT -p tcp -j level-2
    /// ```
    pub(super) static LINT = {
        name: "deep-chain",
        category: Category::Logic,
        severity: Severity::Error,
        fixable: false,
        check: check,
    };
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    links::find(context, Fault::Depth)
}
