//! Where a packet that no particular rule is about ends in a chain.
//!
//! Only rules that every packet matches are looked at, so the answer is a
//! formula over the script's conditions: when such a packet gets through. Rules
//! that are not fully known count as if they kept it out, so that nothing is claimed.

use std::collections::HashMap;

use super::Context;
use super::policies::closes;
use crate::logic::Formula;
use crate::model::{Address, Chain, Entry, Known, Match, Network, PortRange, Protocol, Rule, Table, Test};

/// Targets after which the packet goes on to the next rule.
const PASSING: [&str; 22] = [
    "LOG",
    "ULOG",
    "NFLOG",
    "MARK",
    "CONNMARK",
    "SECMARK",
    "CONNSECMARK",
    "TOS",
    "DSCP",
    "ECN",
    "TTL",
    "HL",
    "CLASSIFY",
    "TCPMSS",
    "TCPOPTSTRIP",
    "TEE",
    "TRACE",
    "SET",
    "AUDIT",
    "CT",
    "NOTRACK",
    "RATEEST",
];

/// Targets that let the packet through.
const OPENING: [&str; 3] = ["ACCEPT", "MASQ", "REDIRECT"];

/// User chains are followed so deeply.
const MAX_DEPTH: usize = 16;

/// Whether the rule is about every packet, as far as is known.
pub(super) fn is_unconditional(rule: &Rule) -> bool {
    rule.undecided.is_empty() && rule.matches.iter().all(is_always_true)
}

/// Whether the rule lets the packets through that match it.
pub(super) fn opens(rule: &Rule) -> bool {
    rule.target.as_ref().and_then(|target| target.name.known()).is_some_and(|name| OPENING.contains(&name))
}

/// Whether the rule lets none of the packets through that match it, or only looks at them.
pub(super) fn keeps_out(rule: &Rule) -> bool {
    let Some(target) = &rule.target else { return true };
    target.name.known().is_some_and(|name| closes(Some(name)) || PASSING.contains(&name))
}

/// Whether a match rules nothing out.
fn is_always_true(own: &Match) -> bool {
    let any = |address: &Known<Address>| match address {
        Known::Is(Address::V4(network)) => *network == Network::ANY,
        Known::Is(Address::V6(network)) => network.mask == 0,
        _ => false,
    };
    !own.negated
        && match &own.test {
            Test::Source(address) | Test::Destination(address) => any(address),
            Test::Interface(Known::Is(name))
            | Test::InInterface(Known::Is(name))
            | Test::OutInterface(Known::Is(name)) => name.prefix && name.name.is_empty(),
            Test::Protocol(Known::Is(protocol)) => *protocol == Protocol::ANY,
            Test::SourcePort(Known::Is(range)) | Test::DestinationPort(Known::Is(range)) => *range == PortRange::ANY,
            Test::Module(module) => module.name == "comment",
            _ => false,
        }
}

/// What becomes of packets in a chain, each as the formula of the runs in which it is so.
#[derive(Clone, Copy)]
struct Fate {
    /// They are let through.
    opened: Formula,
    /// They come to the end.
    passed: Formula,
}

/// The runs in which packets that no particular rule is about get through the built-in chain.
pub(super) fn open_runs(context: &Context<'_>, table: &Table, chain: &Chain) -> Formula {
    let fate = fate(context, table, chain, 0, &mut Fates::new());
    let mut accepts = Formula::FALSE;
    for policy in &chain.policies {
        if policy.target.known().is_some_and(|target| OPENING.contains(&target)) {
            accepts = context.or(accepts, policy.guard);
        }
    }
    let by_policy = context.and(fate.passed, accepts);
    context.or(fate.opened, by_policy)
}

/// What becomes of packets in user chains, by name and depth: many rules may jump to the same one.
type Fates<'t> = HashMap<(&'t str, usize), Fate>;

fn fate<'t>(context: &Context<'_>, table: &'t Table, chain: &'t Chain, depth: usize, known: &mut Fates<'t>) -> Fate {
    if let Some(fate) = known.get(&(chain.name.as_str(), depth)) {
        return *fate;
    }
    let mut fate = Fate { opened: Formula::FALSE, passed: Formula::TRUE };
    for entry in &chain.entries {
        fate = after_entry(context, table, entry, fate, depth, known);
    }
    known.insert((chain.name.as_str(), depth), fate);
    fate
}

fn after_entry<'t>(
    context: &Context<'_>,
    table: &'t Table,
    entry: &Entry,
    fate: Fate,
    depth: usize,
    known: &mut Fates<'t>,
) -> Fate {
    let Some(target) = &entry.rule.target else { return fate };
    let unsure = entry.many || !entry.rule.undecided.is_empty();
    if !unsure && !is_unconditional(&entry.rule) {
        return fate;
    }
    let here = context.and(fate.passed, entry.guard);
    let passed = context.and_not(fate.passed, entry.guard);
    let kept_out = Fate { passed, ..fate };
    match target.name.known() {
        // It may or may not be there, but if it is, it does not keep out for sure.
        Some(name) if PASSING.contains(&name) => fate,
        Some(name) if OPENING.contains(&name) && !unsure => Fate { opened: context.or(fate.opened, here), passed },
        Some(name) if OPENING.contains(&name) || name == "RETURN" => fate,
        Some(name) => match table.chain(name).filter(|chain| !chain.builtin && depth < MAX_DEPTH) {
            Some(user) => {
                let inner = self::fate(context, table, user, depth + 1, known);
                let opened = context.and(here, inner.opened);
                let returned = context.and(here, inner.passed);
                Fate { opened: context.or(fate.opened, opened), passed: context.or(passed, returned) }
            }
            None => kept_out,
        },
        None => kept_out,
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::judging::findings;

    #[test]
    fn chains_that_many_rules_jump_to_are_followed_once() {
        let jumps = |from: usize| format!("iptables -A c{from} -j c{}\n", from + 1).repeat(16);
        let chains: String = (0..15).map(|at| format!("iptables -N c{}\n{}", at + 1, jumps(at))).collect();
        let text = format!("iptables -P INPUT ACCEPT\niptables -N c0\n{chains}iptables -A INPUT -j c0\n");
        let (_, found) = findings("missing-final-drop", &text);
        assert_eq!(found.len(), 1);
    }
}
