//! `conflicting-options`: options that exclude each other.

use crate::diag::Severity;
use crate::lint::{Category, lint};

lint! {
    /// Finds options that the program does not allow together.
    ///
    /// # What it does
    /// Looks for options that do not go with the command, with the protocol or with each other, such as `-y`
    /// without `-p tcp` or ports in a rule for fragments.
    ///
    /// # Why it is bad
    /// The command is refused, and the rule is missing from the firewall while all others are loaded.
    ///
    /// # Example
    /// ```sh
    /// ipchains -P output ACCEPT
    /// ipchains -A output -p udp -y -j REJECT
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// ipchains -P output ACCEPT
    /// ipchains -A output -p tcp -y -j REJECT
    /// ```
    pub(super) static LINT = {
        name: "conflicting-options",
        category: Category::Correctness,
        severity: Severity::Error,
        fixable: false,
        check: |context| context.problems(),
    };
}
