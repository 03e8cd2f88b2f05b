//! Takes sets of packets through chains, as [`super::super::walk`] takes one packet.
//!
//! A packet is at one place at a time, so one [`View`] serves all: what a rule changes,
//! it changes for the packets that come to it and match.

use std::collections::{BTreeMap, HashMap};

use super::bits;
use super::bounds::Bounds;
use super::names::Names;
use super::space::Space;
use super::test::Looks;
use super::view::{View, place};
use crate::logic::Formula;
use crate::packet::frame::Frame;
use crate::packet::oracle::UnknownId;
use crate::packet::program::{Action, Jump, Policy, Program, Rule, Ruling};
use crate::packet::walk::Loops;
use crate::packet::{Path, Reason, State};
use crate::text::Place;

/// So many rules are asked for all sets together.
const MOST_RULES: usize = 20_000_000;

/// A program with the names of its unknowns.
#[derive(Clone, Copy)]
pub(super) struct Asked<'p> {
    pub(super) program: &'p Program,
    pub(super) names: &'p Names,
    pub(super) loops: Loops,
    /// Whether it keeps which packets are logged or counted.
    pub(super) tells: bool,
}

/// The packets that rules match, by the numbers of chain and rule, with the changes of the view before.
pub(super) type Matching = HashMap<(usize, usize), (u32, Formula)>;

/// A walk of all packets of a path.
pub(super) struct Walk<'s, 'p> {
    pub(super) space: &'s mut Space,
    pub(super) asked: Asked<'p>,
    pub(super) view: View,
    pub(super) path: Path,
    /// Packets whose fate cannot be told, and why.
    pub(super) lost: Vec<(Formula, Reason)>,
    /// Packets that come to tests that depend on earlier packets.
    pub(super) comers: BTreeMap<UnknownId, Formula>,
    /// Packets that are logged or counted, by the command of the rule.
    pub(super) told: BTreeMap<Place, Formula>,
    /// Bounds of all packets that are asked for, beside those of all rules, if nothing changes what they are about.
    pub(super) within: Option<(&'p [Vec<Bounds>], Bounds)>,
    /// Whether it is enough to find some packets that get through, or may do so.
    pub(super) until_passage: bool,
    rulings: Vec<(Ruling, Formula)>,
    pub(super) known: Matching,
    /// What came back from chains, by the chain, how deep it was, the packets that came there, and the changes of the
    /// view before. Whoever comes again fares no other way.
    back: HashMap<(usize, usize, Formula, u32), Formula>,
    /// So many jumps led back into a chain that the packets were in.
    circles: usize,
    rules: usize,
}

impl<'s, 'p> Walk<'s, 'p> {
    pub(super) fn new(space: &'s mut Space, asked: Asked<'p>, view: View, path: Path) -> Self {
        let (lost, comers, told, known) = (Vec::new(), BTreeMap::new(), BTreeMap::new(), HashMap::new());
        let (within, until_passage, rulings) = (None, false, Vec::new());
        let (back, circles, rules) = (HashMap::new(), 0, 0);
        Self {
            space,
            asked,
            view,
            path,
            lost,
            comers,
            told,
            within,
            until_passage,
            rulings,
            known,
            back,
            circles,
            rules,
        }
    }

    /// What is known of the rules that come before each change of the packets.
    pub(super) fn known_at_first(&mut self) -> Matching {
        let mut known = std::mem::take(&mut self.known);
        if self.view.changes > 0 {
            known.retain(|_, (changes, _)| *changes == 0);
        }
        known
    }

    /// Asks a built-in chain; gives each of its rulings with the packets that get it.
    pub(super) fn ask(&mut self, chain: usize, set: Formula) -> Vec<(Ruling, Formula)> {
        self.ask_from(chain, 0, set)
    }

    /// Asks it for packets that have come as far as the rule of that number.
    pub(super) fn ask_from(&mut self, chain: usize, first: usize, set: Formula) -> Vec<(Ruling, Formula)> {
        let over = self.chain(chain, first, set, &Frame::first(chain));
        let program = self.asked.program;
        self.policy(&program.chains[chain].policies, over);
        std::mem::take(&mut self.rulings)
    }

    /// Which packets a ruling is for, after [`Walk::ask`].
    fn rule(&mut self, ruling: Ruling, set: Formula) {
        if set.is_false() {
            return;
        }
        match self.rulings.iter_mut().find(|(own, _)| *own == ruling) {
            Some((_, known)) => *known = self.space.f.or(*known, set),
            None => self.rulings.push((ruling, set)),
        }
    }

    fn policy(&mut self, policies: &[Policy], mut set: Formula) {
        for policy in policies {
            let held = match &policy.condition {
                Some(condition) => self.looks().condition(condition),
                None => Formula::TRUE,
            };
            let hit = self.space.f.and(set, held);
            set = self.space.f.and_not(set, held);
            match &policy.jump {
                Jump::Rule(ruling) => self.rule(*ruling, hit),
                Jump::Unknown(unknown) => self.lose(hit, *unknown),
                _ => self.rule(Ruling::Accept, hit),
            }
        }
        self.rule(Ruling::Accept, set);
    }

    /// The packets that a rule is for, but for its tests that depend on earlier packets.
    pub(super) fn meant(&mut self, rule: &Rule) -> Formula {
        let program = self.asked.program;
        let stateful = |id: UnknownId| program.unknowns.get(id.0 as usize).is_some_and(|own| own.stateful);
        let lasting = rule.conditions.iter().filter(|condition| !stateful(condition.unknown));
        lasting.fold(Formula::TRUE, |all, condition| {
            let own = self.looks().condition(condition);
            self.space.f.and(all, own)
        })
    }

    fn looks(&mut self) -> Looks<'_, 'p> {
        let Asked { program, names, .. } = self.asked;
        Looks { space: self.space, view: &self.view, path: self.path, program, names }
    }

    fn lose(&mut self, set: Formula, unknown: UnknownId) {
        let reason = self.asked.program.reason(unknown);
        self.lose_for(set, reason);
    }

    fn lose_for(&mut self, set: Formula, reason: Reason) {
        if !set.is_false() {
            self.lost.push((set, reason));
        }
    }

    /// Takes packets through a chain from one of its rules; gives those that come to its end or to RETURN.
    fn chain(&mut self, number: usize, first: usize, mut set: Formula, frame: &Frame<'_>) -> Formula {
        let program = self.asked.program;
        let chain = &program.chains[number];
        let mut over = Formula::FALSE;
        if frame.is_too_deep() {
            self.lose_for(set, Reason::Endless(chain.name.to_string()));
            return over;
        }
        if chain.order_uncertain {
            self.lose_for(set, Reason::Order(chain.name.to_string()));
            return over;
        }
        for (at, rule) in chain.rules.iter().enumerate().skip(first) {
            if set.is_false() || self.is_answered() {
                break;
            }
            self.rules += 1;
            if set == Formula::UNDECIDED || self.rules > MOST_RULES {
                self.lose_for(set, Reason::TooMany);
                return over;
            }
            let tells = self.asked.tells && rule.tells();
            if rule.is_idle() && !tells || self.is_far(number, at) {
                continue;
            }
            let hit = self.matching(rule, (number, at), set);
            if tells {
                add(self.space, &mut self.told, rule.place, hit);
            }
            if hit.is_false() {
                continue;
            }
            for action in &rule.actions {
                self.act(*action, hit, rule.many);
            }
            let gone = match &rule.jump {
                Jump::Next => continue,
                Jump::Return => {
                    over = self.space.f.or(over, hit);
                    hit
                }
                Jump::Rule(ruling) => {
                    self.rule(*ruling, hit);
                    hit
                }
                Jump::Unknown(unknown) => {
                    self.lose(hit, *unknown);
                    hit
                }
                Jump::Call(chain) => {
                    let before = self.view.changes;
                    let back = self.enter(*chain, hit, frame);
                    if rule.many && self.view.changes != before {
                        self.lose_for(back, Reason::Repetition(rule.place));
                    }
                    self.space.f.and_not(hit, back)
                }
                Jump::Goto(chain) => {
                    let ended = self.enter(*chain, hit, frame);
                    over = self.space.f.or(over, ended);
                    hit
                }
            };
            set = self.space.f.and_not(set, gone);
        }
        self.space.f.or(over, set)
    }

    /// Whether nothing more needs to be known.
    fn is_answered(&self) -> bool {
        self.until_passage && !(self.lost.is_empty() && self.rulings.iter().all(|(ruling, _)| ruling.keeps_out()))
    }

    /// Whether bounds suffice to tell that a rule matches none of the packets.
    fn is_far(&self, chain: usize, rule: usize) -> bool {
        self.within.as_ref().is_some_and(|(rules, asked)| !rules[chain][rule].meet(asked))
    }

    /// Takes packets through a chain that a rule leads to; gives those that come to its end or to RETURN.
    fn enter(&mut self, chain: usize, set: Formula, frame: &Frame<'_>) -> Formula {
        if frame.holds(chain) {
            self.circles += 1;
            match self.asked.loops {
                Loops::Deny => self.rule(Ruling::Deny, set),
                Loops::Impossible => {
                    let name = self.asked.program.chains[chain].name.to_string();
                    self.lose_for(set, Reason::Endless(name));
                }
            }
            return Formula::FALSE;
        }
        let inner = frame.inner(chain);
        let key = (chain, inner.depth, set, self.view.changes);
        if let Some(back) = self.back.get(&key) {
            return *back;
        }
        let circles = self.circles;
        let back = self.chain(chain, 0, set, &inner);
        // In a circle it matters by which chains they came.
        if self.view.changes == key.3 && self.circles == circles {
            self.back.insert(key, back);
        }
        back
    }

    /// The packets of a set that a rule matches.
    fn matching(&mut self, rule: &Rule, key: (usize, usize), set: Formula) -> Formula {
        let changes = self.view.changes;
        if let Some((then, known)) = self.known.get(&key).copied()
            && then == changes
        {
            self.note_comers(rule, set);
            return self.space.f.and(set, known);
        }
        let mut all = Formula::TRUE;
        // From the last test to the first: addresses come before what is seldom looked at.
        for condition in rule.conditions.iter().rev() {
            let own = self.looks().condition(condition);
            all = self.space.f.and(own, all);
        }
        self.known.insert(key, (changes, all));
        self.note_comers(rule, set);
        self.space.f.and(set, all)
    }

    fn note_comers(&mut self, rule: &Rule, set: Formula) {
        let program = self.asked.program;
        let stateful = |id: UnknownId| program.unknowns.get(id.0 as usize).is_some_and(|own| own.stateful);
        let open: Vec<usize> = (0..rule.conditions.len()).filter(|at| stateful(rule.conditions[*at].unknown)).collect();
        for at in open {
            // Tests are asked in turn: earlier ones have sorted packets out.
            let mut come = set;
            for condition in &rule.conditions[..at] {
                let own = self.looks().condition(condition);
                come = self.space.f.and(come, own);
            }
            add(self.space, &mut self.comers, rule.conditions[at].unknown, come);
        }
    }

    fn act(&mut self, action: Action, set: Formula, many: bool) {
        self.view.changes += u32::from(!matches!(action, Action::Log | Action::Note(_)));
        let View { mark, tos, connection_mark, .. } = &self.view;
        let (mark, tos, connection_mark) = (mark.clone(), tos.clone(), connection_mark.clone());
        let again = |keep: u32, turn: u32| many && keep & turn != 0;
        match action {
            Action::Log => {}
            Action::Other(unknown) | Action::Note(unknown) => add(self.space, &mut self.comers, unknown, set),
            Action::Mark { keep, turn } if !again(keep, turn) => self.mark(set, &bits::changed(&mark, keep, turn)),
            Action::AddMark(more) if !many => {
                let sum = bits::plus(&mut self.space.f, &mark, more);
                self.mark(set, &sum);
            }
            Action::Mark { .. } | Action::AddMark(_) | Action::LoseMark => {
                let lost = self.space.lost("a mark", 32);
                self.mark(set, &lost);
            }
            Action::RestoreMark { keep, take } => {
                let (kept, taken) = (bits::changed(&mark, keep, 0), bits::changed(&connection_mark, take, 0));
                let new = bits::turned(&mut self.space.f, &kept, &taken);
                let tracked = self.view.tracked(self.space);
                let set = self.space.f.and(set, tracked);
                self.mark(set, &new);
            }
            Action::Tos { keep, turn } if !again(keep.into(), turn.into()) => {
                let new = bits::changed(&tos, keep.into(), turn.into());
                self.view.tos = bits::choose(&mut self.space.f, set, &new, &tos);
            }
            Action::Tos { .. } | Action::LoseTos => {
                let lost = self.space.lost("a TOS byte", 8);
                self.view.tos = bits::choose(&mut self.space.f, set, &lost, &tos);
            }
            Action::ConnectionMark { keep, turn } => {
                let new = match again(keep, turn) {
                    true => self.space.lost("a connection's mark", 32),
                    false => bits::changed(&connection_mark, keep, turn),
                };
                self.mark_connection(set, &new);
            }
            Action::SaveMark { keep, take } => {
                let (kept, taken) = (bits::changed(&connection_mark, keep, 0), bits::changed(&mark, take, 0));
                let new = bits::turned(&mut self.space.f, &kept, &taken);
                self.mark_connection(set, &new);
            }
            Action::LoseConnectionMark => {
                let lost = self.space.lost("a connection's mark", 32);
                self.mark_connection(set, &lost);
            }
            Action::Untrack => {
                for (at, own) in self.view.states.iter_mut().enumerate() {
                    let new = if at == place(State::Untracked) { Formula::TRUE } else { Formula::FALSE };
                    *own = self.space.f.choose(set, new, *own);
                }
            }
        }
    }

    fn mark(&mut self, set: Formula, new: &[Formula]) {
        self.view.mark = bits::choose(&mut self.space.f, set, new, &self.view.mark);
    }

    fn mark_connection(&mut self, set: Formula, new: &[Formula]) {
        let tracked = self.view.tracked(self.space);
        let set = self.space.f.and(set, tracked);
        self.view.connection_mark = bits::choose(&mut self.space.f, set, new, &self.view.connection_mark);
    }
}

/// Adds packets to those of a key.
fn add<K: Ord>(space: &mut Space, sets: &mut BTreeMap<K, Formula>, key: K, set: Formula) {
    let all = sets.entry(key).or_insert(Formula::FALSE);
    *all = space.f.or(*all, set);
}
