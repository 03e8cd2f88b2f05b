//! `blocks-all-icmp`: downloads that stop in the middle.

use crate::diag::{Diagnostic, Severity};
use crate::lint::closed::Closed;
use crate::lint::policies::closes;
use crate::lint::samples::{answers, too_long};
use crate::lint::{Category, Context, lint};
use crate::model::{Dialect, Known, Protocol, Test};
use crate::packet::{Hook, Passage};
use crate::text::Place;

lint! {
    /// Finds firewalls that let connections through but none of the errors that belong to them.
    ///
    /// # What it does
    /// Looks for scripts and save files that set up INPUT or FORWARD and close it, that let in
    /// answers to connections, and that drop the ICMP message *fragmentation needed* (type 3, code 4) from
    /// everywhere, also where it belongs to a connection (state RELATED).
    ///
    /// # Why it is bad
    /// That message says that packets are too long for a link on the way. Without it connections open and then
    /// hang as soon as much data is sent: through tunnels, over DSL and in many VPNs. ICMP is no luxury that
    /// could be switched off (RFC 2979, section 3.1.1).
    ///
    /// # Example
    /// ```sh
    /// iptables -F
    /// iptables -P INPUT DROP
    /// iptables -A INPUT -i lo -j ACCEPT
    /// iptables -A INPUT -p icmp -j DROP
    /// iptables -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -F
    /// iptables -P INPUT DROP
    /// iptables -A INPUT -i lo -j ACCEPT
    /// iptables -A INPUT -p icmp --icmp-type echo-request -j DROP
    /// iptables -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
    /// ```
    pub(super) static LINT = {
        name: "blocks-all-icmp",
        category: Category::Hazard,
        severity: Severity::Warning,
        fixable: false,
        check: check,
    };
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for hook in [Hook::Input, Hook::Forward] {
        for mut own in context.closed(hook) {
            let [tcp, _] = answers();
            let answered = own.gate.ask(hook, &tcp).is_some_and(|passage| passage != Passage::Nothing);
            // What ipchains has masqueraded comes back without asking forward.
            let judged = hook == Hook::Input || own.ruleset.dialect == Dialect::Iptables;
            if judged && answered && own.gate.ask(hook, &too_long()) == Some(Passage::Nothing) {
                let place = dropping(context, &own).unwrap_or(own.place);
                let message = format!("{} drops the ICMP errors that belong to connections", own.chain.name);
                let finding = context.finding(place, message);
                found.push(finding.with_help(match own.ruleset.dialect {
                    Dialect::Iptables => {
                        "accept RELATED packets before, or `-p icmp --icmp-type destination-unreachable`"
                    }
                    Dialect::Ipchains => "accept `-p icmp --icmp-type destination-unreachable`",
                }));
            }
        }
    }
    found
}

/// The rule of the chain that drops ICMP as a whole.
fn dropping(context: &Context<'_>, own: &Closed<'_>) -> Option<Place> {
    let rules = own.chain.entries.iter().filter(|entry| context.compatible(entry.guard, own.runs));
    let mut dropping = rules.map(|entry| &entry.rule).filter(|rule| {
        let target = rule.target.as_ref().and_then(|target| target.name.known());
        let icmp = rule
            .matches
            .iter()
            .any(|own| !own.negated && matches!(own.test, Test::Protocol(Known::Is(Protocol::ICMP))));
        icmp && closes(target)
            && !rule.matches.iter().any(|own| matches!(&own.test, Test::Module(module) if !module.options.is_empty()))
    });
    dropping.next().map(|rule| rule.place)
}
