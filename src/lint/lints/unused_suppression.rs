//! `unused-suppression`: a comment that silences nothing.

use crate::diag::Severity;
use crate::lint::{Category, lint};

lint! {
    /// Finds suppression comments that silence no finding.
    ///
    /// # What it does
    /// Compares the comments `# iptlint: disable=NAME` with what they take away. Lints that are switched off
    /// are left alone.
    ///
    /// # Why it is bad
    /// Whoever reads the comment believes that there is something wrong with the command, and the day that
    /// there is, nobody is told.
    ///
    /// # Example
    /// ```sh
    /// iptables -P OUTPUT ACCEPT
    /// iptables -A OUTPUT -p tcp --dport 25 -j REJECT  # iptlint: disable=wrong-table -- old kernel
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -P OUTPUT ACCEPT
    /// iptables -A OUTPUT -p tcp --dport 25 -j REJECT
    /// ```
    pub(super) static LINT = {
        name: "unused-suppression",
        category: Category::Script,
        severity: Severity::Warning,
        fixable: false,
        check: |_| Vec::new(),
    };
}
