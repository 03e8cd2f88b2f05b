//! `port-without-protocol`: ports of no protocol.

use crate::diag::Severity;
use crate::lint::{Category, lint};

lint! {
    /// Finds ports in rules that do not say of which protocol.
    ///
    /// # What it does
    /// Looks for ports, and for other things that only TCP or UDP have, in commands without `-p`.
    ///
    /// # Why it is bad
    /// Only some protocols have ports. The command is refused, and the rule is missing from the firewall.
    ///
    /// # Example
    /// ```sh
    /// ipchains -P output ACCEPT
    /// ipchains -A output -d 0/0 25 -j REJECT
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// ipchains -P output ACCEPT
    /// ipchains -A output -p tcp -d 0/0 25 -j REJECT
    /// ```
    pub(super) static LINT = {
        name: "port-without-protocol",
        category: Category::Correctness,
        severity: Severity::Error,
        fixable: false,
        check: |context| context.problems(),
    };
}
