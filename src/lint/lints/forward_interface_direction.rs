//! `forward-interface-direction`: the way in, where the way out is meant.

use crate::diag::{Confidence, Diagnostic, Severity};
use crate::lint::{Category, Context, lint};
use crate::model::{Address, Dialect, Interface, Known, Network, Rule, Test};

lint! {
    /// Finds rules in the forward chain of ipchains that name the interface of their source.
    ///
    /// # What it does
    /// Looks for rules in forward whose source is a network that a rule in input accepts on the same interface.
    ///
    /// # Why it is bad
    /// In the chain forward `-i` is the interface by which a packet leaves. A packet from a network seldom
    /// leaves by the interface behind which that network is, so the rule decides next to nothing.
    ///
    /// # Example
    /// ```sh
    /// ipchains -P input DENY
    /// ipchains -P forward DENY
    /// ipchains -A input -i eth1 -s 192.168.1.0/24 -j ACCEPT
    /// ipchains -A forward -i eth1 -s 192.168.1.0/24 -j MASQ
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// ipchains -P input DENY
    /// ipchains -P forward DENY
    /// ipchains -A input -i eth1 -s 192.168.1.0/24 -j ACCEPT
    /// ipchains -A forward -i ppp0 -s 192.168.1.0/24 -j MASQ
    /// ```
    pub(super) static LINT = {
        name: "forward-interface-direction",
        category: Category::Migration,
        severity: Severity::Warning,
        fixable: false,
        check: check,
    };
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let ruleset = context.analysis.rulesets.iter().find(|ruleset| ruleset.dialect == Dialect::Ipchains);
    let chain = |name| ruleset.and_then(|ruleset| ruleset.table("filter")?.chain(name));
    let (Some(input), Some(forward)) = (chain("input"), chain("forward")) else { return Vec::new() };
    let mut found = Vec::new();
    for entry in &forward.entries {
        let Some((interface, source)) = behind(&entry.rule) else { continue };
        let elsewhere = destination(&entry.rule).is_none_or(|own| own != source);
        let known = input.entries.iter().find(|other| {
            is_accepted(&other.rule)
                && behind(&other.rule) == Some((interface, source))
                && context.compatible(other.guard, entry.guard)
        });
        if let (true, Some(other)) = (elsewhere, known) {
            let message = format!("in forward `-i {interface}` is the way out, but {source} is behind {interface}");
            let finding = context.finding(entry.rule.place, message);
            let finding = finding.with_related(other.rule.place, "packets from there come in here");
            found.push(
                finding
                    .with_help("name the interface by which the packets leave")
                    .with_confidence(Confidence::Heuristic),
            );
        }
    }
    found
}

fn is_accepted(rule: &Rule) -> bool {
    rule.target.as_ref().is_some_and(|target| target.name.is("ACCEPT"))
}

/// The interface and the source that the rule names.
fn behind(rule: &Rule) -> Option<(&Interface, Network)> {
    let plain = || rule.matches.iter().filter(|own| !own.negated);
    let interface = plain().find_map(|own| match &own.test {
        Test::Interface(Known::Is(name)) if !name.prefix => Some(name),
        _ => None,
    })?;
    let source = plain().find_map(|own| match &own.test {
        Test::Source(Known::Is(Address::V4(network))) if *network != Network::ANY => Some(*network),
        _ => None,
    })?;
    Some((interface, source))
}

fn destination(rule: &Rule) -> Option<Network> {
    rule.matches.iter().find_map(|own| match &own.test {
        Test::Destination(Known::Is(Address::V4(network))) if !own.negated => Some(*network),
        _ => None,
    })
}
