//! `missing-argument`: an option without its argument.

use crate::diag::Severity;
use crate::lint::{Category, lint};

lint! {
    /// Finds options and commands that lack something they need.
    ///
    /// # What it does
    /// Looks for options at the end of a command that want an argument, and for commands without a
    /// chain, a target's required option or the like.
    ///
    /// # Why it is bad
    /// The command is refused, and the rule is missing from the firewall while all others are loaded.
    ///
    /// # Example
    /// ```sh
    /// iptables -P OUTPUT ACCEPT
    /// iptables -A OUTPUT -p tcp --dport 25 -j
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -P OUTPUT ACCEPT
    /// iptables -A OUTPUT -p tcp --dport 25 -j REJECT
    /// ```
    pub(super) static LINT = {
        name: "missing-argument",
        category: Category::Correctness,
        severity: Severity::Error,
        fixable: false,
        check: |context| context.problems(),
    };
}
