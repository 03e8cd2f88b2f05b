//! `hostname-in-rule`: a name for an address.

use crate::diag::{Diagnostic, Severity};
use crate::lint::{Category, Context, lint};
use crate::model::{Address, Known, Test};

lint! {
    /// Finds rules that name hosts instead of addresses.
    ///
    /// # What it does
    /// Looks for names of hosts and networks in the source and destination of rules. `localhost` is left alone.
    ///
    /// # Why it is bad
    /// The name is looked up once, when the rule is loaded. At boot there may be no name server yet, and behind
    /// a closed firewall none can be asked: the rule is then missing. Whoever answers the question decides what
    /// the firewall lets through, and a later change of the address is not noticed.
    ///
    /// # Example
    /// ```sh
    /// iptables -P INPUT DROP
    /// iptables -A INPUT -p tcp -s backup.example.com --dport 22 -j ACCEPT
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -P INPUT DROP
    /// iptables -A INPUT -p tcp -s 192.0.2.7 --dport 22 -j ACCEPT
    /// ```
    pub(super) static LINT = {
        name: "hostname-in-rule",
        category: Category::Script,
        severity: Severity::Info,
        fixable: false,
        check: check,
    };
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let rules = context.live_commands().flat_map(|(step, command)| command.added_rules().map(move |rule| (step, rule)));
    let matches = rules.flat_map(|(step, rule)| rule.matches.iter().map(move |own| (step, own)));
    let named = matches.filter_map(|(step, own)| match &own.test {
        Test::Source(Known::Is(Address::Name(name, _))) | Test::Destination(Known::Is(Address::Name(name, _))) => {
            Some((context.place(step, own.place), name))
        }
        _ => None,
    });
    let found = named.filter(|(_, name)| !name.starts_with("localhost")).map(|(place, name)| {
        let finding = context.finding(place, format!("`{name}` is looked up when the rule is loaded, and never again"));
        finding.with_help("write the address")
    });
    found.collect()
}
