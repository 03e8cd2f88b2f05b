//! `duplicate-rule`: the same rule once more.

use std::collections::HashMap;

use crate::diag::{Diagnostic, Severity};
use crate::lint::{Category, Context, lint};
use crate::model::{Address, Argument, Chain, Entry, Known, OptionUse, Rule, Test};
use crate::text::Place;

lint! {
    /// Finds rules that repeat an earlier rule of their chain.
    ///
    /// # What it does
    /// Looks for two rules of one chain with the same matches and the same verdict, where the first is there
    /// whenever the second is. Rules with matches that count or remember, and with values that are not known,
    /// are left alone.
    ///
    /// # Why it is bad
    /// The first rule decides all packets of the second, which never decides one. Often the second was meant
    /// to say something else.
    ///
    /// # Example
    /// ```sh
    /// iptables -P OUTPUT ACCEPT
    /// iptables -A OUTPUT -p tcp --dport 25 -j REJECT
    /// iptables -A OUTPUT -p tcp --dport 25 -j REJECT
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -P OUTPUT ACCEPT
    /// iptables -A OUTPUT -p tcp --dport 25 -j REJECT
    /// iptables -A OUTPUT -p tcp --dport 465 -j REJECT
    /// ```
    pub(super) static LINT = {
        name: "duplicate-rule",
        category: Category::Logic,
        severity: Severity::Warning,
        fixable: true,
        check: check,
    };
}

/// Targets after which no further rule of the chain is asked.
const FINAL: [&str; 6] = ["ACCEPT", "DROP", "REJECT", "DENY", "MASQ", "RETURN"];

/// Matches that say the same of a packet each time, whatever rules it has met between.
const CONSTANT: [&str; 11] =
    ["tcp", "udp", "icmp", "icmp6", "multiport", "state", "conntrack", "comment", "mac", "iprange", "length"];

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let mut first: HashMap<Place, Option<Place>> = HashMap::new();
    let chains = context.analysis.rulesets.iter().flat_map(|ruleset| &ruleset.tables).flat_map(|table| &table.chains);
    for (place, earlier) in chains.flat_map(|chain| repeated(context, chain)) {
        // A command that makes several rules is in order if one of them is.
        first.entry(place).and_modify(|known| *known = known.and(earlier)).or_insert(earlier);
    }
    let repeated = first.into_iter().filter_map(|(place, earlier)| Some((place, earlier?)));
    let finding = |(place, earlier)| {
        let finding = context.finding(place, "this rule repeats an earlier one and never decides a packet");
        context.needless(finding.with_related(earlier, "the earlier rule"), "Delete the repeated rule")
    };
    repeated.map(finding).collect()
}

/// The rules of a chain, each with an earlier one that it repeats.
fn repeated(context: &Context<'_>, chain: &Chain) -> Vec<(Place, Option<Place>)> {
    let mut found = Vec::new();
    let mut seen: HashMap<Vec<(bool, &Test)>, Vec<&Entry>> = HashMap::new();
    for entry in &chain.entries {
        if chain.ordering_uncertain || entry.many || !is_certain(&entry.rule) {
            found.push((entry.rule.place, None));
            continue;
        }
        let key = entry.rule.matches.iter().filter(|own| !is_comment(&own.test)).map(|own| (own.negated, &own.test));
        let earlier = seen.entry(key.collect()).or_default();
        let first = earlier.iter().find(|first| repeats(context, first, entry));
        found.push((entry.rule.place, first.map(|first| first.rule.place)));
        earlier.push(entry);
    }
    found
}

fn repeats(context: &Context<'_>, first: &Entry, later: &Entry) -> bool {
    let verdict =
        |entry: &Entry| entry.rule.target.as_ref().map(|target| (target.name.clone(), target.options.clone()));
    let always_there = context.possible(later.guard) && context.and_not(later.guard, first.guard).is_false();
    // A loop or function that makes the rule several times has one place for all.
    verdict(first) == verdict(later) && first.rule.place != later.rule.place && always_there
}

/// Whether all of the rule is known, and its verdict ends the chain.
fn is_certain(rule: &Rule) -> bool {
    let target = rule.target.as_ref().and_then(|target| target.name.known());
    rule.undecided.is_empty()
        && target.is_some_and(|name| FINAL.contains(&name))
        && rule.matches.iter().all(|own| is_constant(&own.test))
}

fn is_constant(test: &Test) -> bool {
    match test {
        Test::Source(address) | Test::Destination(address) => {
            matches!(address, Known::Is(Address::V4(_) | Address::V6(_)))
        }
        Test::Interface(name) | Test::InInterface(name) | Test::OutInterface(name) => matches!(name, Known::Is(_)),
        Test::Protocol(protocol) => matches!(protocol, Known::Is(_)),
        Test::SourcePort(ports) | Test::DestinationPort(ports) => matches!(ports, Known::Is(_)),
        Test::Fragment | Test::Syn => true,
        Test::Module(module) => {
            let unknown = |option: &OptionUse| matches!(option.argument, Some(Argument::Unknown(_)));
            CONSTANT.contains(&module.name.as_str()) && !module.options.iter().any(unknown)
        }
    }
}

fn is_comment(test: &Test) -> bool {
    matches!(test, Test::Module(module) if module.name == "comment")
}
