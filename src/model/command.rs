//! One command of a packet filter program, understood.

use std::sync::Arc;

use super::{Known, Rule, Value, builtin_chains};
use crate::text::Place;

/// The language a command or file is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dialect {
    /// ipchains of Linux 2.2.
    Ipchains,
    /// iptables of Linux 2.4 and later.
    Iptables,
}

/// The address family of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

/// A command, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Its language.
    pub dialect: Dialect,
    /// Its address family; always IPv4 in ipchains.
    pub family: Family,
    /// The table; ipchains has one, called `filter` here.
    pub table: Value,
    /// What it does.
    pub action: Action,
    /// The command in the file.
    pub place: Place,
}

impl Command {
    /// Whether a chain of that name is built into the table of the command.
    pub fn is_builtin(&self, chain: &Value) -> bool {
        let chains = self.table.known().and_then(|table| builtin_chains(self.dialect, table));
        chains.is_some_and(|mut chains| chains.any(|name| chain.is(name)))
    }

    /// The rules that it puts into a chain.
    pub fn added_rules(&self) -> impl Iterator<Item = &Rule> {
        let rules = match &self.action {
            Action::Append { rules, .. } | Action::Insert { rules, .. } => rules.as_slice(),
            Action::Replace { rule, .. } => std::slice::from_ref(rule),
            _ => &[],
        };
        rules.iter().map(Arc::as_ref)
    }
}

/// What a command does. Chains are values, since scripts keep their names in variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `-A`: adds rules at the end.
    Append {
        /// The chain.
        chain: Value,
        /// More than one with `-b`, or with several addresses.
        rules: Vec<Arc<Rule>>,
    },
    /// `-I`: adds rules at a position, from 1.
    Insert {
        /// The chain.
        chain: Value,
        /// Where, from 1.
        position: Known<u32>,
        /// The rules; each is inserted at the same position in turn, so the last comes first.
        rules: Vec<Arc<Rule>>,
    },
    /// `-R`: puts a rule in the place of another.
    Replace {
        /// The chain.
        chain: Value,
        /// Which, from 1.
        position: Known<u32>,
        /// The new rule.
        rule: Arc<Rule>,
    },
    /// `-D` with a number.
    DeleteNumber {
        /// The chain.
        chain: Value,
        /// Which, from 1.
        position: Known<u32>,
    },
    /// `-D` with a rule: deletes the first equal one, for each.
    DeleteRule {
        /// The chain.
        chain: Value,
        /// The rules.
        rules: Vec<Arc<Rule>>,
    },
    /// `-C`: in ipchains tests a packet, in iptables whether a rule exists.
    Check {
        /// The chain.
        chain: Value,
        /// The packet or rule.
        rule: Arc<Rule>,
    },
    /// `-L` or `-S`; no chain means all.
    List {
        /// The chain.
        chain: Option<Value>,
        /// Counters are zeroed as well (`-L -Z`).
        zero: bool,
        /// All rules are written as commands (`-S`).
        rules: bool,
    },
    /// `-F`; no chain means all.
    Flush {
        /// The chain.
        chain: Option<Value>,
    },
    /// `-Z`; no chain means all.
    Zero {
        /// The chain.
        chain: Option<Value>,
        /// The only rule that is meant, from 1.
        position: Option<Known<u32>>,
        /// The rules are listed first (`-Z CHAIN NUMBER -L`).
        listed: bool,
    },
    /// `-N`.
    NewChain {
        /// The chain.
        chain: Value,
    },
    /// `-X`; no chain means all user chains.
    DeleteChain {
        /// The chain.
        chain: Option<Value>,
    },
    /// `-E`.
    RenameChain {
        /// The chain.
        from: Value,
        /// Its new name.
        to: Value,
    },
    /// `-P`.
    Policy {
        /// The chain.
        chain: Value,
        /// The policy.
        target: Value,
    },
    /// ipchains `-M -L`.
    ListMasquerading,
    /// ipchains `-M -S`: timeouts in seconds, 0 keeps the old one.
    MasqueradeTimeouts {
        /// For established TCP connections.
        tcp: Known<u32>,
        /// After a FIN.
        tcp_fin: Known<u32>,
        /// For UDP.
        udp: Known<u32>,
    },
    /// `-h` or `-V`, behind which the program ends.
    Information,
    /// Rules of a save file that are for the program of the other family.
    Skipped {
        /// What they jump to, unless it is an extension: iptables-legacy-restore looks for it all the same.
        target: Option<Value>,
    },
    /// The command itself (`-A`, `-D`...) is only known at run time.
    Unknown,
}
