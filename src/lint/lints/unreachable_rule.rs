//! `unreachable-rule`: a rule that no packet comes to.

use crate::diag::{Diagnostic, Severity, Tag};
use crate::lint::chains;
use crate::lint::{Category, Context, lint};
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
        fixable: false,
        check: check,
    };
}

/// So many of the earlier rules are named.
const SHOWN: usize = 3;

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for own in context.idle_rules() {
        let Why::Covered { by, opposite: false } = &own.why else { continue };
        if by.iter().any(|place| chains::are_alike(context, *place, own.place)) {
            continue;
        }
        let message = "earlier rules decide all packets of this one";
        let finding = context.finding(own.place, message);
        let shown = by.iter().filter(|place| **place != own.place).take(SHOWN);
        let finding = shown.fold(finding, |finding, place| finding.with_related(*place, "decides some of them"));
        found.push(Diagnostic { tags: vec![Tag::Unnecessary], ..finding });
    }
    found
}
