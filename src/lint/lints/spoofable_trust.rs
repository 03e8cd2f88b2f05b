//! `spoofable-trust`: an address that anybody can write.

use std::collections::HashMap;

use crate::diag::{Confidence, Diagnostic, Severity};
use crate::eval::{Act, Program};
use crate::lint::openings::{accepts, modules};
use crate::lint::samples::{LOOPBACK, first};
use crate::lint::{Category, Context, Facts, lint};
use crate::logic::Formula;
use crate::model::{Address, Dialect, Entry, Family, Interface, Known, Match, Network, Rule, Test};
use crate::packet::{Class, Gate, Hook, Passage, Ways};

lint! {
    /// Finds rules that trust inner addresses whatever interface the packets come in by.
    ///
    /// # What it does
    /// Looks for rules in INPUT and FORWARD that accept all packets with a source address of the loopback
    /// network, or of a private one (RFC 1918), and do not name the interface, in chains that keep others out. Private addresses count only where
    /// the rules tell two interfaces apart, and where such packets are accepted from each of them; with
    /// `outside-interfaces` in `iptlint.toml` from each of those. Scripts that let the kernel check the way back
    /// (`rp_filter`, `-m rpfilter`) are left alone.
    ///
    /// # Why it is bad
    /// The sender writes the source address. A packet from outside with an address of the network inside is taken
    /// for a friend. For addresses of 127.0.0.0/8 only the kernel's routing stands in the way.
    ///
    /// # Example
    /// ```sh
    /// iptables -P FORWARD DROP
    /// iptables -A FORWARD -s 192.168.1.0/24 -j ACCEPT
    /// iptables -A FORWARD -i eth0 -p tcp --dport 80 -j ACCEPT
    /// iptables -A FORWARD -i eth1 -p udp --dport 53 -j ACCEPT
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -P FORWARD DROP
    /// iptables -A FORWARD -i eth1 -s 192.168.1.0/24 -j ACCEPT
    /// iptables -A FORWARD -i eth0 -p tcp --dport 80 -j ACCEPT
    /// iptables -A FORWARD -i eth1 -p udp --dport 53 -j ACCEPT
    /// ```
    pub(super) static LINT = {
        name: "spoofable-trust",
        category: Category::Hazard,
        severity: Severity::Warning,
        fixable: false,
        check: check,
    };
}

/// The networks that nobody has on the open net (RFC 1918).
const PRIVATE: [Network; 3] = [
    Network { address: 0x0A00_0000, mask: 0xFF00_0000 },
    Network { address: 0xAC10_0000, mask: 0xFFF0_0000 },
    Network { address: 0xC0A8_0000, mask: 0xFFFF_0000 },
];

/// So many rules of a chain are looked at: each is asked of the whole chain.
const MOST: usize = 100;

/// The chain is made ready to be asked for so many kinds of runs.
const MOST_RUNS: usize = 16;

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    if checks_way_back(context) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for ruleset in context.analysis.rulesets.iter().filter(|ruleset| ruleset.family == Family::V4) {
        // In forward ipchains tests the device of departure alone.
        let forwards = ruleset.dialect == Dialect::Iptables;
        for hook in [Hook::Input, Hook::Forward].into_iter().filter(|hook| forwards || *hook == Hook::Input) {
            let chain = ruleset.table("filter").and_then(|filter| filter.chain(hook.chain(ruleset.dialect)));
            let entries = chain.iter().flat_map(|chain| &chain.entries).filter(|entry| context.possible(entry.guard));
            let trusting = entries.filter_map(|entry| Some((entry, trusted(&entry.rule)?)));
            let mut gates: HashMap<Formula, Gate> = HashMap::new();
            for (entry, network) in trusting.take(MOST) {
                if gates.len() == MOST_RUNS && !gates.contains_key(&entry.guard) {
                    break;
                }
                let gate = gates.entry(entry.guard).or_insert_with(|| context.gate(ruleset, entry.guard));
                if passes_from_everywhere(context, gate, hook, (entry, network)) {
                    let message = match holds(LOOPBACK, network) {
                        true => {
                            format!(
                                "only the kernel's routing keeps out packets from elsewhere with the source {network}"
                            )
                        }
                        false => format!("whoever writes {network} as the source gets in, by every interface"),
                    };
                    let finding = context.finding(entry.rule.place, message).with_confidence(Confidence::Likely);
                    found.push(finding.with_help("name the interface that leads to that network with `-i`"));
                }
            }
        }
    }
    found
}

/// Whether the kernel or a rule may check that the way back to the source is the one that the packet came.
fn checks_way_back(context: &Context<'_>) -> bool {
    let by_kernel = context.live_steps().any(|(step, _)| match &step.act {
        Act::Run(own) => {
            let sets = matches!(own.program, Program::ProcWrite | Program::Sysctl);
            sets && own.arguments.iter().any(|word| word.value.to_string().contains("rp_filter"))
        }
        _ => false,
    });
    let rules = context.live_commands().flat_map(|(_, command)| command.added_rules());
    by_kernel || rules.flat_map(modules).any(|module| module.name == "rpfilter")
}

/// The inner network whose packets the rule accepts, asking for nothing else but where they go.
fn trusted(rule: &Rule) -> Option<Network> {
    let plain = |own: &Match| match &own.test {
        Test::Source(_) => !own.negated,
        // From this host to itself nothing comes from elsewhere.
        Test::Destination(Known::Is(Address::V4(network))) => !holds(LOOPBACK, *network),
        Test::Destination(_) | Test::OutInterface(_) => true,
        Test::Module(module) => module.name == "comment",
        _ => false,
    };
    if !accepts(rule) || !rule.matches.iter().all(plain) {
        return None;
    }
    let network = rule.matches.iter().find_map(|own| match &own.test {
        Test::Source(Known::Is(Address::V4(network))) => Some(*network),
        _ => None,
    })?;
    let inner = PRIVATE.into_iter().chain([LOOPBACK]);
    inner.into_iter().any(|inner| holds(inner, network)).then_some(network)
}

fn holds(outer: Network, inner: Network) -> bool {
    inner.mask & outer.mask == outer.mask && inner.address & outer.mask == outer.address
}

fn passes_from_everywhere(
    context: &Context<'_>,
    gate: &mut Gate,
    hook: Hook,
    (entry, network): (&Entry, Network),
) -> bool {
    let loopback = holds(LOOPBACK, network);
    let ways = if loopback { vec![Ways::Outside] } else { ways(context, gate) };
    let Facts { outside, inside, .. } = context.facts();
    if ways.len() < 2 && outside.is_empty() && inside.is_empty() && !loopback {
        return false;
    }
    // Where everybody gets in, the address is not what is trusted.
    let anybody = |gate: &mut Gate, way: &Ways| gate.ask(hook, &Class { device: Some(way.clone()), ..first() });
    if ways.iter().all(|way| anybody(gate, way) == Some(Passage::Everything)) {
        return false;
    }
    let own = entry.rule.matches.iter().find_map(|own| match &own.test {
        Test::Destination(Known::Is(Address::V4(network))) if !own.negated => Some(*network),
        _ => None,
    });
    let class = Class { source: Some(network), destination: own, ..first() };
    let open = |passage| matches!(passage, Some(Passage::Everything | Passage::Something));
    let wanted = |passage| if hook == Hook::Forward { open(passage) } else { passage == Some(Passage::Everything) };
    !ways.is_empty()
        && ways.into_iter().all(|way| wanted(gate.ask(hook, &Class { device: Some(way), ..class.clone() })))
}

/// The interfaces by which somebody else's packets may come: those that are declared, or all that rules name
/// and that are not declared to lead inside.
fn ways(context: &Context<'_>, gate: &Gate) -> Vec<Ways> {
    let Facts { outside, inside, .. } = context.facts();
    let outside = |name: &String| {
        let interface = Interface { name: name.as_str().into(), prefix: false };
        if outside.is_empty() { !Facts::covers(inside, &interface) } else { Facts::covers(outside, &interface) }
    };
    gate.devices().into_iter().filter(|name| gate.names_device(name)).filter(outside).map(Ways::Device).collect()
}
