//! A ruleset as `ipchains-save` writes it.
//!
//! Unlike that program, the negation of a full port range is written (`! 0:65535`), since
//! without it the rule would be another one. Conditions of rules are not written.

use std::fmt::{Display, Write};
use std::net::Ipv4Addr;

use crate::model::{
    Address, Argument, Chain, Effect, Known, MarkChange, Match, Network, PortRange, Rule, Ruleset, Target, Test,
};

/// The text that `ipchains-restore` would read; unknown values are written as `${NAME}`.
pub fn ipchains_save(ruleset: &Ruleset) -> String {
    let mut text = String::new();
    let chains = || ruleset.tables.iter().flat_map(|table| &table.chains);
    for chain in chains() {
        let policy = chain.policies.last().map_or("-".to_owned(), |policy| policy.target.to_string());
        line(&mut text, format_args!(":{} {policy}", chain.name));
    }
    for (chain, entry) in chains().flat_map(|chain| chain.entries.iter().map(move |entry| (chain, entry))) {
        line(&mut text, rule_line(chain, &entry.rule));
    }
    text
}

fn line(text: &mut String, content: impl Display) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{content}");
}

fn rule_line(chain: &Chain, rule: &Rule) -> String {
    let mut words = vec![format!("-A {}", chain.name)];
    words.push(side(rule, "-s", source));
    words.push(side(rule, "-d", destination));
    words.extend(rule.matches.iter().filter_map(plain_match));
    words.extend(rule.effects.iter().filter(|effect| matches!(effect, Effect::Tos { .. })).map(effect));
    words.extend(rule.target.as_ref().map(target));
    words.extend(rule.effects.iter().filter(|effect| matches!(effect, Effect::Log)).map(effect));
    words.extend(rule.matches.iter().filter_map(flag_match));
    words.extend(
        rule.effects.iter().filter(|effect| matches!(effect, Effect::Mark(_) | Effect::Netlink(_))).map(effect),
    );
    words.extend(rule.undecided.iter().map(ToString::to_string));
    words.join(" ")
}

/// The address and the port of one side of a rule.
enum Part<'a> {
    Address(&'a Known<Address>),
    Port(&'a Known<PortRange>),
}

fn source(test: &Test) -> Option<Part<'_>> {
    match test {
        Test::Source(address) => Some(Part::Address(address)),
        Test::SourcePort(port) => Some(Part::Port(port)),
        _ => None,
    }
}

fn destination(test: &Test) -> Option<Part<'_>> {
    match test {
        Test::Destination(address) => Some(Part::Address(address)),
        Test::DestinationPort(port) => Some(Part::Port(port)),
        _ => None,
    }
}

fn side(rule: &Rule, option: &str, part: impl Fn(&Test) -> Option<Part<'_>>) -> String {
    let (mut address, mut port) = ("0.0.0.0/0.0.0.0".to_owned(), String::new());
    for found in &rule.matches {
        match part(&found.test) {
            Some(Part::Address(known)) => address = format!("{}{}", bang(found), known_or(known, full_address)),
            Some(Part::Port(known)) => port = format!(" {}{}", bang(found), known_or(known, PortRange::to_string)),
            None => {}
        }
    }
    format!("{option} {address}{port}")
}

/// The address with its mask in four bytes.
fn full_address(address: &Address) -> String {
    match address {
        Address::V4(Network { address, mask }) => format!("{}/{}", Ipv4Addr::from(*address), Ipv4Addr::from(*mask)),
        Address::Name(name, mask) => format!("{name}/{}", Ipv4Addr::from(*mask)),
        Address::V6(network) => network.to_string(),
    }
}

fn plain_match(found: &Match) -> Option<String> {
    let (option, value) = match &found.test {
        Test::Interface(interface) => ("-i", known_or(interface, ToString::to_string)),
        Test::Protocol(protocol) => ("-p", known_or(protocol, |protocol| protocol.0.to_string())),
        _ => return None,
    };
    Some(format!("{option} {}{value}", bang(found)))
}

fn flag_match(found: &Match) -> Option<String> {
    match found.test {
        Test::Syn => Some(format!("{}-y", bang(found))),
        Test::Fragment => Some(format!("{}-f", bang(found))),
        _ => None,
    }
}

fn bang(found: &Match) -> &'static str {
    if found.negated { "! " } else { "" }
}

fn known_or<T>(known: &Known<T>, text: impl Fn(&T) -> String) -> String {
    match known {
        Known::Is(value) => text(value),
        Known::Unknown(value) => value.to_string(),
    }
}

fn effect(effect: &Effect) -> String {
    match effect {
        Effect::Log => "-l".to_owned(),
        Effect::Tos { and, xor } => format!("-t 0x{and:02X} 0x{xor:02X}"),
        Effect::Netlink(size) => format!("-o {}", known_or(size, u16::to_string)),
        Effect::Mark(change) => {
            let text = known_or(change, |change| match change {
                MarkChange::Set(value) => value.to_string(),
                MarkChange::Add(value) => format!("+{value}"),
            });
            format!("-m {text}")
        }
    }
}

fn target(target: &Target) -> String {
    let port = target.options.first().and_then(|option| option.argument.as_ref());
    match port {
        Some(Argument::Number(port)) => format!("-j {} {port}", target.name),
        Some(Argument::Unknown(port)) => format!("-j {} {port}", target.name),
        _ => format!("-j {}", target.name),
    }
}
