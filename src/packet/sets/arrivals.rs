//! What comes to user chains: the packets that the rules of other chains send there.
//!
//! Chains are looked at from the built-in ones downwards, callers first. What comes to a chain may be less than
//! what is worked out here, but never more; a chain that calls itself, and whatever it calls, is left out.

use super::idle::{Chains, callee};
use super::study::{Study, Work};
use super::{Gate, Space};
use crate::logic::Formula;
use crate::model::{Ruleset, Test};
use crate::packet::check::Condition;
use crate::packet::program::Program;
use crate::packet::unknown::Identity;

/// So many nodes of diagrams are made for all chains together.
const BUDGET: usize = 1_000_000;

/// What comes to a user chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrivals {
    /// It cannot be told.
    Unknown,
    /// No packet, although rules jump there.
    None,
    /// Packets of which something is known, for each rule of the chain where that was asked for.
    Some(Vec<Tests>),
}

/// The tests of a rule, each with its negation, as far as the same packet always gets the same answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tests {
    /// Those that every packet passes which comes to the chain, whatever stands before the rule.
    pub sure: Vec<(bool, Test)>,
    /// The others.
    pub unsure: Vec<(bool, Test)>,
}

/// What comes to each chain, in the order of the tables and their chains.
///
/// Rules that are there in no run are left out. The gate holds the others as they are in any run.
/// What the packets say of the tests of each rule is only worked out where `tests` says so.
pub fn arrivals(ruleset: &Ruleset, gate: &Gate, tests: bool) -> Vec<Arrivals> {
    let chains = ruleset.tables.iter().flat_map(|table| &table.chains);
    let builtin: Vec<bool> = chains.map(|chain| chain.builtin).collect();
    let all = Chains::of(gate, BUDGET);
    let (space, work) = (Some(all.space.clone()), Work::default());
    let none = vec![Formula::FALSE; builtin.len()];
    let mut flow = Flow { all: &all, tests, space, work, arriving: none, disturbed: vec![false; builtin.len()] };
    let mut found = vec![Arrivals::Unknown; builtin.len()];
    for chain in callers_first(all.program, builtin.len()) {
        found[chain] = flow.through(chain, builtin[chain]);
    }
    found
}

/// The chains that are in no circle and behind none, each after all that call it.
fn callers_first(program: &Program, count: usize) -> Vec<usize> {
    let callees = |chain: usize| program.chains[chain].rules.iter().filter_map(callee).filter(|own| *own < count);
    let mut open = vec![0; count];
    (0..count).flat_map(callees).for_each(|callee| open[callee] += 1);
    let mut order: Vec<usize> = (0..count).filter(|chain| open[*chain] == 0).collect();
    let mut at = 0;
    while let Some(chain) = order.get(at).copied() {
        for callee in callees(chain) {
            open[callee] -= 1;
            if open[callee] == 0 {
                order.push(callee);
            }
        }
        at += 1;
    }
    order
}

/// All packets on their way down.
struct Flow<'c, 'p> {
    all: &'c Chains<'p>,
    tests: bool,
    /// One for all chains; the chain at hand has it.
    space: Option<Space>,
    work: Work,
    /// The packets that come to each chain, as far as its callers were looked at.
    arriving: Vec<Formula>,
    /// Rules of callers may have changed the packets.
    disturbed: Vec<bool>,
}

impl Flow<'_, '_> {
    /// Sends the packets of a chain on, and says what is known of them.
    fn through(&mut self, chain: usize, builtin: bool) -> Arrivals {
        let arriving = if builtin { Formula::TRUE } else { self.arriving[chain] };
        let rules = &self.all.program.chains[chain].rules;
        if arriving.is_false() || arriving == Formula::UNDECIDED && rules.iter().all(|rule| callee(rule).is_none()) {
            return if arriving.is_false() { Arrivals::None } else { Arrivals::Unknown };
        }
        let all = self.all;
        let space = self.space.take().unwrap_or_else(|| all.space.clone());
        let mut study = Study::within(all, chain, &mut self.work, (space, self.disturbed[chain]));
        let mut sent = Vec::new();
        for (at, rule) in rules.iter().enumerate() {
            if let Some(callee) = callee(rule) {
                sent.push((callee, study.comers(at, arriving)));
            }
        }
        let says_something = !builtin && arriving != Formula::UNDECIDED;
        let known = (0..rules.len()).filter(|_| says_something && self.tests);
        let known: Vec<Tests> = known.map(|at| tests(all.program, study.guaranteed(at, arriving))).collect();
        let mut space = study.into_space();
        for (callee, set) in sent {
            self.disturbed[callee] |= self.disturbed[chain] || all.restless[chain];
            self.arriving[callee] = space.f.or(self.arriving[callee], set);
        }
        self.space = Some(space);
        if says_something { Arrivals::Some(known) } else { Arrivals::Unknown }
    }
}

/// The tests of the model that conditions stand for, by whether they are sure.
fn tests(program: &Program, conditions: Vec<(&Condition, bool)>) -> Tests {
    let mut tests = Tests::default();
    for (condition, sure) in conditions {
        let unknown = program.unknowns.get(condition.unknown.0 as usize);
        if let Some(Identity::Test(test)) = unknown.map(|own| own.identity()).as_deref() {
            let side = if sure { &mut tests.sure } else { &mut tests.unsure };
            side.push((condition.negated, test.clone()));
        }
    }
    tests
}
