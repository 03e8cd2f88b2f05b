//! `overlong-name`: a name that does not fit.

use crate::diag::Severity;
use crate::lint::{Category, lint};

lint! {
    /// Finds names of chains and interfaces that are too long.
    ///
    /// # What it does
    /// Looks for names of chains of more than 28 bytes (ipchains: 8) and names of interfaces of more than 15.
    ///
    /// # Why it is bad
    /// The kernel has no room for them, and the command is refused.
    ///
    /// # Example
    /// ```sh
    /// iptables -N connections-from-the-outside-world
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -N from-outside
    /// ```
    pub(super) static LINT = {
        name: "overlong-name",
        category: Category::Script,
        severity: Severity::Error,
        fixable: false,
        check: |context| context.problems(),
    };
}
