//! `short-network`: a network that is not the one it looks like.

use crate::diag::Severity;
use crate::lint::{Category, lint};

lint! {
    /// Finds abbreviated networks in ipchains commands that mean another network.
    ///
    /// # What it does
    /// Looks for addresses with less than four parts and a mask that cuts them wrong, such as `10/8`.
    ///
    /// # Why it is bad
    /// ipchains has the C library fill up an address with less than four parts, and that puts the last part at
    /// the end: `10/8` is 0.0.0.10 with a mask of eight bits, which is 0.0.0.0/8. The rule never matches what
    /// it is for.
    ///
    /// # Example
    /// ```sh
    /// ipchains -P output ACCEPT
    /// ipchains -A output -d 10/8 -j REJECT
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// ipchains -P output ACCEPT
    /// ipchains -A output -d 10.0.0.0/8 -j REJECT
    /// ```
    pub(super) static LINT = {
        name: "short-network",
        category: Category::Correctness,
        severity: Severity::Warning,
        fixable: false,
        check: |context| context.problems(),
    };
}
