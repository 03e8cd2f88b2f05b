//! Rules that say the same as an earlier rule of their chain, word by word.

use std::collections::HashMap;

use super::Context;
use crate::model::{Address, Argument, Chain, Entry, Known, OptionUse, Rule, Test, Value};
use crate::text::Place;

/// Targets after which no further rule of the chain is asked.
const FINAL: [&str; 6] = ["ACCEPT", "DROP", "REJECT", "DENY", "MASQ", "RETURN"];

/// Matches that say the same of a packet each time, whatever rules it has met between.
const CONSTANT: [&str; 11] =
    ["tcp", "udp", "icmp", "icmp6", "multiport", "state", "conntrack", "comment", "mac", "iprange", "length"];

/// So many earlier rules of the same matches are tried.
const MOST_TRIED: usize = 100;

/// The commands all of whose rules repeat earlier ones that are there whenever they are, each with an earlier one.
pub(super) fn rules(context: &Context<'_>) -> HashMap<Place, Place> {
    let mut first: HashMap<Place, Option<Place>> = HashMap::new();
    let chains = context.analysis.rulesets.iter().flat_map(|ruleset| &ruleset.tables).flat_map(|table| &table.chains);
    for (place, earlier) in chains.flat_map(|chain| repeated(context, chain)) {
        first.entry(place).and_modify(|known| *known = known.and(earlier)).or_insert(earlier);
    }
    first.into_iter().filter_map(|(place, earlier)| Some((place, earlier?))).collect()
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
        let first = earlier.iter().take(MOST_TRIED).find(|first| repeats(context, first, entry));
        found.push((entry.rule.place, first.map(|first| first.rule.place)));
        // A loop makes a rule many times.
        let is_new = |last: &&Entry| (last.rule.place, last.guard) != (entry.rule.place, entry.guard);
        if earlier.last().is_none_or(is_new) {
            earlier.push(entry);
        }
    }
    found
}

fn repeats(context: &Context<'_>, first: &Entry, later: &Entry) -> bool {
    fn verdict(entry: &Entry) -> Option<(&Value, &[OptionUse])> {
        entry.rule.target.as_ref().map(|target| (&target.name, target.options.as_slice()))
    }
    let always_there = context.possible(later.guard) && context.and_not(later.guard, first.guard).is_false();
    // A loop or function that makes the rule several times has one place for all.
    verdict(first) == verdict(later) && first.rule.place != later.rule.place && always_there
}

/// Whether all of the rule is known, and its verdict ends the chain.
fn is_certain(rule: &Rule) -> bool {
    let ends = rule
        .target
        .as_ref()
        .is_some_and(|target| target.name.known().is_some_and(|name| target.goto || FINAL.contains(&name)));
    rule.undecided.is_empty() && ends && rule.matches.iter().all(|own| is_constant(&own.test))
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
