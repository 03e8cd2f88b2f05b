//! What a proof takes for granted.

use std::fmt;
use std::net::Ipv4Addr;

use super::doubt::listed;
use crate::model::{Argument, Dialect, Ruleset, Target, Test};

/// Something that a proof takes for granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assumption {
    /// Connection tracking puts fragments together before the rules see them.
    WholePackets,
    /// Rules of ipchains judge each packet as if nothing had gone before, iptables translates by connection.
    FirstPackets,
    /// A packet of no connection is not translated by iptables.
    StraysAreNotTranslated,
    /// No packet goes to port 0.
    NoPortZero,
    /// What `ipmasqadm` forwards was sent to an address of this host, and goes to one of another.
    OwnForwarded,
    /// These are addresses of this host, to which nothing is forwarded.
    OwnAddress(String),
    /// The host has these devices with these addresses, and no others.
    OwnDevices(Vec<(String, Ipv4Addr)>),
    /// These values, which are only known at run time, are the same on both sides.
    SameValues(Vec<String>),
    /// The environment sets none of these variables.
    Unset(Vec<String>),
    /// A word that is only known at run time is one of these.
    OneOf(String, &'static [&'static str]),
    /// A word behind an address that is only known at run time is a port, or the type of ICMP.
    Port(String),
    /// The same, or it is empty.
    PortOrNothing(String),
    /// What these commands do, of which only the words are known, is the same on both sides.
    SameElsewhere(Vec<String>),
    /// The conditions of both scripts come out alike.
    SameConditions,
    /// Tests that depend on earlier packets, and get the same packets, answer alike.
    SameState,
}

impl fmt::Display for Assumption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WholePackets => f.write_str("fragments are put together first"),
            Self::FirstPackets => {
                f.write_str("later packets of a connection, its answers and errors fare like its first packet")
            }
            Self::StraysAreNotTranslated => f.write_str("packets that begin no connection belong to one"),
            Self::NoPortZero => f.write_str("no packet goes to port 0"),
            Self::OwnForwarded => {
                f.write_str("what is forwarded by port or mark goes from own addresses to those of other hosts")
            }
            Self::OwnAddress(name) => write!(f, "{name} is an address of this host"),
            Self::OwnDevices(devices) => {
                let all: Vec<String> = devices.iter().map(|(name, address)| format!("{name} with {address}")).collect();
                write!(f, "the host's devices are {}", listed(&all))
            }
            Self::SameValues(names) => write!(f, "both sides find the same in {}", listed(names)),
            Self::Unset(names) => {
                let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
                write!(f, "the environment does not set {}", listed(&quoted))
            }
            Self::OneOf(text, words) => {
                let words: Vec<&str> =
                    words.iter().map(|word| if word.is_empty() { "nothing" } else { *word }).collect();
                write!(f, "{text} is {}", words.join(" or "))
            }
            Self::Port(text) => write!(f, "{text} is a port or ICMP type"),
            Self::PortOrNothing(text) => write!(f, "{text} is a port, an ICMP type or nothing"),
            Self::SameElsewhere(commands) => {
                let quoted: Vec<String> = commands.iter().map(|own| format!("`{own}`")).collect();
                let verb = if commands.len() == 1 { "does" } else { "do" };
                write!(f, "what {} {verb} to the rules is the same on both sides", listed(&quoted))
            }
            Self::SameConditions => f.write_str("their conditions come out alike"),
            Self::SameState => f.write_str("limits and the like that get the same packets answer alike"),
        }
    }
}

/// Whether rules of ipchains redirect packets to their own port.
pub(super) fn keeps_port(ruleset: &Ruleset) -> bool {
    let own = |target: &Target| {
        let port = target.options.first().and_then(|option| option.argument.as_ref());
        target.name.is("REDIRECT") && matches!(port, None | Some(Argument::Number(0)))
    };
    let chains = ruleset.tables.iter().flat_map(|table| &table.chains);
    let mut rules = chains.flat_map(|chain| &chain.entries).map(|entry| &entry.rule);
    ruleset.dialect == Dialect::Ipchains && rules.any(|rule| rule.target.as_ref().is_some_and(own))
}

/// Whether rules make the kernel track connections.
pub(super) fn tracks(ruleset: &Ruleset) -> bool {
    let tracking = |name: &str| {
        matches!(name, "state" | "conntrack" | "connmark" | "connbytes" | "connlimit" | "helper" | "cluster" | "socket")
    };
    ruleset.tables.iter().any(|table| {
        let mut rules = table.chains.iter().flat_map(|chain| &chain.entries).map(|entry| &entry.rule);
        table.name == "nat"
            || rules.any(|rule| {
                let matched = rule.matches.iter().any(|own| match &own.test {
                    Test::Module(module) => tracking(&module.name),
                    _ => false,
                });
                let target = rule.target.as_ref().and_then(|target| target.name.known());
                matched || target.is_some_and(|name| matches!(name, "CT" | "CONNMARK" | "SYNPROXY"))
            })
    })
}
