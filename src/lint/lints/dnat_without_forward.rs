//! `dnat-without-forward`: a port that leads to a closed door.

use crate::diag::{Diagnostic, Severity};
use crate::lint::closed::Closed;
use crate::lint::openings::{asks_for_state, destination_ports, protocol};
use crate::lint::samples::any_first;
use crate::lint::translations::{new_end, translations};
use crate::lint::{Category, Context, lint};
use crate::model::{Entry, Family, Known, Network, PortRange, Protocol, Rule, Test};
use crate::packet::{Class, Gate, Hook, Ways};

lint! {
    /// Finds forwarded ports whose packets the filter drops.
    ///
    /// # What it does
    /// Looks for DNAT rules in PREROUTING with one fixed address, and asks FORWARD for the connections that they
    /// lead to that address and port. It is a finding where none gets through, from the interface that the rule
    /// names, or from any but `lo`. Of a large file the first hundred such rules are asked.
    /// Only files are judged that set up FORWARD and close it. Addresses that `own-addresses` in
    /// `iptlint.toml` declares, and those for which INPUT lets such connections in, are this host's own. Where a rule asks for the state
    /// DNAT, nothing is said.
    ///
    /// # Why it is bad
    /// DNAT only rewrites the address; the packet still has to pass FORWARD, with its new address. The port seems
    /// to be forwarded, and every connection to it runs into a time-out.
    ///
    /// # Example
    /// ```sh
    /// iptables -F
    /// iptables -t nat -F
    /// iptables -P FORWARD DROP
    /// iptables -A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
    /// iptables -A FORWARD -i eth1 -o eth0 -s 192.168.1.0/24 -j ACCEPT
    /// iptables -A FORWARD -i eth0 -p tcp -d 192.168.1.10 --dport 8080 -j ACCEPT
    /// iptables -A INPUT -j DROP
    /// iptables -t nat -A PREROUTING -i eth0 -p tcp --dport 8080 -j DNAT --to-destination 192.168.1.10:80
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -F
    /// iptables -t nat -F
    /// iptables -P FORWARD DROP
    /// iptables -A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
    /// iptables -A FORWARD -i eth1 -o eth0 -s 192.168.1.0/24 -j ACCEPT
    /// iptables -A FORWARD -i eth0 -p tcp -d 192.168.1.10 --dport 80 -j ACCEPT
    /// iptables -A INPUT -j DROP
    /// iptables -t nat -A PREROUTING -i eth0 -p tcp --dport 8080 -j DNAT --to-destination 192.168.1.10:80
    /// ```
    pub(super) static LINT = {
        name: "dnat-without-forward",
        category: Category::Hazard,
        severity: Severity::Warning,
        fixable: false,
        check: check,
    };
}

/// So many translations of a file are looked at, since each asks the whole of FORWARD.
const MOST: usize = 100;

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for mut own in context.closed(Hook::Forward).into_iter().filter(|own| own.ruleset.family == Family::V4) {
        // Whether a first packet was translated is not in its class.
        let chains = own.ruleset.table("filter").into_iter().flat_map(|filter| &filter.chains);
        let asks = chains.flat_map(|chain| &chain.entries).any(|entry| asks_for_state(&entry.rule, "DNAT"));
        let translations = translations(own.ruleset, "PREROUTING", &["DNAT"]);
        for entry in translations.into_iter().filter(|_| !asks).take(MOST) {
            if context.compatible(entry.guard, own.runs) && is_shut(context, &mut own, entry) {
                let message = "this DNAT leads to an address and port that FORWARD lets no connection to";
                let runs = context.and(own.runs, entry.guard);
                let finding = context.finding(entry.rule.place, message).only_in(runs);
                let finding = finding.with_help("accept the connections in FORWARD, with their new address and port");
                found.push(finding.with_related(own.place, "FORWARD is closed here"));
            }
        }
    }
    found
}

fn is_shut(context: &Context<'_>, own: &mut Closed<'_>, entry: &Entry) -> bool {
    let Some((address, port)) = new_end(&entry.rule, "--to-destination") else { return false };
    if context.facts().own_addresses.iter().any(|own| *own == address) || address.is_loopback() {
        return false;
    }
    let destination = Some(Network::new(address, u32::MAX));
    let ports = ports(&entry.rule, port);
    let device = way_in(&entry.rule, &own.gate);
    ports.into_iter().all(|(protocol, destination_port)| {
        let flags = any_first().flags.filter(|_| protocol == Protocol::TCP);
        let class = Class {
            protocol: Some(protocol.0),
            destination,
            destination_port,
            flags,
            device: Some(device.clone()),
            ..any_first()
        };
        let mut kept = |hook| own.gate.lets(hook, &class) == Some(false);
        kept(Hook::Forward) && kept(Hook::Input)
    })
}

/// The interface that the rule names, or all but `lo`.
fn way_in(rule: &Rule, gate: &Gate) -> Ways {
    let named = rule.matches.iter().find_map(|own| match &own.test {
        Test::InInterface(Known::Is(interface)) if !own.negated && !interface.prefix => Some(interface.name.as_str()),
        _ => None,
    });
    let device = named.and_then(|name| gate.devices().into_iter().find(|own| own == name));
    device.map_or(Ways::Outside, Ways::Device)
}

/// The protocols of the rule, and the ports that its packets have afterwards.
fn ports(rule: &Rule, new: Option<PortRange>) -> Vec<(Protocol, Option<PortRange>)> {
    let asked: Vec<PortRange> = rule.matches.iter().flat_map(destination_ports).collect();
    let ports: Vec<Option<PortRange>> = match new {
        Some(port) => vec![Some(port)],
        None if asked.is_empty() => vec![None],
        None => asked.into_iter().map(Some).collect(),
    };
    let protocols = match protocol(rule) {
        Some(own @ (Protocol::TCP | Protocol::UDP)) => vec![own],
        _ => vec![Protocol::TCP, Protocol::UDP],
    };
    protocols.into_iter().flat_map(|own| ports.iter().map(move |port| (own, *port))).collect()
}
