//! `old-negation`: a `!` behind its option.

use crate::diag::Severity;
use crate::lint::{Category, lint};

lint! {
    /// Finds `!` between an option of iptables and its argument.
    ///
    /// # What it does
    /// Looks for `-s ! 10.0.0.0/8` and the like, where current versions want `! -s 10.0.0.0/8`.
    ///
    /// # Why it is bad
    /// iptables 1.4.3 began to warn of it, and current versions refuse the command, so that the rule is
    /// missing. The order before the option works in every version.
    ///
    /// # Example
    /// ```sh
    /// iptables -P OUTPUT ACCEPT
    /// iptables -A OUTPUT -d ! 192.168.1.0/24 -p tcp --dport 25 -j REJECT
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -P OUTPUT ACCEPT
    /// iptables -A OUTPUT ! -d 192.168.1.0/24 -p tcp --dport 25 -j REJECT
    /// ```
    pub(super) static LINT = {
        name: "old-negation",
        category: Category::Deprecated,
        severity: Severity::Error,
        fixable: true,
        check: |context| context.problems(),
    };
}
