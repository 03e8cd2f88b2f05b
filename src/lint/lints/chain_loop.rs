//! `chain-loop`: chains that lead back.

use crate::diag::{Diagnostic, Severity};
use crate::lint::{Category, Context, lint};
use crate::logic::Formula;
use crate::model::{Chain, Table};

lint! {
    /// Finds chains that jump to themselves, or to each other.
    ///
    /// # What it does
    /// Follows the jumps from built-in chains, and looks for those that lead back to a chain on the way.
    ///
    /// # Why it is bad
    /// iptables refuses the last command of such a loop. ipchains takes it, and drops the packets that come
    /// around.
    ///
    /// # Example
    /// ```sh
    /// iptables -N inner
    /// iptables -P INPUT DROP
    /// iptables -A inner -p tcp -j inner
    /// iptables -A INPUT -j inner
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -N inner
    /// iptables -P INPUT DROP
    /// iptables -A inner -p tcp -j ACCEPT
    /// iptables -A INPUT -j inner
    /// ```
    pub(super) static LINT = {
        name: "chain-loop",
        category: Category::Logic,
        severity: Severity::Error,
        fixable: false,
        check: check,
    };
}

/// Chains are followed so deeply, and so many jumps of a table.
const DEEPEST: usize = 64;
const MOST_JUMPS: usize = 20_000;

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let tables = context.analysis.rulesets.iter().flat_map(|ruleset| &ruleset.tables);
    let mut found = Vec::new();
    for table in tables {
        let mut search = Search { context, table, left: MOST_JUMPS, found: &mut found };
        for chain in table.chains.iter().filter(|chain| chain.builtin) {
            search.follow(chain, Formula::TRUE, &mut Vec::new());
        }
    }
    found
}

struct Search<'s, 'c> {
    context: &'s Context<'c>,
    table: &'s Table,
    left: usize,
    found: &'s mut Vec<Diagnostic>,
}

impl<'s> Search<'s, '_> {
    fn follow(&mut self, chain: &'s Chain, runs: Formula, way: &mut Vec<&'s str>) {
        way.push(&chain.name);
        for entry in &chain.entries {
            let target = entry.rule.target.as_ref().and_then(|target| target.name.known());
            let Some(next) = target.and_then(|name| self.table.chain(name)).filter(|next| !next.builtin) else {
                continue;
            };
            let runs = self.context.and(runs, entry.guard);
            if self.left == 0 || way.len() > DEEPEST || !self.context.possible(runs) {
                continue;
            }
            self.left -= 1;
            match way.iter().position(|name| *name == next.name) {
                Some(start) => {
                    let ring: Vec<&str> = way[start..].iter().copied().chain([next.name.as_str()]).collect();
                    let message = format!("this jump closes a loop: {}", ring.join(" to "));
                    self.found.push(self.context.finding(entry.rule.place, message));
                }
                None => self.follow(next, runs, way),
            }
        }
        way.pop();
    }
}
