//! Rules in the form in which they are asked: chains by number, tests as small values.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use super::check::Condition;
use super::oracle::UnknownId;
use super::unknown::{Identity, Unknown};
use super::{Reason, Rejection};
use crate::model::{Network, PortRange};
use crate::text::Place;

/// The chains of all tables of a ruleset.
#[derive(Debug, Default)]
pub(super) struct Program {
    pub(super) chains: Vec<Chain>,
    /// What cannot be told of packets.
    pub(super) unknowns: Vec<Unknown>,
    /// For each unknown the first that is the same.
    firsts: OnceLock<Vec<UnknownId>>,
    /// Where the fate of a packet is not known, two ways that it may end will do.
    pub(super) brief: bool,
}

/// One chain.
#[derive(Debug)]
pub(super) struct Chain {
    pub(super) name: Arc<str>,
    pub(super) rules: Vec<Rule>,
    /// The policies of a built-in chain, of which the first whose condition holds counts.
    pub(super) policies: Vec<Policy>,
    /// The rules stand in an order that is not known.
    pub(super) order_uncertain: bool,
}

/// One rule.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) conditions: Box<[Condition]>,
    pub(super) actions: Box<[Action]>,
    pub(super) jump: Jump,
    pub(super) place: Place,
    /// The number of its entry in the chain of the model.
    pub(super) entry: u32,
    /// It may be there several times.
    pub(super) many: bool,
    /// It counts as left out.
    pub(super) left_out: bool,
}

/// The policy of a built-in chain, or one of those that it may have.
#[derive(Debug)]
pub(super) struct Policy {
    pub(super) condition: Option<Condition>,
    pub(super) jump: Jump,
    pub(super) place: Option<Place>,
}

/// What a rule does to a packet on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Tells somebody.
    Log,
    /// The mark becomes (mark and `keep`) xor `turn`.
    Mark { keep: u32, turn: u32 },
    /// Adds to the mark, modulo 2^32.
    AddMark(u32),
    /// Sets the mark to what is not known.
    LoseMark,
    /// The TOS byte becomes (TOS and `keep`) xor `turn`.
    Tos { keep: u8, turn: u8 },
    /// Sets the TOS byte to what is not known.
    LoseTos,
    /// The connection's mark becomes (mark and `keep`) xor `turn`.
    ConnectionMark { keep: u32, turn: u32 },
    /// Sets the connection's mark to what is not known.
    LoseConnectionMark,
    /// The connection's mark becomes (mark and `keep`) xor (the packet's and `take`).
    SaveMark { keep: u32, take: u32 },
    /// The packet's mark becomes (mark and `keep`) xor (the connection's and `take`).
    RestoreMark { keep: u32, take: u32 },
    /// Keeps the packet from connection tracking.
    Untrack,
    /// Changes something that is not modelled; the unknown names it.
    Other(UnknownId),
    /// Keeps something that other rules ask for; the unknown names it.
    Note(UnknownId),
}

/// Where a matching packet goes.
#[derive(Debug)]
pub(super) enum Jump {
    /// To the next rule.
    Next,
    /// Back to where the chain was jumped to from, or to the policy.
    Return,
    /// Through another chain.
    Call(usize),
    /// To another chain, which ends like this one.
    Goto(usize),
    /// Nowhere: this is its fate.
    Rule(Ruling),
    /// Nobody knows.
    Unknown(UnknownId),
}

/// What a chain says of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Ruling {
    Accept,
    Deny,
    Reject(Rejection),
    /// ipchains' MASQ.
    Masquerade,
    /// ipchains' REDIRECT to a port, 0 for the packet's own; `None` where it is not known.
    Redirect(Option<u16>),
    /// A target of the nat table.
    Translate(Translation),
}

impl Ruling {
    /// Whether the packet goes no further.
    pub(super) fn keeps_out(self) -> bool {
        matches!(self, Self::Deny | Self::Reject(_))
    }
}

/// What a target of the nat table makes of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Translation {
    Masquerade(Ports),
    Redirect(Ports),
    Source(Addresses, Ports),
    Destination(Addresses, Ports),
    Netmap(Network),
    /// To an address and a port that are not known.
    Lost(UnknownId),
}

/// First and last of the addresses to choose from; none keeps the address.
pub(super) type Addresses = Option<(u32, u32)>;

/// The ports to choose from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Ports {
    /// The packet's own, if it is free.
    Keep,
    /// One of these; the packet's own if it is among them.
    Among(PortRange),
    /// Any.
    Any,
}

impl Rule {
    /// Whether it makes no difference to a packet's fate.
    pub(super) fn is_idle(&self) -> bool {
        self.left_out || matches!(self.jump, Jump::Next) && self.actions.iter().all(|action| *action == Action::Log)
    }

    /// Whether somebody gets to know of the packets that match: they are logged, or the rule is there to count them.
    pub(super) fn tells(&self) -> bool {
        let counts = self.actions.is_empty() && matches!(self.jump, Jump::Next);
        !self.left_out && (counts || self.actions.contains(&Action::Log))
    }
}

impl Program {
    /// Adds a chain without rules that lets everything pass.
    pub(super) fn empty_chain(&mut self, name: &str) -> usize {
        let (rules, policies) = (Vec::new(), Vec::new());
        self.chains.push(Chain { name: name.into(), rules, policies, order_uncertain: false });
        self.chains.len() - 1
    }

    /// Why something cannot be decided.
    pub(super) fn reason(&self, unknown: UnknownId) -> Reason {
        self.unknowns.get(self.first(unknown).0 as usize).map_or(Reason::TooMany, Unknown::reason)
    }

    /// The first of the unknowns that are the same as this one.
    pub(super) fn first(&self, unknown: UnknownId) -> UnknownId {
        let own = self.unknowns.get(unknown.0 as usize);
        if own.is_none_or(|own| !matches!(own.open(), None | Some(Identity::Test(_)))) {
            return unknown;
        }
        let firsts = self.firsts.get_or_init(|| {
            let mut known = HashMap::new();
            let all = self.unknowns.iter().zip(0..);
            all.map(|(own, number)| match own.identity() {
                test if matches!(*test, Identity::Test(_)) => *known.entry(test).or_insert(UnknownId(number)),
                _ => UnknownId(number),
            })
            .collect()
        });
        firsts[unknown.0 as usize]
    }
}
