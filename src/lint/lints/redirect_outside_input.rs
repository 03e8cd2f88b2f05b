//! `redirect-outside-input`: redirecting what has passed.

use crate::diag::Severity;
use crate::lint::{Category, lint};

lint! {
    /// Finds the target REDIRECT of ipchains in chains other than input.
    ///
    /// # What it does
    /// Looks for `-j REDIRECT` in forward and output.
    ///
    /// # Why it is bad
    /// ipchains refuses the rule: only packets that come in can be redirected to this host.
    ///
    /// # Example
    /// ```sh
    /// ipchains -P forward DENY
    /// ipchains -A forward -p tcp -d 0/0 80 -j REDIRECT 3128
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// ipchains -P input DENY
    /// ipchains -A input -p tcp -d 0/0 80 -j REDIRECT 3128
    /// ```
    pub(super) static LINT = {
        name: "redirect-outside-input",
        category: Category::Migration,
        severity: Severity::Error,
        fixable: false,
        check: |context| context.problems(),
    };
}
