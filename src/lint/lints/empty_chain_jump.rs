//! `empty-chain-jump`: a jump for nothing.

use crate::diag::{Diagnostic, Severity};
use crate::lint::chains;
use crate::lint::{Category, Context, lint};

lint! {
    /// Finds jumps to chains that have no rules.
    ///
    /// # What it does
    /// Looks for rules whose target is a user chain that is empty in every run of the script.
    ///
    /// # Why it is bad
    /// The jump does nothing. Often the rules were put into another chain by mistake; a chain that another
    /// program fills is in order.
    ///
    /// # Example
    /// ```sh
    /// iptables -P INPUT DROP
    /// iptables -N web
    /// iptables -A INPUT -p tcp -j web
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -P INPUT DROP
    /// iptables -N web
    /// iptables -A web -p tcp --dport 80 -j ACCEPT
    /// iptables -A INPUT -p tcp -j web
    /// ```
    pub(super) static LINT = {
        name: "empty-chain-jump",
        category: Category::Logic,
        severity: Severity::Info,
        fixable: false,
        check: check,
    };
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let tables = context.analysis.rulesets.iter().flat_map(|ruleset| &ruleset.tables);
    for table in tables.filter(|table| chains::is_settled(table)) {
        let empty = table.chains.iter().filter(|chain| !chain.builtin && chain.entries.is_empty());
        let references = table.references();
        for chain in empty.filter(|chain| !chains::is_made_elsewhere(&chain.name)) {
            for (caller, at) in references.get(chain.name.as_str()).into_iter().flatten() {
                let Some(entry) = caller.entries.get(*at) else { continue };
                let message = format!("the chain {} is empty: the jump does nothing", chain.name);
                found.push(context.finding(entry.rule.place, message));
            }
        }
    }
    found
}
