//! `malformed-suppression`: a suppression that cannot be read.

use crate::diag::Severity;
use crate::lint::{Category, lint};

lint! {
    /// Finds comments to iptlint that it cannot read.
    ///
    /// # What it does
    /// Looks for comments that begin with `iptlint:` and then say neither `disable`, `disable-next-line`,
    /// `disable-file` nor `enable`, or that name a lint which does not exist.
    ///
    /// # Why it is bad
    /// The comment silences nothing, though its author meant it to.
    ///
    /// # Example
    /// ```sh
    /// iptables -P OUTPUT ACCEPT
    /// iptables -A OUTPUT -p tcp --dport 25 -j REJECT  # iptlint: disable=old-negatoin
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -P OUTPUT ACCEPT
    /// iptables -A OUTPUT -p tcp --dport 25 -j REJECT
    /// ```
    pub(super) static LINT = {
        name: "malformed-suppression",
        category: Category::Script,
        severity: Severity::Warning,
        fixable: false,
        check: |_| Vec::new(),
    };
}
