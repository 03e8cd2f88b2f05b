//! `unused-chain`: a chain that nobody asks.

use crate::diag::{Diagnostic, Severity, Tag};
use crate::lint::chains::{self, Unasked};
use crate::lint::{Category, Context, lint};

lint! {
    /// Finds user chains that no rule jumps to.
    ///
    /// # What it does
    /// Looks for user chains with rules that are the target of no rule in any run of the script. Chains that
    /// well-known programs make for others are left alone, and so are tables in which a target is not known.
    ///
    /// # Why it is bad
    /// The rules of the chain are never asked. Either a jump was forgotten, and packets are let through or
    /// dropped that should not be, or the chain is no longer needed.
    ///
    /// # Example
    /// ```sh
    /// iptables -P INPUT DROP
    /// iptables -N web
    /// iptables -A web -p tcp --dport 80 -j ACCEPT
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
        name: "unused-chain",
        category: Category::Logic,
        severity: Severity::Warning,
        fixable: false,
        check: check,
    };
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let unused = chains::unasked(context).into_iter().filter(|unasked| unasked.jump.is_none());
    let findings = unused.filter_map(|Unasked { chain, .. }| {
        let place = chain.place.or_else(|| chain.entries.first().map(|entry| entry.rule.place))?;
        let finding = context.finding(place, format!("no rule jumps to the chain {}", chain.name));
        Some(Diagnostic { tags: vec![Tag::Unnecessary], ..finding })
    });
    findings.collect()
}
