//! What each rule of a chain is for: the packets that it matches, and those that come to it.
//!
//! A chain is looked at on its own, for any packet that may ever be asked: any state, mark and device,
//! whatever other chains have made of it. What a rule changes is not known any more afterwards, so what is
//! said holds for every caller. The work is counted; past the limit nothing is said.

use std::collections::HashSet;

use super::bits::{self, Bits};
use super::test::Looks;
use super::view::{Device, Ends, View, place};
use super::{Classes, Connections, Names, Space};
use crate::eval::Conditions;
use crate::logic::Formula;
use crate::model::Ruleset;
use crate::packet::oracle::UnknownId;
use crate::packet::program::{Action, Jump, Program, Rule, Ruling};
use crate::packet::{Filter, Path, State};
use crate::text::Place;

/// So many nodes of diagrams are made for a ruleset.
const BUDGET: usize = 400_000;

/// So many rules are asked.
const MOST_RULES: usize = 200_000;

/// Deeper jumps are not followed.
const DEEPEST: usize = 32;

/// So many rules of a chain are compared with those behind them.
const MOST_COMPARED: usize = 400;

/// A rule of which something can be said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idle {
    /// The command that made it.
    pub place: Place,
    /// Its chain.
    pub chain: String,
    /// Why it has no effect.
    pub why: Why,
}

/// Why a rule has no effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// No packet can match it.
    Impossible,
    /// These rules of the chain decide all its packets.
    Covered {
        /// The rules, none of which could be left out; the first rule that covers it alone, where one does.
        by: Vec<Place>,
        /// They all do the opposite of what it would.
        opposite: bool,
    },
    /// These rules behind it would do the same with all its packets.
    Repeated {
        /// The rules.
        by: Vec<Place>,
    },
}

/// The rules without effect.
pub fn idle(ruleset: &Ruleset, conditions: &mut Conditions) -> Vec<Idle> {
    let filter = Filter::new(ruleset, &mut conditions.formulas, Formula::TRUE);
    let names = Names::of(&filter, conditions);
    let program = filter.program();
    let mut space = Space::new(Classes::of(&[&filter]), BUDGET);
    let mut found = Vec::new();
    let mut alive: HashSet<Place> = HashSet::new();
    let mut rules = 0;
    for chain in program.chains.iter().filter(|chain| !chain.order_uncertain) {
        let view = any_packet(&mut space);
        let mut study = Study { space: &mut space, program, names: &names, view, rules };
        for (rule, why) in study.chain(&chain.rules) {
            match why {
                Some(why) => found.push(Idle { place: rule.place, chain: chain.name.to_string(), why }),
                None => drop(alive.insert(rule.place)),
            }
        }
        rules = study.rules;
    }
    // A command may make several rules; it is idle where all of them are.
    found.retain(|own: &Idle| !alive.contains(&own.place));
    found
}

/// A packet of which nothing is known.
fn any_packet(space: &mut Space) -> View {
    let mut view = View::new(space, Connections::First);
    // A chain without one of the devices is asked as for one that no rule names.
    view.arrival = Device::Class(space.fields.arrival.clone());
    view.departure = Device::Class(space.fields.departure.clone());
    view.mark = space.lost("a mark", 32);
    view.connection_mark = space.lost("a connection's mark", 32);
    view.first = any_ends(space);
    view.answer = any_ends(space);
    view.reply = space.fields.reply;
    view.states = any_states(space);
    view
}

fn any_ends(space: &mut Space) -> Ends {
    Ends {
        source: space.lost("an address", 32),
        source_port: space.lost("a port", 16),
        destination: space.lost("an address", 32),
        destination_port: space.lost("a port", 16),
    }
}

/// One of the states, whichever.
fn any_states(space: &mut Space) -> [Formula; 5] {
    let number: Bits = space.lost("a state", 2);
    let untracked = space.alone("a state");
    let mut states = [Formula::FALSE; 5];
    for (at, state) in [State::New, State::Established, State::Related, State::Invalid].into_iter().enumerate() {
        let own = bits::is(&mut space.f, &number, at as u32);
        states[place(state)] = space.f.and_not(own, untracked);
    }
    states[place(State::Untracked)] = untracked;
    states
}

struct Study<'s, 'p> {
    space: &'s mut Space,
    program: &'p Program,
    names: &'p Names,
    view: View,
    rules: usize,
}

/// A rule with its packets.
struct Reached<'p> {
    rule: &'p Rule,
    /// Those that it matches, wherever they end.
    own: Formula,
    /// Those of them that come to it.
    hit: Formula,
    /// Those that go no further in this chain.
    gone: Formula,
}

impl<'p> Study<'_, 'p> {
    /// Each rule of the chain, and why it has no effect if that is so.
    fn chain(&mut self, rules: &'p [Rule]) -> Vec<(&'p Rule, Option<Why>)> {
        let all = self.all(rules);
        let mut judged = Vec::new();
        for (at, reached) in all.iter().enumerate() {
            judged.push((reached.rule, self.judge(&all, at)));
        }
        // The rest was too much work, so nothing is idle there.
        judged.extend(rules.iter().skip(all.len()).map(|rule| (rule, None)));
        judged
    }

    fn all(&mut self, rules: &'p [Rule]) -> Vec<Reached<'p>> {
        let mut left = self.space.domain;
        let mut all = Vec::new();
        for rule in rules {
            self.rules += 1;
            if left == Formula::UNDECIDED || self.rules > MOST_RULES {
                break;
            }
            let own = self.matching(rule);
            let own = self.space.f.and(own, self.space.domain);
            let hit = self.space.f.and(own, left);
            let gone = self.gone(rule, hit, &mut Vec::new());
            left = self.space.f.and_not(left, gone);
            all.push(Reached { rule, own, hit, gone });
        }
        all
    }

    fn judge(&mut self, all: &[Reached<'p>], at: usize) -> Option<Why> {
        let Reached { rule, own, hit, .. } = all[at];
        if own == Formula::UNDECIDED || hit == Formula::UNDECIDED {
            return None;
        }
        if own.is_false() {
            return Some(Why::Impossible);
        }
        if hit.is_false() {
            return Some(self.covered(&all[..at], rule, own));
        }
        if all.len() > MOST_COMPARED { None } else { self.repeated(&all[at + 1..], rule, hit) }
    }

    fn covered(&mut self, earlier: &[Reached<'p>], rule: &Rule, own: Formula) -> Why {
        let alive = earlier.iter().filter(|other| !other.hit.is_false());
        let takers: Vec<_> = alive.map(|other| (other.rule, self.taken(other, own))).collect();
        let by = match takers.iter().find(|(_, taken)| *taken == own) {
            Some((alone, _)) => vec![*alone],
            None => self.needed(&takers, own),
        };
        let opposite = !by.is_empty() && by.iter().all(|other| are_opposite(&rule.jump, &other.jump));
        Why::Covered { by: by.iter().map(|other| other.place).collect(), opposite }
    }

    /// The packets of `own` that would go no further than the other rule, whatever stands before it.
    fn taken(&mut self, other: &Reached<'p>, own: Formula) -> Formula {
        let takes = match other.rule.jump {
            Jump::Return | Jump::Rule(_) | Jump::Goto(_) => other.own,
            Jump::Next | Jump::Unknown(_) | Jump::Call(_) => other.gone,
        };
        self.space.f.and(own, takes)
    }

    /// As many of the rules as it takes to cover `own`; of those that cover the same, the later ones.
    fn needed(&mut self, takers: &[(&'p Rule, Formula)], own: Formula) -> Vec<&'p Rule> {
        let f = &mut self.space.f;
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

    /// Whether rules behind this one would do the same, and nothing else, with its packets.
    fn repeated(&mut self, later: &[Reached<'p>], rule: &Rule, hit: Formula) -> Option<Why> {
        let Jump::Rule(ruling) = &rule.jump else { return None };
        let program = self.program;
        let plain = |rule: &Rule| {
            let stateful = rule.conditions.iter().any(|own| is_stateful(program, own.unknown));
            rule.actions.is_empty() && !rule.many && !stateful
        };
        if !plain(rule) {
            return None;
        }
        let (mut rest, mut by) = (hit, Vec::new());
        for other in later {
            let both = self.space.f.and(rest, other.own);
            if both == Formula::UNDECIDED {
                return None;
            }
            if both.is_false() || matches!(other.rule.jump, Jump::Next) && plain(other.rule) {
                continue;
            }
            if !matches!(&other.rule.jump, Jump::Rule(own) if own == ruling) || !plain(other.rule) {
                return None;
            }
            by.push(other.rule.place);
            rest = self.space.f.and_not(rest, both);
            if rest.is_false() {
                return Some(Why::Repeated { by });
            }
        }
        None
    }

    /// The packets that the rule matches.
    fn matching(&mut self, rule: &Rule) -> Formula {
        let mut all = Formula::TRUE;
        for condition in rule.conditions.iter().rev() {
            let own = if is_stateful(self.program, condition.unknown) {
                // It may come out otherwise each time.
                self.space.alone("a test")
            } else {
                // Sent packets are those of whose destination the way tells nothing.
                let Self { space, program, names, view, .. } = self;
                Looks { space, view, path: Path::Sent, program, names }.condition(condition)
            };
            all = self.space.f.and(own, all);
        }
        all
    }

    /// Those of the packets that match the rule for which the chain certainly ends with it.
    fn gone(&mut self, rule: &'p Rule, hit: Formula, way: &mut Vec<usize>) -> Formula {
        if hit.is_false() {
            return Formula::FALSE;
        }
        rule.actions.iter().for_each(|action| self.forget(*action));
        match &rule.jump {
            Jump::Next | Jump::Unknown(_) => Formula::FALSE,
            Jump::Return | Jump::Rule(_) => hit,
            Jump::Call(chain) => {
                let back = self.back(*chain, hit, way);
                self.space.f.and_not(hit, back)
            }
            // Whoever went there does not come back to this chain.
            Jump::Goto(chain) => {
                self.back(*chain, hit, way);
                hit
            }
        }
    }

    /// Those of the packets that may come back out of the chain.
    fn back(&mut self, chain: usize, set: Formula, way: &mut Vec<usize>) -> Formula {
        let own = &self.program.chains[chain];
        if way.contains(&chain) || way.len() > DEEPEST || own.order_uncertain {
            self.forget_all();
            return set;
        }
        way.push(chain);
        let (mut left, mut over) = (set, Formula::FALSE);
        for rule in &own.rules {
            self.rules += 1;
            if self.rules > MOST_RULES || left == Formula::UNDECIDED {
                left = Formula::UNDECIDED;
                break;
            }
            let matching = self.matching(rule);
            let hit = self.space.f.and(left, matching);
            let gone = self.gone(rule, hit, way);
            let returned = match &rule.jump {
                Jump::Return | Jump::Goto(_) => hit,
                _ => Formula::FALSE,
            };
            over = self.space.f.or(over, returned);
            left = self.space.f.and_not(left, gone);
        }
        way.pop();
        self.space.f.or(over, left)
    }

    /// What an action changes is not known any more.
    fn forget(&mut self, action: Action) {
        if action != Action::Log {
            self.forget_all();
        }
    }

    fn forget_all(&mut self) {
        self.view.mark = self.space.lost("a mark", 32);
        self.view.connection_mark = self.space.lost("a connection's mark", 32);
        self.view.tos = self.space.lost("a TOS byte", 8);
        self.view.states = any_states(self.space);
        self.view.changes += 1;
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
        Jump::Rule(Ruling::Deny | Ruling::Reject(_)) => Some(false),
        _ => None,
    };
    opens(one).zip(opens(other)).is_some_and(|(one, other)| one != other)
}
