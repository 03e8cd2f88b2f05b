//! Which chains packets can come to.

use std::collections::{HashMap, HashSet};

use super::{Context, absent};
use crate::model::{Chain, Entry, Known, Match, Rule, Table, Test};
use crate::packet::Arrivals;
use crate::text::Place;

/// Whether a well-known program makes chains of that name for others to use.
pub(super) fn is_made_elsewhere(name: &str) -> bool {
    absent::MADE_ELSEWHERE.iter().any(|start| name.starts_with(start))
}

/// A chain that packets cannot come to.
pub(super) struct Unasked<'a> {
    pub(super) chain: &'a Chain,
    /// The first jump to it.
    pub(super) jump: Option<&'a Entry>,
}

/// The user chains with rules to which no way leads from a built-in chain, whatever the conditions of the script.
///
/// Where a chain or a target is not known, it may be any of them.
pub(super) fn unasked<'a>(context: &Context<'a>) -> Vec<Unasked<'a>> {
    // A file that is read but not known may hold the jump, and so may the one that reads this.
    if !context.is_whole() {
        return Vec::new();
    }
    let tables = context.analysis.rulesets.iter().flat_map(|ruleset| &ruleset.tables);
    tables.filter(|table| is_own(table)).flat_map(of_table).collect()
}

/// A user chain to which rules jump.
pub(super) struct Asked<'a> {
    pub(super) chain: &'a Chain,
    /// The jumps, in textual order.
    pub(super) jumps: Vec<&'a Entry>,
    /// The packets that they send there.
    pub(super) arrivals: &'a Arrivals,
}

/// The user chains with rules to which others jump, with what comes to them.
pub(super) fn asked<'a>(context: &Context<'a>) -> Vec<Asked<'a>> {
    let mut found = Vec::new();
    if !context.is_whole() {
        return found;
    }
    for (ruleset, arrivals) in context.analysis.rulesets.iter().zip(context.arrivals()) {
        let mut arrivals = arrivals.iter();
        for table in &ruleset.tables {
            let own: Vec<_> = table.chains.iter().zip(arrivals.by_ref().take(table.chains.len())).collect();
            if !is_own(table) {
                continue;
            }
            let references = table.references();
            for (chain, arrivals) in own {
                let jumps = references.get(chain.name.as_str()).into_iter().flatten();
                let jumps: Vec<&Entry> = jumps.map(|(caller, at)| &caller.entries[*at]).collect();
                let made_here = !chain.builtin && !chain.entries.is_empty() && !is_made_elsewhere(&chain.name);
                if made_here && !jumps.is_empty() {
                    found.push(Asked { chain, jumps, arrivals });
                }
            }
        }
    }
    found
}

/// Whether all chains of the table are known, and the kernel takes all jumps: without a rule it might take one that it
/// refuses, and packets come to other chains.
pub(super) fn is_settled(table: &Table) -> bool {
    !table.open && table.bad_links().is_empty()
}

/// Whether all jumps of the table are known and the kernel takes them, and it is not another script's of which the file
/// only touches user chains.
fn is_own(table: &Table) -> bool {
    let mut builtin = table.chains.iter().filter(|chain| chain.builtin);
    is_settled(table)
        && table.chains.iter().flat_map(|chain| &chain.entries).all(is_known)
        && builtin.any(|chain| !chain.entries.is_empty() || chain.policies.iter().any(|policy| policy.place.is_some()))
}

fn is_known(entry: &Entry) -> bool {
    entry.rule.undecided.is_empty() && entry.rule.target.as_ref().is_none_or(|target| target.name.known().is_some())
}

fn of_table(table: &Table) -> Vec<Unasked<'_>> {
    let mut asked = HashSet::new();
    let mut open: Vec<&Chain> = table.chains.iter().filter(|chain| chain.builtin).collect();
    while let Some(chain) = open.pop() {
        if asked.insert(chain.name.as_str()) {
            let targets = chain.entries.iter().filter_map(|entry| entry.rule.target.as_ref()?.name.known());
            open.extend(targets.filter_map(|name| table.chain(name)));
        }
    }
    let users = table.chains.iter().filter(|chain| !chain.builtin && !chain.entries.is_empty());
    let unasked = users.filter(|chain| !asked.contains(chain.name.as_str()) && !is_made_elsewhere(&chain.name));
    let references = table.references();
    let jump = |chain: &Chain| references.get(chain.name.as_str())?.first().map(|(caller, at)| &caller.entries[*at]);
    unasked.map(|chain| Unasked { chain, jump: jump(chain) }).collect()
}

/// The rules of a file by the commands that have made them.
pub(super) struct Made<'a>(HashMap<Place, Vec<&'a Rule>>);

impl<'a> Made<'a> {
    pub(super) fn of(context: &Context<'a>) -> Self {
        let tables = context.analysis.rulesets.iter().flat_map(|ruleset| &ruleset.tables);
        let mut made: HashMap<Place, Vec<&Rule>> = HashMap::new();
        for entry in tables.flat_map(|table| &table.chains).flat_map(|chain| &chain.entries) {
            made.entry(entry.rule.place).or_default().push(&entry.rule);
        }
        Self(made)
    }

    /// The rules that the command at `place` has made.
    fn at(&self, place: Place) -> &[&'a Rule] {
        self.0.get(&place).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether the command at `place` names an interface that no device can have.
    pub(super) fn names_impossible_device(&self, place: Place) -> bool {
        let impossible = |own: &Match| match &own.test {
            Test::Interface(Known::Is(name))
            | Test::InInterface(Known::Is(name))
            | Test::OutInterface(Known::Is(name)) => name.name.contains([':', '/']) || name.name.starts_with('-'),
            _ => false,
        };
        self.at(place).iter().any(|rule| rule.matches.iter().any(impossible))
    }
}
