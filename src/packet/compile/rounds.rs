//! Rules that are there for each round of a loop over something unknown.
//!
//! Whether one of them fits a packet is one question, the same wherever the same tests are made in the
//! same rounds.

use std::sync::Arc;

use super::iptables::LOGGING;
use super::{Compiler, Identity, Spot};
use crate::logic::Formula;
use crate::model::{
    Address, Devices, Effect, Entry, Interface, Known, Loops, Network, Rounds, Rule, Target, Test, Value,
};
use crate::packet::Reason;
use crate::packet::check::{Check, Condition};
use crate::packet::unknown::Repeated;

/// The loops, by their number, whose rules stand together and all do the same, so that their order does not count.
pub(super) fn steady(entries: &[Entry]) -> Vec<u32> {
    let number = |entry: &Entry| entry.rounds.as_ref().map(|rounds| rounds.loops.number);
    let (mut found, mut over): (Vec<u32>, Vec<u32>) = (Vec::new(), Vec::new());
    for group in entries.chunk_by(|one, other| number(one) == number(other)) {
        let Some(own) = group.first().and_then(number) else { continue };
        let fits = group.iter().all(|entry| is_plain(&entry.rule) || is_by_device(entry)) && agree(group);
        if fits && !over.contains(&own) && !found.contains(&own) {
            found.push(own);
        } else {
            found.retain(|known| *known != own);
        }
        over.push(own);
    }
    found
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
    let logs = |target: &&Target| !target.name.known().is_some_and(|name| LOGGING.contains(&name));
    let mut targets = group.iter().filter_map(|entry| entry.rule.target.as_ref()).filter(logs);
    let Some(first) = targets.next() else { return true };
    targets.all(|own| (&own.name, &own.options, own.goto) == (&first.name, &first.options, first.goto))
}

impl Compiler<'_> {
    /// Makes the conditions and tests of a rule those of all rounds together.
    pub(super) fn repeated(
        &mut self,
        (entry, rounds): (&Entry, Option<&Rounds>),
        conditions: &mut Vec<Condition>,
        tests: &mut Vec<Condition>,
    ) {
        let all = match rounds {
            Some(Rounds { loops, every: true }) if let Some(devices) = &loops.devices => {
                self.of_devices(entry, devices, tests)
            }
            Some(rounds) => self.of_rounds(entry, rounds, tests),
            None => None,
        };
        match all {
            Some(all) => {
                if rounds.is_some_and(|rounds| !rounds.every) {
                    conditions.clear();
                }
                *tests = all;
            }
            None => conditions.push(self.open(Reason::Repetition(entry.rule.place))),
        }
    }

    /// The tests of a rule in some round: those that may be others in each are one question together.
    fn of_rounds(&mut self, entry: &Entry, rounds: &Rounds, tests: &[Condition]) -> Option<Vec<Condition>> {
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
        let repeated = Repeated { over: over.clone(), broken: broken.clone(), tests: open, guard };
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
