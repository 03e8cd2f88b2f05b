//! `unknown-option`: an option that the program does not have.

use crate::diag::Severity;
use crate::lint::{Category, lint};

lint! {
    /// Finds options that the program, or the matches and targets loaded, do not have.
    ///
    /// # What it does
    /// Compares the options of every ipchains and iptables command with those that exist. Options of
    /// extensions that iptlint does not know are left alone.
    ///
    /// # Why it is bad
    /// The command is refused, and the rule is missing from the firewall while all others are loaded.
    ///
    /// # Example
    /// ```sh
    /// iptables -P OUTPUT ACCEPT
    /// iptables -A OUTPUT -p tcp --destport 25 -j REJECT
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -P OUTPUT ACCEPT
    /// iptables -A OUTPUT -p tcp --dport 25 -j REJECT
    /// ```
    pub(super) static LINT = {
        name: "unknown-option",
        category: Category::Correctness,
        severity: Severity::Error,
        fixable: false,
        check: |context| context.problems(),
    };
}
