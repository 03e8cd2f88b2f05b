//! `unreachable-chain`: asked only by chains that nobody asks.

use crate::diag::{Diagnostic, Severity, Tag};
use crate::lint::chains::{self, Unasked};
use crate::lint::{Category, Context, lint};

lint! {
    /// Finds user chains that no packet can come to.
    ///
    /// # What it does
    /// Looks for user chains with rules that are the target of rules, but only of rules in chains to which no
    /// way leads from a built-in chain.
    ///
    /// # Why it is bad
    /// The rules of the chain are never asked: somewhere on the way a jump is missing.
    ///
    /// # Example
    /// ```sh
    /// iptables -P INPUT DROP
    /// iptables -N services
    /// iptables -N web
    /// iptables -A web -p tcp --dport 80 -j ACCEPT
    /// iptables -A web -p tcp --dport 81 -j services
    /// iptables -A services -p tcp -j web
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -P INPUT DROP
    /// iptables -N web
    /// iptables -A web -p tcp --dport 80 -j ACCEPT
    /// iptables -A INPUT -j web
    /// ```
    pub(super) static LINT = {
        name: "unreachable-chain",
        category: Category::Logic,
        severity: Severity::Warning,
        fixable: false,
        check: check,
    };
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for Unasked { chain, jump } in chains::unasked(context) {
        let Some(jump) = jump else { continue };
        let Some(place) = chain.place.or_else(|| chain.entries.first().map(|entry| entry.rule.place)) else { continue };
        let finding = context.finding(place, format!("no packet can come to the chain {}", chain.name));
        let finding = finding.with_related(jump.rule.place, "this jump is never asked");
        found.push(Diagnostic { tags: vec![Tag::Unnecessary], ..finding });
    }
    found
}
