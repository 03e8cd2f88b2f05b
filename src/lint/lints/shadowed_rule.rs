//! `shadowed-rule`: a rule that comes too late.

use crate::diag::{Diagnostic, Severity, Tag};
use crate::lint::{Category, Context, lint};
use crate::packet::Why;

lint! {
    /// Finds rules whose packets all get the opposite verdict from earlier rules.
    ///
    /// # What it does
    /// Works out for every packet whether it can come to the rule and match it, and finds that earlier rules of
    /// the chain accept all that this one drops, or drop all that it accepts.
    ///
    /// # Why it is bad
    /// The rule says what becomes of a packet, and the contrary happens. Either the firewall is open where it
    /// should not be, or something does not work.
    ///
    /// # Example
    /// ```sh
    /// iptables -P INPUT DROP
    /// iptables -A INPUT -p tcp --dport 22 -j ACCEPT
    /// iptables -A INPUT -p tcp -s 192.0.2.7 --dport 22 -j DROP
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -P INPUT DROP
    /// iptables -A INPUT -p tcp -s 192.0.2.7 --dport 22 -j DROP
    /// iptables -A INPUT -p tcp --dport 22 -j ACCEPT
    /// ```
    pub(super) static LINT = {
        name: "shadowed-rule",
        category: Category::Logic,
        severity: Severity::Warning,
        fixable: false,
        check: check,
    };
}

/// So many of the earlier rules are named.
const SHOWN: usize = 3;

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for own in context.idle_rules() {
        let Why::Covered { by, opposite: true } = &own.why else { continue };
        let message = "earlier rules do the opposite with all packets of this one";
        let finding = context.finding(own.place, message);
        let shown = by.iter().filter(|place| **place != own.place).take(SHOWN);
        let finding = shown.fold(finding, |finding, place| finding.with_related(*place, "decides some of them"));
        found.push(Diagnostic { tags: vec![Tag::Unnecessary], ..finding });
    }
    found
}
