//! `missing-loopback`: a host that cannot talk to itself.

use crate::diag::{Diagnostic, Severity};
use crate::lint::samples::{LOOPBACK, first};
use crate::lint::{Category, Context, lint};
use crate::packet::{Class, Hook, Ways};

lint! {
    /// Finds firewalls that keep a host from talking to itself.
    ///
    /// # What it does
    /// Looks for scripts and save files that set up INPUT or OUTPUT and close it, and that let
    /// nothing through over the loopback device, whatever rule it might be by: a connection from 127.0.0.1 to a
    /// port that no rule names is dropped. Chains that are not emptied first may hold rules of other scripts and
    /// are judged only if a script with `#!` in its first line sets their policy.
    ///
    /// # Why it is bad
    /// Programs of one host talk to each other by way of `lo`: name servers, databases, mail, printing. They
    /// hang until they give up, and the log of the firewall says nothing.
    ///
    /// # Example
    /// ```sh
    /// iptables -F
    /// iptables -P INPUT DROP
    /// iptables -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -F
    /// iptables -P INPUT DROP
    /// iptables -A INPUT -i lo -j ACCEPT
    /// iptables -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
    /// ```
    pub(super) static LINT = {
        name: "missing-loopback",
        category: Category::Hazard,
        severity: Severity::Warning,
        fixable: false,
        check: check,
    };
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (hook, option) in [(Hook::Input, "-i"), (Hook::Output, "-o")] {
        for mut own in context.closed(hook) {
            let class =
                Class { source: Some(LOOPBACK), destination: Some(LOOPBACK), device: Some(Ways::Loopback), ..first() };
            if own.gate.lets(hook, &class) == Some(false) {
                let name = &own.chain.name;
                let option = if name.starts_with(|c: char| c.is_ascii_lowercase()) { "-i" } else { option };
                let message = format!("{name} is closed here, also to what this host sends itself over `lo`");
                let finding = context.finding(own.place, message).only_in(own.runs);
                found.push(finding.with_help(format!("accept it first of all: `-A {name} {option} lo -j ACCEPT`")));
            }
        }
    }
    found
}
