//! `redundant-rule`: a rule that a later one makes needless.

use crate::diag::{Diagnostic, Severity};
use crate::lint::{Category, Context, covers, lint};
use crate::packet::Why;

lint! {
    /// Finds rules that could be removed, since later rules do the same with all their packets.
    ///
    /// # What it does
    /// Works out for every packet that matches the rule what would become of it without the rule, and finds
    /// that rules behind it in the chain give all of them the same verdict, and do nothing else. Policies do
    /// not count.
    ///
    /// # Why it is bad
    /// The rule says nothing. It may be kept for the eye or for its counters, or be left over from a time when
    /// the later rule was narrower.
    ///
    /// # Example
    /// ```sh
    /// iptables -P INPUT DROP
    /// iptables -A INPUT -p tcp -s 192.0.2.7 --dport 22 -j ACCEPT
    /// iptables -A INPUT -p tcp --dport 22 -j ACCEPT
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -P INPUT DROP
    /// iptables -A INPUT -p tcp --dport 22 -j ACCEPT
    /// ```
    pub(super) static LINT = {
        name: "redundant-rule",
        category: Category::Logic,
        severity: Severity::Info,
        fixable: true,
        check: check,
    };
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for own in context.idle_rules() {
        let Why::Repeated { by } = &own.why else { continue };
        let finding = context.finding(own.place, "later rules do the same with all packets of this one");
        let finding = covers::named(finding, by, "would decide");
        found.push(context.needless(finding, "Delete the redundant rule"));
    }
    found
}
