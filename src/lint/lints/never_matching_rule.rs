//! `never-matching-rule`: a rule for no packet.

use std::cell::LazyCell;

use crate::diag::{Diagnostic, Severity};
use crate::lint::chains;
use crate::lint::{Category, Context, lint};
use crate::packet::Why;

lint! {
    /// Finds rules that no packet can match.
    ///
    /// # What it does
    /// Works out that the matches of the rule exclude each other, or that one of them holds for nothing: a
    /// range that runs backwards, two protocols at once, an address outside its own network. Interfaces that no
    /// device can be called are left to `interface-alias` and `option-as-interface`.
    ///
    /// # Why it is bad
    /// The rule does nothing, although it was written for something. Programs take it without a word.
    ///
    /// # Example
    /// ```sh
    /// iptables -P INPUT DROP
    /// iptables -A INPUT -m mark --mark 0x10/0x0f -j ACCEPT
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -P INPUT DROP
    /// iptables -A INPUT -m mark --mark 0x10/0xff -j ACCEPT
    /// ```
    pub(super) static LINT = {
        name: "never-matching-rule",
        category: Category::Logic,
        severity: Severity::Warning,
        fixable: true,
        check: check,
    };
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let made = LazyCell::new(|| chains::Made::of(context));
    let mut found = Vec::new();
    for own in context.idle_rules().iter().filter(|own| own.why == Why::Impossible) {
        if !made.names_impossible_device(own.place) {
            let finding = context.finding(own.place, "no packet can match this rule");
            found.push(context.needless(finding, "Delete the rule that matches nothing"));
        }
    }
    found
}
