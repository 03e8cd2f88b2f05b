//! `wrong-interface-direction`: an interface the chain does not know.

use crate::diag::Severity;
use crate::lint::{Category, lint};

lint! {
    /// Finds interface matches in chains where packets have no such interface.
    ///
    /// # What it does
    /// Looks for `-o` in `INPUT` and `PREROUTING`, and for `-i` in `OUTPUT` and `POSTROUTING`.
    ///
    /// # Why it is bad
    /// A packet that arrives has no departure interface yet, and one that leaves no arrival interface any
    /// more. iptables refuses such rules.
    ///
    /// # Example
    /// ```sh
    /// iptables -P OUTPUT ACCEPT
    /// iptables -A OUTPUT -i eth0 -p tcp --dport 25 -j REJECT
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -P OUTPUT ACCEPT
    /// iptables -A OUTPUT -o eth0 -p tcp --dport 25 -j REJECT
    /// ```
    pub(super) static LINT = {
        name: "wrong-interface-direction",
        category: Category::Correctness,
        severity: Severity::Error,
        fixable: true,
        check: |context| context.problems(),
    };
}
