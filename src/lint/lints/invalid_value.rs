//! `invalid-value`: an argument that is none.

use crate::diag::Severity;
use crate::lint::{Category, lint};

lint! {
    /// Finds arguments that the program refuses.
    ///
    /// # What it does
    /// Checks addresses, masks, ports, protocols, states, rates and the other arguments of commands, as far
    /// as the script reveals them.
    ///
    /// # Why it is bad
    /// The command is refused, and the rule is missing from the firewall while all others are loaded.
    ///
    /// # Example
    /// ```sh
    /// iptables -P OUTPUT ACCEPT
    /// iptables -A OUTPUT -d 192.168.1.300 -j REJECT
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -P OUTPUT ACCEPT
    /// iptables -A OUTPUT -d 192.168.1.30 -j REJECT
    /// ```
    pub(super) static LINT = {
        name: "invalid-value",
        category: Category::Correctness,
        severity: Severity::Error,
        fixable: false,
        check: |context| context.problems(),
    };
}
