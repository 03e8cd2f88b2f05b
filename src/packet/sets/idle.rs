//! What each rule of a chain is for: the packets that it matches, and those that come to it.
//!
//! A chain is looked at on its own, for any packet that may ever be asked: any state, mark and device,
//! whatever other chains have made of it. What a rule changes is not known any more afterwards, so what is
//! said holds for every caller. The work is counted; past the limit nothing is said.

use std::borrow::Cow;
use std::collections::HashSet;
use std::rc::Rc;

use super::bits::{self, Bits};
use super::bounds::Bounds;
use super::study::{Study, Work};
use super::view::{Device, Ends, View, place};
use super::{Classes, Connections, Gate, Names, Space};
use crate::logic::Formula;
use crate::packet::State;
use crate::packet::program::{Action, Chain, Jump, Program, Rule};
use crate::text::Place;

/// So many nodes of diagrams are made for a chain.
const BUDGET: usize = 400_000;

/// Deeper jumps are not followed.
pub(super) const DEEPEST: usize = 32;

/// A rule, or a policy of the filter table, of which something can be said.
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
    /// It is no rule but the policy of its chain, and these rules decide all packets before it.
    Unasked {
        /// The rules, none of which could be left out; the first rule that decides all alone, where one does.
        by: Vec<Place>,
    },
}

/// The rules without effect; those that others behind them repeat only where `repetitions` says so.
///
/// The gate holds them as they are in any run.
pub fn idle(gate: &Gate, repetitions: bool) -> Vec<Idle> {
    let all = Chains::of(gate, BUDGET);
    let mut work = Work::default();
    let mut found = Vec::new();
    let mut alive: HashSet<Place> = HashSet::new();
    for (at, chain) in all.program.chains.iter().enumerate().filter(|(_, chain)| !chain.order_uncertain) {
        let judged = Study::new(&all, at, &mut work).judge(repetitions, gate.filter.is_of_filter_table(at));
        for (place, why) in judged {
            match why {
                Some(why) => found.push(Idle { place, chain: chain.name.to_string(), why }),
                None => drop(alive.insert(place)),
            }
        }
    }
    // A command may make several rules; it is idle where all of them are.
    found.retain(|own: &Idle| !alive.contains(&own.place));
    found
}

/// A packet of which nothing is known.
pub(super) fn any_packet(space: &mut Space) -> View {
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
pub(super) fn any_states(space: &mut Space) -> [Formula; 5] {
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

/// All chains, before one of them is looked at.
pub(super) struct Chains<'p> {
    pub(super) program: &'p Program,
    pub(super) names: &'p Names,
    /// The bounds of each rule of each chain.
    pub(super) bounds: Vec<Cow<'p, [Bounds]>>,
    /// The chains that may change what later tests see.
    pub(super) restless: Vec<bool>,
    /// Where the sets of each chain begin from.
    pub(super) space: Space,
    pub(super) view: Rc<View>,
}

impl<'p> Chains<'p> {
    /// The chains of the rules, for sets of at most `budget` nodes.
    pub(super) fn of(gate: &'p Gate, budget: usize) -> Self {
        let (program, names) = (gate.filter.program(), &*gate.names);
        let mut space = Space::new(Classes::of(&[&gate.filter]), budget);
        let view = Rc::new(any_packet(&mut space));
        let restless = restless(program);
        // Behind a rule that may change the state, nothing tells which it was.
        let bounds_of = |(bounds, restless): (&'p Vec<Bounds>, &bool)| match restless {
            true => bounds.iter().map(|own| own.in_any_state()).collect(),
            false => Cow::Borrowed(bounds.as_slice()),
        };
        let bounds = gate.bounds.iter().zip(&restless).map(bounds_of).collect();
        Self { program, names, bounds, restless, space, view }
    }
}

/// The chains that change marks, TOS or states, or that are not followed.
fn restless(program: &Program) -> Vec<bool> {
    let mut restless = vec![true; program.chains.len()];
    let mut callers: Vec<Vec<usize>> = vec![Vec::new(); program.chains.len()];
    let callees = |chain: &Chain| -> Vec<usize> { chain.rules.iter().filter_map(callee).collect() };
    let mut open: Vec<usize> = program.chains.iter().map(|chain| callees(chain).len()).collect();
    for (at, chain) in program.chains.iter().enumerate() {
        callees(chain).into_iter().for_each(|callee| callers[callee].push(at));
    }
    // From the chains that call no other upwards; those in a circle are never come to.
    let mut ready: Vec<usize> = (0..open.len()).filter(|at| open[*at] == 0).collect();
    let mut heights = vec![0; open.len()];
    while let Some(at) = ready.pop() {
        let chain = &program.chains[at];
        let calls_restless = callees(chain).iter().any(|callee| restless[*callee]);
        let changes = chain.rules.iter().any(|rule| rule.actions.iter().any(|action| *action != Action::Log));
        restless[at] = chain.order_uncertain || changes || calls_restless || heights[at] > DEEPEST;
        for caller in &callers[at] {
            heights[*caller] = heights[*caller].max(heights[at] + 1);
            open[*caller] -= 1;
            if open[*caller] == 0 {
                ready.push(*caller);
            }
        }
    }
    restless
}

pub(super) fn callee(rule: &Rule) -> Option<usize> {
    match rule.jump {
        Jump::Call(chain) | Jump::Goto(chain) => Some(chain),
        _ => None,
    }
}
