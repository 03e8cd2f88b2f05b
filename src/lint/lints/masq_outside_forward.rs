//! `masq-outside-forward`: masquerading where nothing is forwarded.

use crate::diag::Severity;
use crate::lint::{Category, lint};

lint! {
    /// Finds the target MASQ of ipchains in chains other than forward.
    ///
    /// # What it does
    /// Looks for `-j MASQ` in input and output.
    ///
    /// # Why it is bad
    /// ipchains refuses the rule: only packets that are forwarded can be masqueraded.
    ///
    /// # Example
    /// ```sh
    /// ipchains -A output -i ppp0 -s 192.168.1.0/24 -j MASQ
    /// ipchains -P output DENY
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// ipchains -P forward DENY
    /// ipchains -A forward -i ppp0 -s 192.168.1.0/24 -j MASQ
    /// ```
    pub(super) static LINT = {
        name: "masq-outside-forward",
        category: Category::Migration,
        severity: Severity::Error,
        fixable: false,
        check: |context| context.problems(),
    };
}
