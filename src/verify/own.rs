//! Addresses of this host that rules ask for: what is forwarded does not go there.

use std::collections::HashSet;

use super::comparison::Comparison;
use super::party::Party;
use crate::analysis::Analysis;
use crate::logic::Formula;
use crate::model::{Address, Dialect, Entry, Known, Rule, Ruleset, Test, Value};

/// The tests of the rules for a destination that the file takes for an address of this host: it reads the address from
/// a device or sets it there, or has other hosts stand in for it, as `ipmasqadm portfw` and DNAT do.
pub(super) fn destinations(analysis: &mut Analysis<'_>, ruleset: &Ruleset) -> Vec<Test> {
    let tables = ruleset.tables.iter().chain(&ruleset.forwarding);
    let entries: Vec<&Entry> = tables.flat_map(|table| &table.chains).flat_map(|chain| &chain.entries).collect();
    let forwarded = ruleset.forwarding.iter().flat_map(|table| &table.chains).flat_map(|chain| &chain.entries);
    let translated =
        entries.iter().copied().filter(|own| own.rule.target.as_ref().is_some_and(|own| own.name.is("DNAT")));
    let stands_in: HashSet<Test> =
        forwarded.chain(translated).flat_map(|own| addresses(&own.rule)).map(|(test, _)| test.clone()).collect();
    let known =
        |(test, value): &(&Test, Value)| stands_in.contains(*test) || analysis.evaluation.own_addresses.contains(value);
    let is_own = |entry: &&Entry| addresses(&entry.rule).any(|own| known(&own));
    let own: Vec<&Entry> = entries.iter().copied().filter(is_own).collect();
    let formulas = &mut analysis.evaluation.conditions.formulas;
    // What the same word is on other runs is such an address, too.
    let mut alternative = |entry: &&Entry| {
        own.iter().any(|own| own.rule.place == entry.rule.place && !formulas.compatible(own.guard, entry.guard))
    };
    let others: Vec<&Entry> = entries.iter().copied().filter(&mut alternative).collect();
    let tests = own.into_iter().chain(others).flat_map(|entry| addresses(&entry.rule)).map(|(test, _)| test.clone());
    let mut found = Vec::new();
    tests.for_each(|test| {
        if !found.contains(&test) {
            found.push(test);
        }
    });
    found
}

/// The tests of a rule for one destination, with its address.
fn addresses(rule: &Rule) -> impl Iterator<Item = (&Test, Value)> {
    rule.matches.iter().filter_map(|own| {
        let address = match &own.test {
            Test::Destination(Known::Is(Address::V4(network))) if network.mask == u32::MAX => {
                std::net::Ipv4Addr::from(network.address).to_string().into()
            }
            Test::Destination(Known::Unknown(value)) => value.clone(),
            _ => return None,
        };
        Some((&own.test, address))
    })
}

/// What people call the address of a test.
fn name(test: &Test) -> String {
    match test {
        Test::Destination(Known::Is(Address::V4(network))) => std::net::Ipv4Addr::from(network.address).to_string(),
        Test::Destination(Known::Unknown(value)) => value.to_string(),
        _ => String::new(),
    }
}

impl Comparison<'_> {
    /// The packets of each of the host's own addresses that the old rules ask for.
    pub(super) fn own_destinations(&mut self) -> Vec<(String, Formula)> {
        let old = |party: &&Party| party.dialect == Dialect::Ipchains;
        let Some(party) = [self.a, self.b].into_iter().find(old).filter(|_| self.mixed()) else { return Vec::new() };
        let destination = self.space.fields.destination.clone();
        let set = |test: &Test| (name(test), party.names.goes_to(&mut self.space, test, &destination));
        party.own.iter().map(set).collect()
    }
}
