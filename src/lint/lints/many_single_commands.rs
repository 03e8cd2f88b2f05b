//! `many-single-commands`: one program after the other.

use std::collections::HashMap;

use crate::diag::{Confidence, Diagnostic, Severity};
use crate::eval::Act;
use crate::lint::{Category, Context, lint};
use crate::logic::Formula;
use crate::model::Dialect;
use crate::text::Place;

lint! {
    /// Finds scripts that load many rules one by one.
    ///
    /// # What it does
    /// Counts the calls of `iptables` or `ip6tables` that one run of a script makes to add rules; a loop counts
    /// as often as it runs. Fifty are many. It is off unless it is asked for.
    ///
    /// # Why it is bad
    /// Each call reads all rules of a table and writes them back. That takes long, and until the last one has
    /// run only a part of the firewall is there. `iptables-restore` loads a table in one step, or not at all.
    ///
    /// # Example
    /// ```sh
    /// iptables -P INPUT DROP
    /// for a in 1 2 3 4 5 6 7 8 9 10; do
    ///   for b in 1 2 3 4 5; do
    ///     iptables -A INPUT -s 198.51.$a.$b -p tcp --dport 22 -j ACCEPT
    ///   done
    /// done
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables-restore < /etc/firewall.rules
    /// ```
    pub(super) static LINT = {
        name: "many-single-commands",
        category: Category::Script,
        severity: Severity::Info,
        fixable: false,
        check: check,
    };
}

/// So many calls are many.
const MANY: usize = 50;

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut calls: HashMap<Formula, (Place, usize)> = HashMap::new();
    for (step, command) in context.live_commands() {
        // A line of a save file is no call.
        let called = matches!(&step.act, Act::Run(own) if own.table.is_none());
        if called && command.dialect == Dialect::Iptables && command.added_rules().next().is_some() {
            let (_, count) = calls.entry(step.guard).or_insert((context.analysis.written_at(step), 0));
            *count += 1;
        }
    }
    let most = calls.into_values().max_by_key(|(place, count)| (*count, std::cmp::Reverse(*place)));
    let finding = |(place, count): (Place, usize)| {
        let message = format!("from here on {count} rules are loaded by as many calls of the program");
        let finding = context.finding(place, message).with_confidence(Confidence::Heuristic);
        finding.with_help("write them to a file for iptables-restore, which loads all of them in one step")
    };
    most.filter(|(_, count)| *count >= MANY).map(finding).into_iter().collect()
}
