//! `unreachable-rule`: a rule that no packet comes to.

use crate::diag::{Diagnostic, Severity};
use crate::lint::{Category, Context, covers, lint};
use crate::packet::Why;

lint! {
    /// Finds rules whose packets are all decided by earlier rules of their chain.
    ///
    /// # What it does
    /// Works out for every packet whether it can come to the rule and match it, through the conditions of the
    /// script and the chains that are jumped to before. Rules that only repeat an earlier one word by word are
    /// left to `duplicate-rule`, and those whose packets all get the opposite verdict to `shadowed-rule`.
    ///
    /// # Why it is bad
    /// The rule never decides anything. Often it stands too low, or an earlier rule says more than was meant.
    ///
    /// # Example
    /// ```sh
    /// iptables -P INPUT DROP
    /// iptables -A INPUT -p tcp -s 10.0.0.0/8 -j ACCEPT
    /// iptables -A INPUT -p tcp -s 10.1.0.0/16 --dport 22 -j ACCEPT
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -P INPUT DROP
    /// iptables -A INPUT -p tcp -s 10.0.0.0/8 --dport 80 -j ACCEPT
    /// iptables -A INPUT -p tcp -s 10.1.0.0/16 --dport 22 -j ACCEPT
    /// ```
    pub(super) static LINT = {
        name: "unreachable-rule",
        category: Category::Logic,
        severity: Severity::Warning,
        fixable: true,
        check: check,
    };
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for own in context.idle_rules() {
        let Why::Covered { by, opposite: false } = &own.why else { continue };
        if context.repeated_rules().contains_key(&own.place) {
            continue;
        }
        let finding = context.finding(own.place, covers::said(by));
        let finding = covers::named(finding, by, "covers");
        found.push(context.needless(finding, "Delete the rule that no packet comes to"));
    }
    found
}
