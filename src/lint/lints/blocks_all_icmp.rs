//! `blocks-all-icmp`: downloads that stop in the middle.

use crate::diag::{Diagnostic, Severity};
use crate::lint::closed::Closed;
use crate::lint::openings::asks_for_state;
use crate::lint::policies::closes;
use crate::lint::samples::{answers, neighbours, too_long, too_long_six};
use crate::lint::{Category, Context, Formula, lint};
use crate::model::{Dialect, Entry, Family, Known, Protocol, Test};
use crate::packet::{Class, Hook};
use crate::text::Place;

lint! {
    /// Finds firewalls that let connections through but none of the errors that belong to them.
    ///
    /// # What it does
    /// Looks for scripts and save files that set up INPUT or FORWARD and close it, that let in
    /// answers to connections, and that drop the ICMP message *fragmentation needed* (type 3, code 4) from
    /// everywhere, also where it belongs to a connection (state RELATED). Of IPv6 also those whose INPUT drops
    /// all ICMPv6 that belongs to no connection.
    ///
    /// # Why it is bad
    /// That message says that packets are too long for a link on the way. Without it connections open and then
    /// hang as soon as much data is sent: through tunnels, over DSL and in many VPNs. ICMP is no luxury that
    /// could be switched off (RFC 2979, section 3.1.1). Over ICMPv6 hosts of a link find each other and their
    /// router (RFC 4861): without it nobody reaches an IPv6 host any more (RFC 4890, section 4.4).
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
            let answered = own.gate.lets(hook, &tcp) == Some(true);
            // What ipchains has masqueraded comes back without asking forward.
            let judged = hook == Hook::Input || own.ruleset.dialect == Dialect::Iptables;
            let Some((what, help)) = kept_out(&mut own, hook).filter(|_| judged && answered) else { continue };
            let (place, runs) = dropping(context, &own).unwrap_or((own.place, own.runs));
            let finding = context.finding(place, format!("{} drops {what}", own.chain.name));
            found.push(finding.with_help(help).only_in(runs));
        }
    }
    found
}

/// What the chain keeps out that nobody should, and what to do.
fn kept_out(own: &mut Closed<'_>, hook: Hook) -> Option<(&'static str, &'static str)> {
    const ERRORS: &str = "the ICMP errors that belong to connections";
    let mut drops = |class: &Class| own.gate.lets(hook, class) == Some(false);
    match (own.ruleset.dialect, own.ruleset.family) {
        (Dialect::Ipchains, _) => {
            drops(&too_long()).then_some((ERRORS, "accept `-p icmp --icmp-type destination-unreachable`"))
        }
        (_, Family::V4) => drops(&too_long())
            .then_some((ERRORS, "accept RELATED packets before, or `-p icmp --icmp-type destination-unreachable`")),
        (_, Family::V6) => {
            if drops(&too_long_six()) {
                return Some((ERRORS, "accept RELATED packets before, or `-p ipv6-icmp`"));
            }
            // The kernel does not track them, so that a rule for their state may let them in.
            let chains = own.ruleset.tables.iter().flat_map(|table| &table.chains);
            let mut rules = chains.flat_map(|chain| &chain.entries).map(|entry| &entry.rule);
            let untracked = rules.any(|rule| asks_for_state(rule, "UNTRACKED"));
            let deaf = hook == Hook::Input && !untracked && neighbours().iter().all(drops);
            deaf.then_some(("all ICMPv6 of the neighbours, without which IPv6 finds no host", "accept `-p ipv6-icmp`"))
        }
    }
}

/// The rule of the chain that drops ICMP as a whole, and the runs that have it.
fn dropping(context: &Context<'_>, own: &Closed<'_>) -> Option<(Place, Formula)> {
    let mut rules = own.chain.entries.iter().filter(|entry| context.compatible(entry.guard, own.runs));
    let dropping = rules.find(|Entry { rule, .. }| {
        let target = rule.target.as_ref().and_then(|target| target.name.known());
        let icmp = rule
            .matches
            .iter()
            .any(|own| !own.negated && matches!(own.test, Test::Protocol(Known::Is(Protocol::ICMP | Protocol(58)))));
        icmp && closes(target)
            && !rule.matches.iter().any(|own| matches!(&own.test, Test::Module(module) if !module.options.is_empty()))
    });
    dropping.map(|entry| (entry.rule.place, context.and(own.runs, entry.guard)))
}
