//! `invalid-not-dropped`: packets of no connection.

use crate::diag::{Diagnostic, Severity};
use crate::lint::openings::{accepts, accepts_state};
use crate::lint::samples::invalid;
use crate::lint::{Category, Context, lint};
use crate::model::{Dialect, Entry};
use crate::packet::{Hook, Passage, State};

lint! {
    /// Finds chains that accept by state, and let in TCP packets of state INVALID by other rules.
    ///
    /// # What it does
    /// Looks for scripts and save files that set up INPUT or FORWARD and close it, that accept
    /// established connections by their state, and where some rule lets in TCP packets in state INVALID from
    /// elsewhere. It is off unless it is asked for.
    ///
    /// # Why it is bad
    /// Such packets belong to no connection and begin none: scans with odd flags, and what is left of
    /// connections that are over. In FORWARD they leave with the addresses of the network inside, since nothing
    /// is translated outside a connection.
    ///
    /// # Example
    /// ```sh
    /// iptables -F
    /// iptables -P INPUT DROP
    /// iptables -A INPUT -i lo -j ACCEPT
    /// iptables -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
    /// iptables -A INPUT -p tcp --dport 22 -j ACCEPT
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -F
    /// iptables -P INPUT DROP
    /// iptables -A INPUT -i lo -j ACCEPT
    /// iptables -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
    /// iptables -A INPUT -m conntrack --ctstate INVALID -j DROP
    /// iptables -A INPUT -p tcp --dport 22 -j ACCEPT
    /// ```
    pub(super) static LINT = {
        name: "invalid-not-dropped",
        category: Category::Hazard,
        severity: Severity::Info,
        fixable: false,
        check: check,
    };
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for hook in [Hook::Input, Hook::Forward] {
        for mut own in context.closed(hook).into_iter().filter(|own| own.ruleset.dialect == Dialect::Iptables) {
            let by_state = |entry: &&Entry| {
                accepts(&entry.rule)
                    && accepts_state(&entry.rule, State::Established)
                    && context.compatible(entry.guard, own.runs)
            };
            let Some(entry) = own.chain.entries.iter().find(by_state) else { continue };
            if own.gate.ask(hook, &invalid()) == Some(Passage::Something) {
                let message = format!("{} lets in packets of state INVALID by other rules", own.chain.name);
                let runs = context.and(own.runs, entry.guard);
                let finding = context.finding(entry.rule.place, message).only_in(runs);
                found.push(finding.with_help("drop them behind this rule: `-m conntrack --ctstate INVALID -j DROP`"));
            }
        }
    }
    found
}
