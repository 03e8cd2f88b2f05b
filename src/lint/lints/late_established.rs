//! `late-established`: the common case at the end.

use crate::diag::{Confidence, Diagnostic, Severity};
use crate::lint::closed::Closed;
use crate::lint::openings::{accepts, accepts_state};
use crate::lint::{Category, Context, lint};
use crate::model::Entry;
use crate::packet::{Hook, State};

lint! {
    /// Finds chains that accept established connections only after many other rules.
    ///
    /// # What it does
    /// Counts the rules that stand in INPUT or FORWARD before the first one that accepts packets of established
    /// connections by their state. Ten are many. It is off unless it is asked for.
    ///
    /// # Why it is bad
    /// Nearly all packets belong to connections that are there. Each of them is compared with all the rules
    /// before, and an early rule that drops too much breaks connections in the middle.
    ///
    /// # Example
    /// ```sh
    /// iptables -F
    /// iptables -P INPUT DROP
    /// iptables -A INPUT -i lo -j ACCEPT
    /// for port in 22 25 53 80 110 143 443 465 587 993 995; do
    ///   iptables -A INPUT -p tcp --dport $port -j ACCEPT
    /// done
    /// iptables -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -F
    /// iptables -P INPUT DROP
    /// iptables -A INPUT -i lo -j ACCEPT
    /// iptables -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
    /// for port in 22 25 53 80 110 143 443 465 587 993 995; do
    ///   iptables -A INPUT -p tcp --dport $port -j ACCEPT
    /// done
    /// ```
    pub(super) static LINT = {
        name: "late-established",
        category: Category::Hazard,
        severity: Severity::Info,
        fixable: false,
        check: check,
    };
}

/// So many rules before it are many.
const MANY: usize = 10;

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let chains = [Hook::Input, Hook::Forward].into_iter().flat_map(|hook| context.closed(hook));
    chains.filter_map(|own| judge(context, &own)).collect()
}

fn judge(context: &Context<'_>, own: &Closed<'_>) -> Option<Diagnostic> {
    let entries: Vec<&Entry> =
        own.chain.entries.iter().filter(|entry| context.compatible(entry.guard, own.runs)).collect();
    let answering = |entry: &&Entry| accepts(&entry.rule) && accepts_state(&entry.rule, State::Established);
    let at = entries.iter().position(answering)?;
    // A rule that is not there in all of these runs stands before nothing for certain.
    let before = entries[..at].iter().filter(|entry| context.and_not(own.runs, entry.guard).is_false()).count();
    (before >= MANY).then(|| {
        let message =
            format!("{before} rules of {} are asked before established connections are accepted", own.chain.name);
        let runs = context.and(own.runs, entries[at].guard);
        let finding = context.finding(entries[at].rule.place, message).only_in(runs);
        finding.with_help("put this rule first, behind the one for `lo`").with_confidence(Confidence::Heuristic)
    })
}
