//! `option-as-interface`: an option taken for an interface.

use crate::diag::Severity;
use crate::lint::{Category, lint};

lint! {
    /// Finds options that ipchains takes for an interface name.
    ///
    /// # What it does
    /// Looks for interface names that begin as an option would, and for `-i` with its argument joined to it
    /// where ipchains reads it otherwise.
    ///
    /// # Why it is bad
    /// ipchains does not know every way of writing options that other programs know. It takes the word for a
    /// name, and the rule waits for packets of an interface that cannot exist.
    ///
    /// # Example
    /// ```sh
    /// ipchains -P output ACCEPT
    /// ipchains -A output -ieth0 -j REJECT
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// ipchains -P output ACCEPT
    /// ipchains -A output -i eth0 -j REJECT
    /// ```
    pub(super) static LINT = {
        name: "option-as-interface",
        category: Category::Correctness,
        severity: Severity::Warning,
        fixable: false,
        check: |context| context.problems(),
    };
}
