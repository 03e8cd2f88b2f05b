//! `unknown-extension`: a match or target that iptables does not have by itself.

use std::collections::HashSet;

use crate::diag::{Diagnostic, Severity};
use crate::lint::removed::is_removed;
use crate::lint::{Category, Context, lint};

lint! {
    /// Finds matches and targets that are no part of iptables.
    ///
    /// # What it does
    /// Reports the first use of each match or target that iptables 1.8.9 does not bring along, and every
    /// use of a name that is nearly one it has. The options of such an extension are taken as they stand, and
    /// the rest of the rule is checked as usual. What `iptlint.toml` declares under `[matches]` and `[targets]`
    /// is checked like the extensions of iptables, and is no finding.
    ///
    /// # Why it is bad
    /// Without the add-on that brings it, or with a misspelled name, the command is refused, and the rule is
    /// missing from the firewall.
    ///
    /// # Example
    /// ```sh
    /// iptables -P OUTPUT ACCEPT
    /// iptables -A OUTPUT -m connlimt --connlimit-above 20 -j REJECT
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -P OUTPUT ACCEPT
    /// iptables -A OUTPUT -m connlimit --connlimit-above 20 -j REJECT
    /// ```
    pub(super) static LINT = {
        name: "unknown-extension",
        category: Category::Correctness,
        severity: Severity::Warning,
        fixable: false,
        check: check,
    };
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut said = HashSet::new();
    let mut findings = context.problems();
    // What is gone has a lint of its own.
    findings.retain(|finding| !is_removed(&context.analysis.sources.text(finding.place)));
    // A misspelled name is put right at each place, while an add-on is installed once.
    findings.retain(|finding| finding.help.is_some() || said.insert(finding.message.clone()));
    findings
}
