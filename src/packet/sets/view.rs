//! All packets as they are at one point of their way.

use super::bits::{self, Bits};
use super::space::{Fields, Space};
use crate::logic::Formula;
use crate::packet::State;

/// Addresses and ports.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Ends {
    pub(crate) source: Bits,
    pub(crate) source_port: Bits,
    pub(crate) destination: Bits,
    pub(crate) destination_port: Bits,
}

/// A device that rules see.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Device {
    /// None.
    None,
    /// One of the classes.
    Class(Bits),
}

/// The states that a packet may be in, one formula each.
pub(crate) type States = [Formula; 5];

/// The packets at one point of their way: each number is a function of the packet as it came.
#[derive(Clone)]
pub(crate) struct View {
    pub(crate) ends: Ends,
    /// The same, case by case: sets of packets that exclude each other, with what has been made of their ends.
    ///
    /// What is asked of an unknown value is asked of each case, so that it is the same question on both sides
    /// of a comparison.
    cases: Vec<(Formula, Ends)>,
    pub(crate) arrival: Device,
    pub(crate) departure: Device,
    pub(crate) mark: Bits,
    pub(crate) tos: Bits,
    pub(crate) states: States,
    pub(crate) reply: Formula,
    pub(crate) connection_mark: Bits,
    /// The connection's first packet before translation.
    pub(crate) first: Ends,
    /// The connection's answers before they are translated back.
    pub(crate) answer: Ends,
    /// Whose source and whose destination is rewritten, where that does not follow from the connection's ends.
    pub(crate) translated: Option<[Formula; 2]>,
    /// First packets of connections whose destination becomes one that is only known at run time.
    pub(crate) named: Formula,
    /// Which connections the packets may belong to.
    pub(crate) connections: Connections,
    /// Grows with each change that tests may see.
    pub(crate) changes: u32,
}

/// The place of a state in [`States`].
pub(crate) fn place(state: State) -> usize {
    match state {
        State::New => 0,
        State::Established => 1,
        State::Related => 2,
        State::Invalid => 3,
        State::Untracked => 4,
    }
}

/// Which connections packets may belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Connections {
    /// Nothing went before: a packet is in the state of a first one.
    First,
    /// Any that nothing translates.
    Plain,
    /// Any.
    Any,
}

impl Ends {
    pub(crate) fn inverse(&self) -> Self {
        Self {
            source: self.destination.clone(),
            source_port: self.destination_port.clone(),
            destination: self.source.clone(),
            destination_port: self.source_port.clone(),
        }
    }

    /// These where `condition` holds, `other` elsewhere.
    pub(crate) fn choose(space: &mut Space, condition: Formula, yes: &Self, no: &Self) -> Self {
        let mut one = |yes: &Bits, no: &Bits| bits::choose(&mut space.f, condition, yes, no);
        Self {
            source: one(&yes.source, &no.source),
            source_port: one(&yes.source_port, &no.source_port),
            destination: one(&yes.destination, &no.destination),
            destination_port: one(&yes.destination_port, &no.destination_port),
        }
    }
}

impl View {
    /// The packets before the first rule.
    pub(crate) fn new(space: &mut Space, connections: Connections) -> Self {
        let fields = space.fields.clone();
        let ends = Ends {
            source: fields.source.clone(),
            source_port: fields.source_port.clone(),
            destination: fields.destination.clone(),
            destination_port: fields.destination_port.clone(),
        };
        let begins = begins(space);
        let none = Formula::FALSE;
        let (states, reply, connection_mark, goal) = match connections {
            Connections::First => {
                let states = [begins, none, none, begins.opposite(), none];
                (states, none, bits::constant(0, 32), ends.clone())
            }
            Connections::Plain | Connections::Any => {
                let (states, reply, mark, goal) = existing(space, &fields, &ends);
                (states, reply, mark, if connections == Connections::Any { goal } else { ends.clone() })
            }
        };
        let (there, back) = (ends.clone(), goal.inverse());
        let first = Ends::choose(space, reply, &back, &there);
        let answer = Ends::choose(space, reply, &there, &back);
        Self {
            cases: vec![(Formula::TRUE, ends.clone())],
            ends,
            arrival: Device::None,
            departure: Device::None,
            mark: bits::constant(0, 32),
            tos: fields.tos,
            states,
            reply,
            connection_mark,
            first,
            answer,
            translated: None,
            named: Formula::FALSE,
            connections,
            changes: 0,
        }
    }

    /// Changes the ends of the packets of a set.
    pub(crate) fn put(&mut self, space: &mut Space, set: Formula, changed: &Ends) {
        let mut cases: Vec<(Formula, Ends)> = Vec::new();
        for (own, ends) in std::mem::take(&mut self.cases) {
            let field = |of: fn(&Ends) -> &Bits| {
                if of(changed) == of(&self.ends) { of(&ends).clone() } else { of(changed).clone() }
            };
            let new = Ends {
                source: field(|ends| &ends.source),
                source_port: field(|ends| &ends.source_port),
                destination: field(|ends| &ends.destination),
                destination_port: field(|ends| &ends.destination_port),
            };
            for (own, ends) in [(space.f.and_not(own, set), ends), (space.f.and(own, set), new)] {
                match cases.iter_mut().find(|(_, known)| *known == ends) {
                    _ if own.is_false() => {}
                    Some((all, _)) => *all = space.f.or(*all, own),
                    None => cases.push((own, ends)),
                }
            }
        }
        self.cases = cases;
        self.ends = Ends::choose(space, set, changed, &self.ends);
        self.changes += 1;
    }

    /// The ends, where all packets have the same.
    pub(super) fn only(&self) -> Option<&Ends> {
        match self.cases.as_slice() {
            [(_, only)] => Some(only),
            _ => None,
        }
    }

    /// The answer to a question about the ends, case by case.
    pub(crate) fn each(&self, space: &mut Space, mut ask: impl FnMut(&mut Space, &Ends) -> Formula) -> Formula {
        if let Some(only) = self.only() {
            return ask(space, only);
        }
        let mut any = Formula::FALSE;
        for (set, ends) in &self.cases {
            let own = ask(space, ends);
            let own = space.f.and(*set, own);
            any = space.f.or(any, own);
        }
        any
    }

    /// Packets of a connection.
    pub(crate) fn tracked(&self, space: &mut Space) -> Formula {
        let lost = space.f.or(self.states[place(State::Invalid)], self.states[place(State::Untracked)]);
        lost.opposite()
    }

    /// Packets of connections whose source is rewritten.
    pub(crate) fn source_is_translated(&self, space: &mut Space) -> Formula {
        if let Some([source, _]) = self.translated {
            return source;
        }
        let address = bits::differ(&mut space.f, &self.first.source, &self.answer.destination);
        let port = bits::differ(&mut space.f, &self.first.source_port, &self.answer.destination_port);
        space.f.or(address, port)
    }

    /// Packets of connections whose destination is rewritten.
    pub(crate) fn destination_is_translated(&self, space: &mut Space) -> Formula {
        if let Some([_, destination]) = self.translated {
            return destination;
        }
        let rest = self.named.opposite();
        let address = bits::differ_within(&mut space.f, rest, &self.first.destination, &self.answer.source);
        let port = bits::differ_within(&mut space.f, rest, &self.first.destination_port, &self.answer.source_port);
        let known = space.f.or(address, port);
        space.f.or(self.named, known)
    }
}

/// Packets that a connection may begin with, as [`State::of_first`] has them.
fn begins(space: &mut Space) -> Formula {
    let Fields { flags, source_port, fragment, .. } = space.fields.clone();
    let (tcp, icmp) = (space.protocol(6), space.protocol(1));
    let (tcp, icmp) = (space.f.and_not(tcp, fragment), space.f.and_not(icmp, fragment));
    let (syn, ack) = (crate::packet::Flags::SYN.0.into(), crate::packet::Flags::ACK.0.into());
    let looked_at = u32::from(!(crate::packet::Flags::PSH.0 | crate::packet::Flags::URG.0) & 0x3F);
    let syn = bits::masked(&mut space.f, &flags, syn, looked_at);
    let ack = bits::masked(&mut space.f, &flags, ack, looked_at);
    let opening = space.f.or(syn, ack);
    let request = requests(space, &source_port);
    let wrong = space.f.and_not(tcp, opening);
    let unasked = space.f.and_not(icmp, request);
    space.f.or(wrong, unasked).opposite()
}

/// ICMP types that ask for an answer.
pub(crate) fn requests(space: &mut Space, kind: &[Formula]) -> Formula {
    let mut any = Formula::FALSE;
    for number in [8, 13, 15, 17] {
        let own = bits::is(&mut space.f, kind, number);
        any = space.f.or(any, own);
    }
    any
}

/// Packets of any connection: what is known of it is part of the packet.
fn existing(space: &mut Space, fields: &Fields, ends: &Ends) -> (States, Formula, Bits, Ends) {
    let state = |space: &mut Space, number| bits::is(&mut space.f, &fields.state, number);
    let (new, established, related, invalid) = (state(space, 0), state(space, 1), state(space, 2), state(space, 3));
    let opening = begins(space);
    let first = space.f.or(new, invalid);
    // A packet that begins a connection goes its way; what has none goes no way.
    let opens = space.f.or(new.opposite(), opening);
    let direction = space.f.and(first, fields.reply).opposite();
    space.require(opens);
    space.require(direction);
    let goal = Ends {
        source: fields.goal_source.clone(),
        source_port: fields.goal_source_port.clone(),
        destination: fields.goal_destination.clone(),
        destination_port: fields.goal_destination_port.clone(),
    };
    let goal = Ends::choose(space, first, ends, &goal);
    let ported = space.has_ports();
    let goal = Ends {
        source_port: bits::choose(&mut space.f, ported, &goal.source_port, &ends.source_port),
        destination_port: bits::choose(&mut space.f, ported, &goal.destination_port, &ends.destination_port),
        ..goal
    };
    let mark = bits::choose(&mut space.f, first, &bits::constant(0, 32), &fields.connection_mark);
    ([new, established, related, invalid, Formula::FALSE], fields.reply, mark, goal)
}
