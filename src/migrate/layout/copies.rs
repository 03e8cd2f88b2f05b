//! The copies of a chain: for whom there is one, and what it is called.

use std::collections::BTreeSet;

use super::{Layout, Purpose, Side, Stage};
use crate::migrate::route::{MASQUERADED, is_any};
use crate::model::{Match, Rule, Test};

/// One iptables chain that stands for an ipchains chain.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::migrate) struct Copy {
    pub(in crate::migrate) purpose: Purpose,
    pub(in crate::migrate) stage: Stage,
    pub(in crate::migrate) name: String,
}

/// Chain names that mean something else to iptables.
const RESERVED: [&str; 26] = [
    "ACCEPT",
    "RETURN",
    "REJECT",
    "REDIRECT",
    "DROP",
    "QUEUE",
    "LOG",
    "MARK",
    "TOS",
    "SNAT",
    "DNAT",
    "MASQUERADE",
    "NFLOG",
    "NFQUEUE",
    "CT",
    "TCPMSS",
    "INPUT",
    "OUTPUT",
    "FORWARD",
    "PREROUTING",
    "POSTROUTING",
    "CONNMARK",
    "NOTRACK",
    "TTL",
    "TRACE",
    "SET",
];

impl Layout<'_> {
    /// The copies of `chain`, the filter table's first.
    pub(in crate::migrate) fn copies(&self, chain: &str) -> Vec<Copy> {
        let mut copies: Vec<Copy> = Vec::new();
        for stage in self.stages(chain) {
            let own = Copy { purpose: Purpose::Filter, stage, name: self.filter_name(chain, stage) };
            if !copies.iter().any(|copy| copy.name == own.name) {
                copies.push(own);
            }
        }
        for purpose in Purpose::OTHERS {
            let sides = self.sides(chain).into_iter().filter(|side| self.serves(chain, purpose, *side));
            let masqueraded = |stage| {
                let apart = self.route.changes_masqueraded && (purpose, stage) == (Purpose::Mangle, Stage::Output);
                std::iter::once(stage).chain(apart.then_some(Stage::Masqueraded))
            };
            for stage in sides.filter_map(|side| purpose.stage(side)).flat_map(masqueraded) {
                copies.push(Copy { purpose, stage, name: self.other_name(chain, purpose, stage) });
            }
        }
        copies
    }

    /// Whether each rule of `chain` has its place in every copy: other tables have only those that matter there, and
    /// masqueraded packets one for each device.
    pub(in crate::migrate) fn counts(&self, chain: &str) -> bool {
        let even = |copy: &Copy| copy.purpose == Purpose::Filter && copy.stage != Stage::Masqueraded;
        let copies = self.copies(chain);
        !copies.is_empty() && copies.iter().all(even)
    }

    /// The name of the filter copy of `chain` for packets of `stage`.
    pub(in crate::migrate) fn filter_name(&self, chain: &str, stage: Stage) -> String {
        if Side::of_chain(chain).is_some() {
            return self.route.rules_chain(stage).to_owned();
        }
        let stages = self.stages(chain);
        if !stages.contains(&stage) {
            return plain_name(chain);
        }
        let same = |first: &Stage| self.same(chain, *first, stage, &mut BTreeSet::new());
        let first = stages.iter().copied().find(same).unwrap_or(stage);
        let name = plain_name(chain);
        if stages.first() == Some(&first) { name } else { name + first.suffix() }
    }

    /// The name of a copy in another table.
    pub(in crate::migrate) fn other_name(&self, chain: &str, purpose: Purpose, stage: Stage) -> String {
        if Side::of_chain(chain).is_some() {
            return match (purpose, stage.side()) {
                _ if stage == Stage::Masqueraded => MASQUERADED,
                (Purpose::Redirect, _) | (_, Side::Input) => "PREROUTING",
                (_, Side::Forward) => "FORWARD",
                (_, Side::Output) => "POSTROUTING",
            }
            .to_owned();
        }
        let several = self.sides(chain).len() > 1 || stage == Stage::Masqueraded;
        plain_name(chain) + if several { stage.suffix() } else { "" }
    }

    /// Whether `chain` means the same to both.
    fn same(&self, chain: &str, one: Stage, other: Stage, seen: &mut BTreeSet<String>) -> bool {
        if one == other || !seen.insert(chain.to_owned()) {
            return true;
        }
        let differs = |rule: &Rule| {
            let open = !rule.undecided.is_empty();
            let Some(target) = &rule.target else { return open || self.tests_differ(rule, one, other) };
            let ends = |stage| target.name.known().map(|target| self.route.verdict(target, stage));
            ends(one) != ends(other) || target.name.known().is_none() || self.tests_differ(rule, one, other)
        };
        let mut rules = self.rules(chain).chain(self.rules_anywhere());
        let edge = |next, stage: Stage| self.loops.edge(chain, next, stage.side());
        let alike = |next| edge(next, one) == edge(next, other);
        !self.is_open()
            && !rules.any(differs)
            && self.jumps(chain).into_iter().all(|next| alike(next) && self.same(next, one, other, seen))
    }

    /// Whether the tests of `rule` are written differently for two stages.
    pub(super) fn tests_differ(&self, rule: &Rule, one: Stage, other: Stage) -> bool {
        let any = |wanted: fn(&Test) -> bool| {
            let may = |found: &Match| !is_any(&found.test) && wanted(&found.test);
            !rule.undecided.is_empty() || rule.matches.iter().any(may)
        };
        let arrival = |stage: Stage| stage.side() == Side::Input;
        let pair = |stage: Stage| one == stage || other == stage;
        (arrival(one) != arrival(other) && any(|test| matches!(test, Test::Interface(_))))
            || ((pair(Stage::Reply) || pair(Stage::Relayed))
                && any(|test| matches!(test, Test::Destination(_) | Test::DestinationPort(_))))
            || (pair(Stage::Masqueraded) && any(|test| matches!(test, Test::Source(_) | Test::SourcePort(_))))
    }
}

/// The name of a user chain; one that iptables takes for something else is changed.
pub(in crate::migrate) fn plain_name(chain: &str) -> String {
    if RESERVED.contains(&chain) { format!("{chain}-chain") } else { chain.to_owned() }
}
