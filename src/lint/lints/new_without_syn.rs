//! `new-without-syn`: NEW is not "first packet".

use crate::diag::{Diagnostic, Severity};
use crate::lint::openings::{accepts, accepts_state, protocol, tests_flags};
use crate::lint::samples::late_first;
use crate::lint::{Category, Context, lint};
use crate::model::{Protocol, Rule};
use crate::packet::{Hook, State};

lint! {
    /// Finds rules that take the state NEW for the first packet of a TCP connection.
    ///
    /// # What it does
    /// Looks for the first rule of INPUT and of FORWARD that accepts TCP packets in state NEW, whatever their
    /// flags, in a chain that no other rule keeps such packets from. It is off unless it is asked for.
    ///
    /// # Why it is bad
    /// Connection tracking also calls a TCP packet NEW that goes on with a connection it does not know, so that
    /// firewalls can be restarted. Scans with ACK packets get through, and connections that were cut off before
    /// come back to life.
    ///
    /// # Example
    /// ```sh
    /// iptables -F
    /// iptables -P INPUT DROP
    /// iptables -A INPUT -i lo -j ACCEPT
    /// iptables -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
    /// iptables -A INPUT -p tcp --dport 22 -m conntrack --ctstate NEW -j ACCEPT
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -F
    /// iptables -P INPUT DROP
    /// iptables -A INPUT -i lo -j ACCEPT
    /// iptables -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
    /// iptables -A INPUT -p tcp ! --syn -m conntrack --ctstate NEW -j DROP
    /// iptables -A INPUT -p tcp --dport 22 -m conntrack --ctstate NEW -j ACCEPT
    /// ```
    pub(super) static LINT = {
        name: "new-without-syn",
        category: Category::Hazard,
        severity: Severity::Info,
        fixable: false,
        check: check,
    };
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for hook in [Hook::Input, Hook::Forward] {
        for mut own in context.closed(hook) {
            let entries = own.chain.entries.iter().filter(|entry| context.compatible(entry.guard, own.runs));
            let Some(entry) = entries.into_iter().find(|entry| takes_new_for_first(&entry.rule)) else { continue };
            if own.gate.lets(hook, &late_first()) == Some(true) {
                let message = "this rule also accepts TCP packets that are NEW but begin no connection";
                let runs = context.and(own.runs, entry.guard);
                let finding = context.finding(entry.rule.place, message).only_in(runs);
                found.push(finding.with_help("add `--syn`, or drop `! --syn` in state NEW before"));
            }
        }
    }
    found
}

fn takes_new_for_first(rule: &Rule) -> bool {
    accepts(rule) && accepts_state(rule, State::New) && protocol(rule) == Some(Protocol::TCP) && !tests_flags(rule)
}
