//! Rules that rewrite the addresses of connections.

use std::net::Ipv4Addr;

use crate::model::{Argument, Entry, Interface, Known, OptionUse, PortRange, Rule, Ruleset, Test};

/// The rules of a chain of nat with one of these targets, as far as they are fully known.
pub(super) fn translations<'a>(ruleset: &'a Ruleset, chain: &str, targets: &'a [&str]) -> Vec<&'a Entry> {
    let Some(chain) = ruleset.table("nat").and_then(|nat| nat.chain(chain)) else { return Vec::new() };
    let wanted = |entry: &&Entry| {
        let target = entry.rule.target.as_ref().and_then(|target| target.name.known());
        entry.rule.undecided.is_empty() && target.is_some_and(|name| targets.contains(&name))
    };
    chain.entries.iter().filter(wanted).collect()
}

/// The one interface, or beginning of names, by which the packets of the rule leave.
pub(super) fn way_out(rule: &Rule) -> Option<&Interface> {
    rule.matches.iter().find_map(|own| match &own.test {
        Test::OutInterface(Known::Is(interface)) if !own.negated => Some(interface),
        _ => None,
    })
}

/// An option of the rule's target.
pub(super) fn option<'r>(rule: &'r Rule, name: &str) -> Option<&'r OptionUse> {
    rule.target.as_ref()?.options.iter().find(|option| option.name == name)
}

/// The one new address that the option of the rule's target names, and the port behind it.
pub(super) fn new_end(rule: &Rule, name: &str) -> Option<(Ipv4Addr, Option<PortRange>)> {
    let Some(Argument::Text(text)) = &option(rule, name)?.argument else { return None };
    let (address, ports) =
        text.split_once(':').map_or((text.as_str(), None), |(address, ports)| (address, Some(ports)));
    let port = |text: &str| text.parse().ok().map(PortRange::single);
    Some((address.parse().ok()?, ports.and_then(port)))
}
