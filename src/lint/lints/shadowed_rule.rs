//! `shadowed-rule`: a rule that comes too late.

use crate::diag::{Diagnostic, Severity};
use crate::lint::{Category, Context, covers, lint};
use crate::packet::Why;

lint! {
    /// Finds rules whose packets are all covered by earlier rules that do the opposite.
    ///
    /// # What it does
    /// Works out for every packet whether it can come to the rule and match it. Where none can, it looks for the
    /// earlier rules of the chain that cover all of its packets, one alone or a few together, and finds that they
    /// accept what this one drops, or drop what it accepts.
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
        fixable: true,
        check: check,
    };
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for own in context.idle_rules() {
        let Why::Covered { by, opposite: true } = &own.why else { continue };
        let does = if by.len() == 1 { "does" } else { "do" };
        let finding = context.finding(own.place, format!("{} and {does} the opposite", covers::said(by)));
        let finding = covers::named(finding, by, "covers");
        found.push(context.needless(finding, "Delete the shadowed rule"));
    }
    found
}
