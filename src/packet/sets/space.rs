//! The space of all packets: which variable of the diagrams is which bit of a packet.
//!
//! Fields that rules test alone stand apart; those that are compared with each other
//! (an address and what it is translated to) take turns bit by bit, which keeps the
//! comparison small. What cannot be seen in a packet is one variable each, below all fields;
//! numbers that may be put into a field take turns with it as well, as long as there is room.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::bits::{self, Bits};
use super::device::Classes;
use crate::logic::{Formula, Formulas, Variable};
use crate::model::PortRange;
use crate::packet::check::Side;

/// The fields of a packet.
#[derive(Clone, Debug)]
pub(crate) struct Fields {
    pub(crate) protocol: Bits,
    pub(crate) fragment: Formula,
    pub(crate) arrival: Bits,
    pub(crate) departure: Bits,
    /// 0 new, 1 established, 2 related, 3 invalid.
    pub(crate) state: Bits,
    pub(crate) reply: Formula,
    pub(crate) flags: Bits,
    pub(crate) destination: Bits,
    /// Where packets of a connection that is there go in the end.
    pub(crate) goal_destination: Bits,
    /// This host's own address on the arrival device.
    pub(crate) here: Bits,
    /// The destination port, or the ICMP code.
    pub(crate) destination_port: Bits,
    pub(crate) goal_destination_port: Bits,
    pub(crate) source: Bits,
    pub(crate) goal_source: Bits,
    /// This host's own address on the departure device.
    pub(crate) own: Bits,
    /// The source port, or the ICMP type.
    pub(crate) source_port: Bits,
    pub(crate) goal_source_port: Bits,
    pub(crate) tos: Bits,
    pub(crate) connection_mark: Bits,
    pub(crate) length: Bits,
}

/// What cannot be seen in a packet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Atom {
    /// A test by its text, of these numbers.
    Test(String, Vec<Formula>),
    /// A test of a value that is only known at run time, of these numbers.
    Value(String, Vec<Formula>),
    /// A number that is only known at run time, by its text and its bit.
    Number(String, u32),
    /// The condition of the script that is written so, and how often it was before.
    Condition(String, u32),
    /// The test that depends on earlier packets, by its text, and how often it was written before.
    Stateful(String, u32),
    /// Whether the address is this host's own.
    Local(Vec<Formula>),
    /// A port that is picked out of these, by its bit.
    Port(PortRange, u32),
    /// An address that is picked out of these, by its bit.
    Address((u32, u32), u32),
    /// Something that is equal to nothing else.
    Alone(Arc<str>, u32),
}

/// All packets, and the diagrams of sets of them.
#[derive(Clone)]
pub(crate) struct Space {
    pub(crate) f: Formulas,
    pub(crate) fields: Fields,
    pub(crate) classes: Arc<Classes>,
    /// What holds for every packet there is.
    pub(crate) domain: Formula,
    atoms: HashMap<Atom, Formula>,
    /// What the variables that belong to no field stand for.
    named: Vec<Atom>,
    /// Which of them a variable stands for.
    meanings: HashMap<Variable, usize>,
    /// What guards of programs are here, by the names of each program.
    guards: Vec<(Arc<()>, HashMap<Formula, Formula>)>,
    /// Variables that take turns with fields, for numbers that are put into those.
    spare: Vec<(Side, Bits)>,
    next: u32,
}

/// Hands out variables from the top down.
struct Levels<'f> {
    f: &'f mut Formulas,
    next: u32,
}

impl Levels<'_> {
    fn one(&mut self) -> Formula {
        self.next += 1;
        self.f.variable(Variable(self.next - 1))
    }

    fn field(&mut self, width: usize) -> Bits {
        (0..width).map(|_| self.one()).collect()
    }

    /// Fields that take turns.
    fn woven<const N: usize>(&mut self, width: usize) -> [Bits; N] {
        let mut all = [const { Bits::new() }; N];
        for _ in 0..width {
            for field in &mut all {
                let bit = self.one();
                field.push(bit);
            }
        }
        all
    }
}

impl Space {
    /// All packets that come by devices of these classes; at most `budget` nodes are made.
    pub(crate) fn new(classes: Classes, budget: usize) -> Self {
        let mut f = Formulas::new(budget);
        let mut levels = Levels { f: &mut f, next: 0 };
        let width = classes.width();
        let (protocol, fragment) = (levels.field(8), levels.one());
        let (arrival, departure) = (levels.field(width), levels.field(width));
        let (state, reply, flags) = (levels.field(2), levels.one(), levels.field(6));
        let [destination, goal_destination, here, to, to_other] = levels.woven(32);
        let [destination_port, goal_destination_port, to_port, to_other_port] = levels.woven(16);
        let [source, goal_source, own, from] = levels.woven(32);
        let [source_port, goal_source_port, from_port] = levels.woven(16);
        let to = [to, to_other, to_port, to_other_port].map(|bits| (Side::Destination, bits));
        let from = [from, from_port].map(|bits| (Side::Source, bits));
        let (tos, connection_mark, length) = (levels.field(8), levels.field(32), levels.field(16));
        let next = levels.next;
        let fields = Fields {
            protocol,
            fragment,
            arrival,
            departure,
            state,
            reply,
            flags,
            destination,
            goal_destination,
            here,
            destination_port,
            goal_destination_port,
            source,
            goal_source,
            own,
            source_port,
            goal_source_port,
            tos,
            connection_mark,
            length,
        };
        let mut space = Self {
            f,
            fields,
            classes: Arc::new(classes),
            domain: Formula::TRUE,
            atoms: HashMap::new(),
            named: Vec::new(),
            meanings: HashMap::new(),
            guards: Vec::new(),
            spare: to.into_iter().chain(from).collect(),
            next,
        };
        space.exclude_nonsense();
        space
    }

    /// What the guards of a program are here, as far as they have been asked for; to be put back.
    pub(super) fn take_guards(&mut self, names: &Arc<()>) -> HashMap<Formula, Formula> {
        let known = self.guards.iter_mut().find(|(own, _)| Arc::ptr_eq(own, names));
        known.map(|(_, guards)| std::mem::take(guards)).unwrap_or_default()
    }

    /// Puts them back.
    pub(super) fn keep_guards(&mut self, names: &Arc<()>, guards: HashMap<Formula, Formula>) {
        match self.guards.iter_mut().find(|(own, _)| Arc::ptr_eq(own, names)) {
            Some((_, known)) => *known = guards,
            None => self.guards.push((Arc::clone(names), guards)),
        }
    }

    /// Headers that no packet has.
    fn exclude_nonsense(&mut self) {
        let Fields { arrival, departure, flags, source_port, destination_port, fragment, .. } = self.fields.clone();
        let last = self.classes.count() as u32 - 1;
        let arrivals = bits::within(&mut self.f, &arrival, 0, last);
        let departures = bits::within(&mut self.f, &departure, 0, last);
        let tcp = self.protocol(6);
        let (no_flags, ports, icmp) = (bits::is(&mut self.f, &flags, 0), self.has_ports(), self.protocol(1));
        let whole_tcp = self.f.and_not(tcp, fragment);
        let flags = self.f.or(whole_tcp, no_flags);
        self.require(arrivals);
        self.require(departures);
        self.require(flags);
        let whole_icmp = self.f.and_not(icmp, fragment);
        for port in [source_port, destination_port] {
            let (none, byte) = (bits::is(&mut self.f, &port, 0), bits::within(&mut self.f, &port, 0, 255));
            let byte = self.f.and(whole_icmp, byte);
            let seen = self.f.or(ports, byte);
            let fits = self.f.or(seen, none);
            self.require(fits);
        }
        // The loopback device has one address.
        if let Some(at) = self.classes.find("lo") {
            let (by_lo, to_lo) = (bits::is(&mut self.f, &departure, at), bits::is(&mut self.f, &arrival, at));
            for (lo, address) in [(by_lo, self.fields.own.clone()), (to_lo, self.fields.here.clone())] {
                let localhost = bits::is(&mut self.f, &address, super::LOCALHOST);
                let fits = self.f.or(lo.opposite(), localhost);
                self.require(fits);
            }
        }
    }

    /// Leaves only the packets of a set.
    pub(crate) fn require(&mut self, set: Formula) {
        self.domain = self.f.and(self.domain, set);
    }

    pub(crate) fn protocol(&mut self, number: u16) -> Formula {
        bits::is(&mut self.f, &self.fields.protocol, number.into())
    }

    /// Packets whose ports can be seen.
    pub(crate) fn has_ports(&mut self) -> Formula {
        let mut any = Formula::FALSE;
        for number in super::WITH_PORTS {
            let own = self.protocol(number.into());
            any = self.f.or(any, own);
        }
        self.f.and_not(any, self.fields.fragment)
    }

    /// Where a device is the one of this name.
    pub(crate) fn device(&mut self, device: &[Formula], name: &str) -> Formula {
        match self.classes.find(name) {
            Some(class) => bits::is(&mut self.f, device, class),
            None => Formula::FALSE,
        }
    }

    /// The variable of something that cannot be seen.
    pub(crate) fn atom(&mut self, atom: Atom) -> Formula {
        if let Some(known) = self.atoms.get(&atom) {
            return *known;
        }
        let formula = self.new_atom(atom.clone());
        self.atoms.insert(atom, formula);
        formula
    }

    fn new_atom(&mut self, atom: Atom) -> Formula {
        let variable = Variable(self.next);
        self.next += 1;
        self.meanings.insert(variable, self.named.len());
        self.named.push(atom);
        self.f.variable(variable)
    }

    /// The bits of a number that may become the address or port of a side, next to the bits of that if there is room.
    fn number_beside(&mut self, side: Side, width: u32, bit: impl Fn(u32) -> Atom) -> Bits {
        let room = self.spare.iter().position(|(own, bits)| *own == side && bits.len() == width as usize);
        if let Some(room) = room.filter(|_| !self.atoms.contains_key(&bit(0))) {
            for (at, formula) in (0..).zip(self.spare.remove(room).1) {
                let Some((variable, ..)) = self.f.decision(formula) else { continue };
                self.meanings.insert(variable, self.named.len());
                self.named.push(bit(at));
                self.atoms.insert(bit(at), formula);
            }
        }
        (0..width).map(|at| self.atom(bit(at))).collect()
    }

    /// What there is that cannot be seen.
    pub(crate) fn unseen(&self) -> &[Atom] {
        &self.named
    }

    /// Where a set holds whatever those are that `open` names.
    pub(crate) fn whatever(&mut self, set: Formula, open: &dyn Fn(&Atom) -> bool) -> Formula {
        let fitting = self.meanings.iter().filter(|(_, at)| self.named.get(**at).is_some_and(open));
        let fitting: HashSet<Variable> = fitting.map(|(variable, _)| *variable).collect();
        self.f.for_all(set, &|variable| fitting.contains(&variable))
    }

    /// Where a set holds whatever this host's own addresses are, of those that its devices can have.
    pub(crate) fn whoever(&mut self, set: Formula) -> Formula {
        let either = self.f.or(set, self.domain.opposite());
        let own = self.fields.own.iter().chain(&self.fields.here);
        let own: HashSet<Variable> = own.filter_map(|bit| Some(self.f.decision(*bit)?.0)).collect();
        let all = self.f.for_all(either, &|variable| own.contains(&variable));
        self.f.and(all, set)
    }

    /// Where a set holds for some answer of what cannot be seen, and some value of what people do not ask for.
    pub(crate) fn somehow(&mut self, set: Formula) -> Formula {
        let Fields { here, own, length, connection_mark, .. } = &self.fields;
        let Fields { goal_source, goal_source_port, goal_destination, goal_destination_port, .. } = &self.fields;
        let goal = [goal_source, goal_source_port, goal_destination, goal_destination_port];
        let aside = [here, own, length, connection_mark].into_iter().chain(goal).flatten();
        let aside: HashSet<Variable> = aside.filter_map(|bit| Some(self.f.decision(*bit)?.0)).collect();
        let unseen: HashSet<Variable> = self.meanings.keys().copied().collect();
        let open = |variable: Variable| unseen.contains(&variable) || aside.contains(&variable);
        self.f.for_some(set, &open)
    }

    /// What a set depends on that cannot be seen.
    pub(crate) fn depends_on(&self, set: Formula) -> Vec<Atom> {
        let (mut open, mut seen, mut found) = (vec![set], HashSet::new(), BTreeSet::new());
        while let Some(at) = open.pop() {
            if let Some((variable, low, high)) = self.f.decision(at)
                && seen.insert(at)
            {
                found.insert(variable);
                open.extend([low, high]);
            }
        }
        found.into_iter().filter_map(|variable| self.meaning(variable).cloned()).collect()
    }

    /// The variable of something that is equal to nothing else.
    pub(crate) fn alone(&mut self, text: &str) -> Formula {
        self.new_atom(Atom::Alone(text.into(), self.next))
    }

    /// A number of which nothing is known.
    pub(crate) fn lost(&mut self, text: &str, width: usize) -> Bits {
        let text: Arc<str> = text.into();
        (0..width).map(|_| self.new_atom(Atom::Alone(Arc::clone(&text), self.next))).collect()
    }

    /// A number that is only known at run time, the same each time that it is written so.
    pub(crate) fn number(&mut self, text: &str, width: u32) -> Bits {
        self.number_beside(Side::Destination, width, |bit| Atom::Number(text.to_owned(), bit))
    }

    /// Whether a bit is one of a number that is only known at run time.
    pub(crate) fn is_number(&self, bit: Formula) -> bool {
        let variable = self.f.decision(bit).map(|(variable, ..)| variable);
        matches!(variable.and_then(|variable| self.meaning(variable)), Some(Atom::Number(..)))
    }

    /// The port that is picked out of a range, the same each time.
    pub(super) fn picked_port(&mut self, side: Side, range: PortRange) -> Bits {
        let port = self.number_beside(side, 16, |bit| Atom::Port(range, bit));
        let fits = bits::within(&mut self.f, &port, range.low.into(), range.high.into());
        self.require(fits);
        port
    }

    /// The address that is picked out of a range, the same each time.
    pub(super) fn picked_address(&mut self, side: Side, range: (u32, u32)) -> Bits {
        let address = self.number_beside(side, 32, |bit| Atom::Address(range, bit));
        let fits = bits::within(&mut self.f, &address, range.0, range.1);
        self.require(fits);
        address
    }

    /// What a variable stands for, where it is no bit of a field.
    pub(crate) fn meaning(&self, variable: Variable) -> Option<&Atom> {
        self.named.get(*self.meanings.get(&variable)?)
    }
}
