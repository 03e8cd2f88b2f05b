//! `world-open-admin-port`: an inner service for everybody.

use crate::diag::{Diagnostic, Severity};
use crate::lint::openings::{destination_ports, openings, protocol};
use crate::lint::{Category, Context, Facts, lint};
use crate::model::{Address, Known, Match, Network, Protocol, Rule, Test};

lint! {
    /// Finds rules that open ports of administration and databases to everybody.
    ///
    /// # What it does
    /// Looks for rules in INPUT, input and FORWARD that accept one TCP port of a service that is not made for
    /// the open net (telnet, rsh, NetBIOS and SMB, databases, X11, VNC, RDP, Docker and others), and that ask
    /// for nothing else: neither source nor interface, state or rate. An interface that is declared to lead
    /// outside keeps nobody out. SSH is not among them.
    ///
    /// # Why it is bad
    /// These services are the first that are looked for and broken into; many ask for no password, or send it
    /// in clear.
    ///
    /// # Example
    /// ```sh
    /// iptables -P INPUT DROP
    /// iptables -A INPUT -p tcp --dport 3306 -j ACCEPT
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -P INPUT DROP
    /// iptables -A INPUT -i eth1 -p tcp --dport 3306 -j ACCEPT
    /// ```
    pub(super) static LINT = {
        name: "world-open-admin-port",
        category: Category::Hazard,
        severity: Severity::Warning,
        fixable: false,
        check: check,
    };
}

/// TCP ports and who listens there.
const SERVICES: [(u16, &str); 24] = [
    (23, "telnet"),
    (111, "portmap"),
    (135, "Windows RPC"),
    (139, "NetBIOS"),
    (445, "SMB"),
    (512, "rexec"),
    (513, "rlogin"),
    (514, "rsh"),
    (1433, "Microsoft SQL Server"),
    (1521, "Oracle"),
    (2049, "NFS"),
    (2375, "Docker without TLS"),
    (2379, "etcd"),
    (3306, "MySQL"),
    (3389, "remote desktop"),
    (5432, "PostgreSQL"),
    (5900, "VNC"),
    (6000, "X11"),
    (6379, "Redis"),
    (9200, "Elasticsearch"),
    (10000, "Webmin"),
    (10250, "kubelet"),
    (11211, "memcached"),
    (27017, "MongoDB"),
];

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (step, rule) in openings(context) {
        if protocol(rule) != Some(Protocol::TCP)
            || !rule.matches.iter().all(|own| asks_only_for_ports(own, context.facts()))
        {
            continue;
        }
        for (port, service) in opened(rule) {
            let message = format!("port {port} ({service}) is open to everybody");
            let finding = context.finding(context.analysis.written_at(step), message);
            found.push(finding.with_help("name the source or the interface"));
        }
    }
    found
}

/// Whether the test is for the protocol, for ports, for every packet, or for those that come from outside.
fn asks_only_for_ports(own: &Match, facts: &Facts) -> bool {
    let any = |network: &Network| *network == Network::ANY;
    match &own.test {
        Test::Protocol(_) | Test::DestinationPort(_) => !own.negated,
        Test::Source(Known::Is(Address::V4(network))) => any(network) && !own.negated,
        // The address of the host itself keeps nobody out.
        Test::Destination(_) => true,
        Test::InInterface(Known::Is(interface)) => {
            let every = interface.prefix && interface.name.is_empty();
            !own.negated && (every || Facts::covers(&facts.outside, interface))
        }
        Test::Module(module) if module.name == "comment" => true,
        Test::Module(module) => {
            let plain = module.options.iter().all(|option| matches!(option.name.as_str(), "--dport" | "--dports"));
            matches!(module.name.as_str(), "tcp" | "multiport") && plain
        }
        _ => false,
    }
}

/// The services that are named one by one; a wide range is another matter.
fn opened(rule: &Rule) -> Vec<(u16, &'static str)> {
    let ports: Vec<_> =
        rule.matches.iter().flat_map(destination_ports).filter(|range| range.low == range.high).collect();
    SERVICES.iter().filter(|(port, _)| ports.iter().any(|range| range.low == *port)).copied().collect()
}
