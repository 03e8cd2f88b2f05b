//! One chain under study: which packets come to its rules, and which of them go no further.
//!
//! A rule has an effect if one packet comes to it, and for most rules such a packet is found among the
//! few rules whose bounds hold it. Only where that fails are sets of packets worked out, and then only
//! those of the rules in question.

mod matched;
mod repeated;

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::rc::Rc;

use super::bits::Bits;
use super::bounds::{self, Bounds, Point};
use super::idle::{Chains, Why};
use super::nearby::Nearby;
use super::space::Space;
use super::view::{View, place};
use crate::logic::Formula;
use crate::packet::State;
use crate::packet::check::{Condition, state_bit};
use crate::packet::oracle::UnknownId;
use crate::packet::program::{Chain, Jump, Policy, Program, Rule, Ruling};
use crate::packet::unknown::Identity;
use crate::text::Place;

/// So many are made for a ruleset before no further chain is begun.
const MOST_NODES: usize = 2_000_000;

/// So many rules are asked in the chains that others call.
const MOST_RULES: usize = 200_000;

/// The bounds of so many rules are looked at.
const MOST_LOOKS: usize = 50_000_000;

/// Taking the packets of one rule from those of another is as much work as so many looks.
const SUBTRACTION: usize = 50;

/// So many rules of a chain are compared with those behind them.
const MOST_COMPARED: usize = 400;

/// How much was done for all chains together.
#[derive(Default)]
pub(super) struct Work {
    /// Rules of other chains that were asked.
    rules: usize,
    /// Rules whose bounds were looked at.
    looks: Cell<usize>,
    /// Nodes of diagrams.
    nodes: usize,
}

impl Work {
    fn is_too_much(&self) -> bool {
        self.rules > MOST_RULES || self.looks.get() > MOST_LOOKS || self.nodes > MOST_NODES
    }
}

/// One chain under study: what it takes to judge its rules is worked out as it is asked for.
pub(super) struct Study<'c, 'p> {
    all: &'c Chains<'p>,
    rules: &'p [Rule],
    policies: &'p [Policy],
    is_unordered: bool,
    bounds: &'c [Bounds],
    nearby: Nearby<'c>,
    space: Option<Space>,
    /// For each rule, when it is asked.
    moments: Vec<Moment>,
    /// The newest moment.
    latest: Moment,
    /// The packets as they are at the moments at which a test has looked at what rules may change.
    views: HashMap<Moment, Rc<View>>,
    /// The packets that each rule matches, wherever they end.
    own: Vec<Option<Formula>>,
    /// Those of them that would go no further in this chain.
    gone: Vec<Option<Formula>>,
    work: &'c mut Work,
}

/// From one change of the packets to the next one; at the first moment nothing has changed them yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Moment(u32);

/// What becomes of a rule's packets before they come to it.
enum Fate {
    /// This packet comes to it.
    Reached(Point),
    /// None does.
    Idle(Why),
    /// It was too much work.
    Unknown,
}

impl<'c, 'p> Study<'c, 'p> {
    pub(super) fn new(all: &'c Chains<'p>, chain: usize, work: &'c mut Work) -> Self {
        let Chain { rules, policies, order_uncertain, .. } = &all.program.chains[chain];
        let bounds = &*all.bounds[chain];
        let none = || vec![None; rules.len()];
        Self {
            all,
            rules,
            policies,
            is_unordered: *order_uncertain,
            bounds,
            nearby: Nearby::new(bounds),
            space: None,
            moments: Vec::with_capacity(rules.len()),
            latest: Moment::default(),
            views: HashMap::new(),
            own: none(),
            gone: none(),
            work,
        }
    }

    /// The same with sets in a space that other chains have used; `disturbed` says that the packets may have been
    /// changed before the first rule.
    pub(super) fn within(
        all: &'c Chains<'p>,
        chain: usize,
        work: &'c mut Work,
        (space, disturbed): (Space, bool),
    ) -> Self {
        let mut study = Self { space: Some(space), ..Self::new(all, chain, work) };
        let mut moment = if disturbed { study.change() } else { Moment::default() };
        for at in 0..study.rules.len() {
            study.moments.push(moment);
            if study.may_change(at) {
                moment = study.change();
            }
        }
        study
    }

    /// The space with all sets that were made.
    pub(super) fn into_space(self) -> Space {
        self.space.unwrap_or_else(|| self.all.space.clone())
    }

    /// Why each rule of the chain has no effect, if that is so; whether rules behind it do the same is
    /// looked at where `repetitions` says so. The policies follow where `policies` says so.
    pub(super) fn judge(mut self, repetitions: bool, policies: bool) -> Vec<(Place, Option<Why>)> {
        let (mut fates, mut moment) = (Vec::new(), Moment::default());
        for at in 0..self.rules.len() {
            self.moments.push(moment);
            let fate = self.fate(at, &fates);
            if !matches!(fate, Fate::Idle(_)) && self.may_change(at) {
                moment = self.change();
            }
            fates.push(fate);
        }
        let judged = (0..fates.len()).map(|at| match &mut fates[at] {
            Fate::Idle(why) => Some(why.clone()),
            Fate::Reached(point) if repetitions => {
                let point = *point;
                self.repeated(at, &point, &fates)
            }
            Fate::Reached(_) | Fate::Unknown => None,
        });
        let judged: Vec<_> = judged.collect();
        let mut judged: Vec<_> = self.rules.iter().map(|rule| rule.place).zip(judged).collect();
        if policies {
            judged.extend(self.policies(&fates));
        }
        let before = self.all.space.f.size();
        self.work.nodes += self.space.map_or(0, |space| space.f.size() - before);
        judged
    }

    fn fate(&mut self, at: usize, before: &[Fate]) -> Fate {
        if self.work.is_too_much() {
            return Fate::Unknown;
        }
        let mut samples = bounds::samples(&self.rules[at], &self.bounds[at], self.all.program);
        match samples.find(|point| self.takers(at, point, before).next().is_none()) {
            Some(point) => Fate::Reached(point),
            None => self.search(at, before),
        }
    }

    /// The rules before this one that may keep a packet from it.
    fn takers(&self, at: usize, point: &Point, before: &[Fate]) -> impl Iterator<Item = usize> {
        self.nearby.at(point, 0..at, &self.work.looks).filter(|other| self.takes(*other, before))
    }

    fn takes(&self, at: usize, fates: &[Fate]) -> bool {
        !matches!(self.rules[at].jump, Jump::Next | Jump::Unknown(_)) && !matches!(fates.get(at), Some(Fate::Idle(_)))
    }

    /// What becomes of each policy that the file sets.
    fn policies(&mut self, fates: &[Fate]) -> Vec<(Place, Option<Why>)> {
        let set = self.policies.iter().filter_map(|policy| Some((policy.place?, policy.condition.as_ref())));
        let mut judged = Vec::new();
        for (place, condition) in set.collect::<Vec<_>>() {
            let there = condition.map_or(Formula::TRUE, |own| self.condition(own, Moment::default()));
            let space = self.space();
            let own = space.f.and(there, space.domain);
            let why = match self.uncovered(self.rules.len(), own, fates) {
                Fate::Idle(Why::Covered { by, .. }) => Some(Why::Unasked { by }),
                _ => None,
            };
            judged.push((place, why));
        }
        judged
    }

    fn search(&mut self, at: usize, before: &[Fate]) -> Fate {
        let own = self.own(at);
        if own.is_false() { Fate::Idle(Why::Impossible) } else { self.uncovered(at, own, before) }
    }

    /// Looks for a packet of `own` that comes past the rules before: takes one of them, and all those that the
    /// rules which may keep that one do keep, until a packet has no such rules or none is left.
    fn uncovered(&mut self, at: usize, own: Formula, before: &[Fate]) -> Fate {
        let (mut rest, mut taken) = (own, BTreeSet::new());
        while let Some(point) = self.point(rest) {
            let takers: Vec<usize> = self.takers(at, &point, before).filter(|other| taken.insert(*other)).collect();
            if takers.is_empty() {
                return Fate::Reached(point);
            }
            *self.work.looks.get_mut() += takers.len() * SUBTRACTION;
            for other in takers {
                let gone = self.gone(other);
                rest = self.space().f.and_not(rest, gone);
            }
        }
        if rest.is_false() { Fate::Idle(self.covered(at, own, &taken, before)) } else { Fate::Unknown }
    }

    /// A packet of the set; none where it is empty or there was too much work.
    fn point(&mut self, set: Formula) -> Option<Point> {
        if self.work.is_too_much() {
            return None;
        }
        let states = self.all.view.states;
        let Space { f, fields: own, .. } = self.space();
        let ports = [&own.source_port, &own.destination_port];
        let fields = [&own.protocol, &own.source, &own.destination, ports[0], ports[1], &own.arrival, &own.departure];
        let chosen: HashMap<_, _> = f.example(set)?.into_iter().collect();
        let holds = |formula: Formula| {
            let mut at = formula;
            while let Some((variable, low, high)) = f.decision(at) {
                at = if chosen.get(&variable).copied().unwrap_or(false) { high } else { low };
            }
            at.is_true()
        };
        let number = |bits: &Bits| bits.iter().fold(0, |all, own| all << 1 | u32::from(holds(*own)));
        let state = State::NAMES.iter().find(|(_, state)| holds(states[place(*state)]));
        Some(Point { fields: fields.map(number), state: state.map_or(1, |(_, state)| state_bit(*state)) })
    }

    fn covered(&mut self, at: usize, own: Formula, taken: &BTreeSet<usize>, before: &[Fate]) -> Why {
        let alone = taken.iter().copied().find(|other| self.taken(*other, own) == own);
        let by = match alone {
            Some(alone) => vec![alone],
            None => {
                let takers = self.meeting(at, 0..at).into_iter().filter(|other| self.takes(*other, before));
                let takers: Vec<usize> = takers.collect();
                let takers = takers.into_iter().map(|other| (other, self.taken(other, own))).collect();
                self.needed(takers, own)
            }
        };
        let rules = self.rules;
        let opposes = |other: &usize| rules.get(at).is_some_and(|own| are_opposite(&own.jump, &rules[*other].jump));
        let opposite = !by.is_empty() && by.iter().all(opposes);
        Why::Covered { by: by.iter().map(|other| rules[*other].place).collect(), opposite }
    }

    /// Those of some rules that may have packets in common with this one; all with the policy.
    fn meeting(&self, at: usize, numbers: Range<usize>) -> Vec<usize> {
        match self.bounds.get(at) {
            Some(own) => self.nearby.meeting(own, numbers, &self.work.looks),
            None => numbers.collect(),
        }
    }

    /// The packets of `own` that would go no further than the other rule, whatever stands before it.
    fn taken(&mut self, other: usize, own: Formula) -> Formula {
        let gone = self.gone(other);
        self.space().f.and(own, gone)
    }

    /// As many of the rules as it takes to cover `own`; of those that cover the same, the later ones.
    fn needed(&mut self, takers: Vec<(usize, Formula)>, own: Formula) -> Vec<usize> {
        let f = &mut self.space().f;
        let mut behind = vec![Formula::FALSE];
        for (_, taken) in takers.iter().rev() {
            let rest = f.or(*taken, behind[behind.len() - 1]);
            behind.push(rest);
        }
        let (mut needed, mut covered) = (Vec::new(), Formula::FALSE);
        for ((rule, taken), rest) in takers.iter().zip(behind.iter().rev().skip(1)) {
            let without = f.or(covered, *rest);
            if !f.and_not(own, without).is_false() {
                covered = f.or(covered, *taken);
                needed.push(*rule);
            }
        }
        needed
    }

    fn space(&mut self) -> &mut Space {
        self.space.get_or_insert_with(|| self.all.space.clone())
    }

    /// The packets that come to the rule and match it, and perhaps more, of those that come to its chain.
    pub(super) fn comers(&mut self, at: usize, arriving: Formula) -> Formula {
        let own = self.own(at);
        let mut rest = self.space().f.and(own, arriving);
        let others = self.meeting(at, 0..at);
        let others: Vec<usize> = others.into_iter().filter(|other| self.takes(*other, &[])).collect();
        if self.is_unordered || others.len() > MOST_COMPARED {
            return rest;
        }
        for other in others {
            let gone = self.gone(other);
            if self.work.is_too_much() || gone == Formula::UNDECIDED {
                return Formula::UNDECIDED;
            }
            rest = self.space().f.and_not(rest, gone);
        }
        rest
    }

    /// The conditions of a rule, and whether all packets meet them that come to its chain, in the runs in which
    /// it is there, whatever stands before it.
    pub(super) fn guaranteed(&mut self, at: usize, arriving: Formula) -> Vec<(&'p Condition, bool)> {
        let (moment, rule, unknowns) = (self.moments[at], &self.rules[at], &self.all.program.unknowns);
        let conditions: Vec<_> = rule.conditions.iter().map(|own| (own, self.condition(own, moment))).collect();
        let mut there = arriving;
        for (condition, own) in &conditions {
            let unknown = unknowns.get(condition.unknown.0 as usize);
            if unknown.is_some_and(|unknown| matches!(unknown.open(), Some(Identity::Guard(_)))) {
                there = self.space().f.and(there, *own);
            }
        }
        conditions.into_iter().map(|(condition, own)| (condition, self.space().f.implies(there, own))).collect()
    }
}

/// Whether the same packet may get another answer the next time.
fn is_stateful(program: &Program, unknown: UnknownId) -> bool {
    program.unknowns.get(unknown.0 as usize).is_some_and(|own| own.stateful)
}

/// Whether one lets packets through that the other one keeps out.
fn are_opposite(one: &Jump, other: &Jump) -> bool {
    let opens = |jump: &Jump| match jump {
        Jump::Rule(Ruling::Accept | Ruling::Masquerade | Ruling::Redirect(_)) => Some(true),
        Jump::Rule(ruling) if ruling.keeps_out() => Some(false),
        _ => None,
    };
    opens(one).zip(opens(other)).is_some_and(|(one, other)| one != other)
}
