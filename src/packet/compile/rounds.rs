//! Rules that are there for each round of a loop over something unknown.
//!
//! Whether one of them fits a packet is one question, the same wherever the same tests are made in the
//! same rounds.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::iptables::LOGGING;
use super::{Compiler, Identity, Spot};
use crate::logic::Formula;
use crate::model::{
    Address, Devices, Effect, Entry, Interface, Known, Loops, Network, Rounds, Rule, Table, Test, Value,
};
use crate::packet::Reason;
use crate::packet::check::{Check, Condition};
use crate::packet::unknown::{InTurn, Repeated};

/// How the rules of the rounds of a loop stand in a chain.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Together, and all do the same, so that their order does not count.
    Alike,
    /// Together, those of each round one behind the other and behind those of the rounds before; a packet that fits
    /// one of them comes to no other. These are the numbers of their entries.
    InTurn(Arc<[u32]>),
}

/// How those of each loop stand, by its number, where that is known; `is_final` says whether a packet that fits the
/// rule of an entry comes to no further rule of its chain.
pub(super) fn standing(entries: &[Entry], mut is_final: impl FnMut(&Entry) -> bool) -> HashMap<u32, Standing> {
    let number = |entry: &Entry| entry.rounds.as_ref().map(|rounds| rounds.loops.number);
    let (mut found, mut over) = (HashMap::new(), HashSet::new());
    let mut at = 0;
    for group in entries.chunk_by(|one, other| number(one) == number(other)) {
        let first = at;
        at += group.len() as u32;
        let Some(own) = group.first().and_then(number) else { continue };
        let standing = if group.iter().all(|entry| is_plain(&entry.rule) || is_by_device(entry)) && agree(group) {
            Some(Standing::Alike)
        } else if are_in_order(group) {
            let telling = (first..).zip(group).filter(|(_, entry)| tells(&entry.rule));
            let (numbers, telling): (Vec<u32>, Vec<&Entry>) = telling.unzip();
            telling.into_iter().all(&mut is_final).then(|| Standing::InTurn(numbers.into()))
        } else {
            None
        };
        // What stands in several places does not stand together.
        match standing.filter(|_| !over.contains(&own)) {
            Some(standing) => drop(found.insert(own, standing)),
            None => drop(found.remove(&own)),
        }
        over.insert(own);
    }
    found
}

/// Whether later rounds of the same loops have put rules of which nothing outlives a round behind those of earlier ones.
fn are_in_order(group: &[Entry]) -> bool {
    let rounds = |entry: &Entry| entry.rounds.clone().filter(|own| own.in_order && is_plain(&entry.rule));
    let mut all = group.iter().map(rounds);
    let Some(Some(first)) = all.next() else { return false };
    all.all(|own| own.is_some_and(|own| Arc::ptr_eq(&own.loops, &first.loops)))
}

/// Whether the rule has a say: it does more than log or count.
fn tells(rule: &Rule) -> bool {
    rule.target.as_ref().is_some_and(|target| !target.name.known().is_some_and(|name| LOGGING.contains(&name)))
}

/// Whether a packet that fits the rule twice fares as if it fitted once.
fn is_plain(rule: &Rule) -> bool {
    let told = |effect: &Effect| matches!(effect, Effect::Log | Effect::Netlink(_));
    rule.undecided.is_empty()
        && rule.effects.iter().all(told)
        && rule.target.as_ref().is_none_or(|target| target.name.known().is_some_and(|name| !CHANGING.contains(&name)))
}

/// Whether the rounds are those of devices: a packet leaves by one of them, and fits the rule once.
pub(super) fn is_by_device(entry: &Entry) -> bool {
    let devices = |rounds: &Rounds| rounds.every && rounds.loops.devices.is_some();
    entry.rounds.as_ref().is_some_and(devices) && entry.rule.undecided.is_empty()
}

/// Targets after which the packet goes on, and is not what it was.
const CHANGING: [&str; 7] = ["MARK", "CONNMARK", "TOS", "DSCP", "CT", "NOTRACK", "SET"];

/// Whether all rules with a say send packets to the same place.
fn agree(group: &[Entry]) -> bool {
    let mut targets = group.iter().filter(|entry| tells(&entry.rule)).filter_map(|entry| entry.rule.target.as_ref());
    let Some(first) = targets.next() else { return true };
    targets.all(|own| (&own.name, &own.options, own.goto) == (&first.name, &first.options, first.goto))
}

impl Compiler<'_> {
    /// Makes the conditions and tests of a rule those of all rounds together.
    pub(super) fn repeated(
        &mut self,
        (number, entry): (u32, &Entry),
        rounds: Option<(&Rounds, &Standing)>,
        conditions: &mut Vec<Condition>,
        tests: &mut Vec<Condition>,
    ) {
        let all = match rounds {
            Some((Rounds { loops, every: true, .. }, _)) if let Some(devices) = &loops.devices => {
                self.of_devices(entry, devices, tests)
            }
            Some((rounds, standing)) => self.of_rounds(entry, rounds, self.first_of(number, standing), tests),
            None => None,
        };
        match all {
            Some(all) => {
                if rounds.is_some_and(|(rounds, _)| !rounds.every) {
                    conditions.clear();
                }
                *tests = all;
            }
            None => conditions.push(self.open(Reason::Repetition(entry.rule.place))),
        }
    }

    /// The rules of which the one with this number must be the first that fits.
    fn first_of(&self, number: u32, standing: &Standing) -> Option<InTurn> {
        let Standing::InTurn(entries) = standing else { return None };
        let at = entries.binary_search(&number).ok()?;
        Some(InTurn { chain: self.program.chains.len(), entries: Arc::clone(entries), at })
    }

    /// Whether a packet that fits the rule of an entry comes to no further rule of its chain.
    pub(super) fn is_final(&mut self, table: &Table, entry: &Entry) -> bool {
        const FINAL: [&str; 7] = ["ACCEPT", "DROP", "DENY", "REJECT", "MASQ", "REDIRECT", "RETURN"];
        entry.rule.target.as_ref().is_some_and(|target| {
            let name = target.name.known();
            target.goto
                || name.is_some_and(|name| FINAL.contains(&name) || self.never_ends(table, name, entry.guard, 8))
        })
    }

    /// Whether no packet comes back from a chain in the runs of `guard`: a rule without tests takes all that come to
    /// its end, and none says RETURN. Jumps are followed so many deep.
    fn never_ends(&mut self, table: &Table, name: &str, guard: Formula, deep: u32) -> bool {
        let Some(chain) = table.chain(name).filter(|chain| deep > 0 && !chain.builtin && !chain.ordering_uncertain)
        else {
            return false;
        };
        let mut open = guard;
        for entry in &chain.entries {
            let Some(target) = &entry.rule.target else { continue };
            let Some(name) = target.name.known().filter(|name| *name != "RETURN" && !target.goto) else { return false };
            let certain = !entry.many && entry.rule.matches.is_empty() && entry.rule.undecided.is_empty();
            if certain
                && (["ACCEPT", "DROP", "REJECT"].contains(&name) || self.never_ends(table, name, guard, deep - 1))
            {
                open = self.formulas.and_not(open, entry.guard);
            }
        }
        open.is_false()
    }

    /// The tests of a rule in some round: those that may be others in each are one question together.
    fn of_rounds(
        &mut self,
        entry: &Entry,
        rounds: &Rounds,
        first_of: Option<InTurn>,
        tests: &[Condition],
    ) -> Option<Vec<Condition>> {
        let guard = if rounds.every { Formula::TRUE } else { entry.guard };
        if guard == Formula::UNDECIDED {
            return None;
        }
        let (mut known, mut open) = (Vec::new(), Vec::new());
        for own in tests {
            match (&own.check, self.program.unknowns.get(own.unknown.0 as usize)?.open()) {
                (Check::Unknown, Some(Identity::Test(test))) if stays(test, rounds) => known.push(own.clone()),
                (Check::Unknown, Some(Identity::Test(test))) if !is_lost(test) => {
                    open.push((own.negated, test.clone()));
                }
                (Check::Unknown, _) => return None,
                (_, Some(Identity::Test(test))) if !test.unknown_values().is_empty() => return None,
                _ => known.push(own.clone()),
            }
        }
        let Loops { over, broken, .. } = &*rounds.loops;
        let repeated = Repeated { over: over.clone(), broken: broken.clone(), tests: open, guard, first_of };
        let reason = Reason::Repetition(entry.rule.place);
        let unknown = self.shared(Identity::Rounds(Box::new(repeated)), |_| reason);
        known.push(Condition { negated: false, check: Check::Unknown, unknown });
        Some(known)
    }

    /// The tests of a rule for each of the devices whose own address fits: packets leave by one device.
    fn of_devices(&mut self, entry: &Entry, devices: &Devices, tests: &[Condition]) -> Option<Vec<Condition>> {
        let each = Value::unknown(devices.each.clone());
        let (mut known, mut named) = (Vec::new(), false);
        for own in tests {
            match self.program.unknowns.get(own.unknown.0 as usize)?.open() {
                Some(Identity::Test(Test::OutInterface(Known::Unknown(value)))) if *value == each && !own.negated => {
                    named = true
                }
                Some(Identity::Test(test)) if test.unknown_values().contains(&&each) => return None,
                _ => known.push(own.clone()),
            }
        }
        if !named {
            return None;
        }
        known.push(self.own_address(entry, &devices.address)?);
        if let Some((negated, name)) = &devices.name {
            let device = match name.known() {
                Some(name) => Known::Is(Interface::from(name)),
                None => Known::Unknown(name.clone()),
            };
            let own =
                crate::model::Match { negated: *negated, test: Test::OutInterface(device), place: entry.rule.place };
            let rule = Arc::new(Rule { matches: vec![own], ..Rule::new(entry.rule.place) });
            self.matching(Spot { rule: &rule, number: 0 }, &mut known);
        }
        Some(known)
    }

    fn own_address(&mut self, entry: &Entry, (negated, address): &(bool, Value)) -> Option<Condition> {
        let (check, test) = match address.known() {
            Some(text) => {
                let network = Network::of_device(text)?;
                (Check::OwnAddress(network), Test::Source(Known::Is(Address::V4(network))))
            }
            None => (Check::Unknown, Test::Source(Known::Unknown(address.clone()))),
        };
        let reason = Reason::Value(address.to_string(), entry.rule.place);
        let unknown = self.shared(Identity::Own(test), |_| reason);
        Some(Condition { negated: *negated, check, unknown })
    }
}

/// Whether a test is the same in all rounds.
fn stays(test: &Test, rounds: &Rounds) -> bool {
    let mut unknowns = test.unknown_values().into_iter().flat_map(Value::unknowns);
    // The output of a command that has no variable may be another one each time.
    unknowns.all(|own| {
        !own.name.starts_with(['$', '`', '<'])
            && !own.name.is_empty()
            && own.id != u32::MAX
            && !rounds.loops.changes(&own.name)
    })
}

/// Whether a test asks for a value that was too long or had too many alternatives to be followed.
fn is_lost(test: &Test) -> bool {
    test.unknown_values().into_iter().flat_map(Value::unknowns).any(|own| own.id == u32::MAX)
}
