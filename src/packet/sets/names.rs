//! What makes unknowns of two programs the same.
//!
//! A value that is only known at run time is the same where it has the same name and stands for the
//! same reading of it: the first, the second... A condition is the same where it is written alike.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::bits::Bits;
use super::space::{Atom, Space};
use super::view::{Ends, View};
use crate::dialect::iptables_question;
use crate::eval::Conditions;
use crate::logic::{Formula, Variable};
use crate::model::{Address, Argument, Known, ModuleUse, Piece, Test, Value};
use crate::packet::Filter;
use crate::packet::oracle::UnknownId;
use crate::packet::program::Program;
use crate::packet::unknown::{Identity, Repeated};

/// The names of one program's unknowns.
#[derive(Default)]
pub(crate) struct Names {
    /// How many readings of the same name went before.
    readings: HashMap<(String, u32), usize>,
    /// The condition that a variable of the guards stands for, and how many of the same text went before.
    conditions: HashMap<Variable, (String, u32)>,
    guards: HashMap<Formula, Vec<(Variable, Formula, Formula)>>,
    /// What spaces know these names by.
    own: Arc<()>,
    /// Whether what is equal to nothing else is at least the same each time that the program is asked.
    steady: bool,
    /// How many tests of the same text went before a test that depends on earlier packets.
    stateful: HashMap<UnknownId, (String, u32)>,
}

impl Names {
    /// The names in a program whose guards speak of `conditions`.
    pub(crate) fn of(filter: &Filter, conditions: &Conditions) -> Self {
        let program = filter.program();
        let mut names = Self::default();
        let mut seen: HashMap<String, BTreeSet<u32>> = HashMap::new();
        let (mut texts, mut repeated): (HashMap<String, u32>, HashMap<String, u32>) = Default::default();
        for variable in 0.. {
            let Some(condition) = conditions.condition(Variable(variable)) else { break };
            let before = texts.entry(condition.text.clone()).or_default();
            names.conditions.insert(Variable(variable), (condition.text.clone(), *before));
            *before += 1;
        }
        for (number, unknown) in program.unknowns.iter().enumerate() {
            let Some(open) = unknown.open() else { continue };
            match open {
                Identity::Test(test) | Identity::Own(test) => {
                    for own in test.unknown_values().iter().flat_map(|value| value.unknowns()) {
                        seen.entry(own.name.to_string()).or_default().insert(own.id);
                    }
                }
                Identity::Rounds(own) => {
                    let values = own.tests.iter().flat_map(|(_, test)| test.unknown_values()).chain(&own.over);
                    for own in values.flat_map(Value::unknowns) {
                        seen.entry(own.name.to_string()).or_default().insert(own.id);
                    }
                    own.broken.iter().chain([&own.guard]).for_each(|own| names.keep(*own, conditions));
                }
                Identity::Guard(guard) => names.keep(*guard, conditions),
                Identity::Alone => {
                    if let crate::packet::Reason::Stateful(text, _) = unknown.reason() {
                        let before = repeated.entry(text.clone()).or_default();
                        names.stateful.insert(UnknownId(number as u32), (text.clone(), *before));
                        *before += 1;
                    }
                }
            }
        }
        for (name, ids) in seen {
            // The environment's own value has the number 0 on both sides.
            let rank = |(at, id): (usize, u32)| ((name.clone(), id), if id == 0 { 0 } else { at + 1 });
            let others = ids.iter().copied().filter(|id| *id != 0).enumerate();
            names.readings.extend(others.map(rank));
        }
        names
    }

    /// The condition that is written so, and was so often before.
    pub(crate) fn condition(&self, text: &str, before: u32) -> Option<Variable> {
        let mut all = self.conditions.iter();
        all.find(|(_, (own, number))| own == text && *number == before).map(|(variable, _)| *variable)
    }

    /// All that is asked.
    pub(crate) fn questions(&self) -> impl Iterator<Item = &str> {
        self.conditions.values().map(|(text, _)| text.as_str())
    }

    /// Calls questions about the old program what `other` calls those about the new one.
    pub(crate) fn follow(&mut self, other: &Self) {
        let has = |names: &Self, text: &str| names.conditions.values().any(|(own, _)| own == text);
        let renamed = |text: &str| Some(iptables_question(text)).filter(|new| new != text);
        let own: Vec<(Variable, String)> = self
            .conditions
            .iter()
            .filter(|(_, (text, _))| !has(other, text))
            .filter_map(|(variable, (text, _))| Some((*variable, renamed(text)?)))
            .filter(|(_, new)| has(other, new) && !has(self, new))
            .collect();
        for (variable, new) in own {
            if let Some((text, _)) = self.conditions.get_mut(&variable) {
                *text = new;
            }
        }
        // What a space has learnt under the old names holds no more.
        self.own = Arc::default();
    }

    /// What a condition's variable is called in the space.
    pub(crate) fn atom_of(&self, variable: Variable) -> Option<Atom> {
        let (text, before) = self.conditions.get(&variable)?;
        Some(Atom::Condition(text.clone(), *before))
    }

    /// Makes the variables of the conditions that guards ask for, in the order in which the guards do.
    ///
    /// Guards that continue each other then share their diagrams here as well.
    pub(crate) fn lay_out(&self, space: &mut Space) {
        let mut asked: Vec<Variable> = self.guards.values().flatten().map(|(variable, ..)| *variable).collect();
        asked.sort();
        asked.dedup();
        for atom in asked.into_iter().rev().filter_map(|variable| self.atom_of(variable)) {
            space.atom(atom);
        }
    }

    /// Has the program be compared with itself: each of its unknowns is one variable for every packet.
    pub(crate) fn steady(&mut self) {
        self.steady = true;
    }

    /// Learns a formula over the conditions, to be asked with [`Names::guard`].
    pub(crate) fn keep(&mut self, guard: Formula, conditions: &Conditions) {
        if self.guards.contains_key(&guard) {
            return;
        }
        let mut open = vec![guard];
        while let Some(at) = open.pop() {
            let decision = conditions.formulas.decision(at);
            if self.guards.insert(at, decision.into_iter().collect()).is_none()
                && let Some((_, low, high)) = decision
            {
                open.extend([low, high]);
            }
        }
    }

    /// The test that depends on earlier packets, by its text, and how often it was written before.
    pub(super) fn stateful(&self, unknown: UnknownId) -> Option<&(String, u32)> {
        self.stateful.get(&unknown)
    }

    /// An address and a port that an unknown stands for.
    pub(super) fn end(&self, space: &mut Space, program: &Program, unknown: UnknownId) -> (Bits, Bits) {
        let argument = match program.unknowns.get(unknown.0 as usize).and_then(|own| own.open()) {
            Some(Identity::Test(test)) => test.unknown_values().first().map(|value| self.text("", value)),
            _ => None,
        };
        match argument {
            Some(text) => {
                let text = text.trim_start();
                (space.number(&format!("the address {text}"), 32), space.number(&format!("the port in {text}"), 16))
            }
            None => (space.lost("an address", 32), space.lost("a port", 16)),
        }
    }

    /// The packets, or runs, for which an unknown holds.
    pub(super) fn unknown(&self, space: &mut Space, view: &View, program: &Program, unknown: UnknownId) -> Formula {
        let Some(own) = program.unknowns.get(unknown.0 as usize) else { return space.alone("something") };
        match &*own.identity() {
            Identity::Test(test) => {
                let value = !test.unknown_values().is_empty();
                view.each(space, |space, ends| {
                    let (text, looked_at) = self.test(test, view, ends);
                    space.atom(if value { Atom::Value(text, looked_at) } else { Atom::Test(text, looked_at) })
                })
            }
            Identity::Own(test) => {
                let own = Ends { source: space.fields.own.clone(), ..view.ends.clone() };
                let (text, looked_at) = self.test(test, view, &own);
                space.atom(Atom::Value(text, looked_at))
            }
            Identity::Rounds(own) => self.repeated(space, view, own),
            Identity::Guard(guard) => self.guard(space, *guard),
            Identity::Alone => match self.stateful.get(&unknown) {
                Some((text, before)) => space.atom(Atom::Stateful(text.clone(), *before)),
                None if self.steady => space.atom(Atom::Test(format!("unknown {}", unknown.0), Vec::new())),
                None => space.alone(&own.reason().to_string()),
            },
        }
    }

    /// Whether a rule fits in some round.
    fn repeated(&self, space: &mut Space, view: &View, own: &Repeated) -> Formula {
        view.each(space, |space, ends| {
            let (mut text, mut looked_at) = (self.over(own), Vec::new());
            self.round(space, (view, ends), own, &mut text, &mut looked_at);
            space.atom(Atom::Value(text, looked_at))
        })
    }

    /// Whether the rule `at` of those that rounds make in turn is the first that fits, in the order of the rounds; with
    /// the packets that pass what is the same for a rule in all rounds.
    pub(super) fn first_of(
        &self,
        space: &mut Space,
        (view, ends): (&View, &Ends),
        rules: &[(&Repeated, Formula)],
        at: usize,
    ) -> Formula {
        let (mut text, mut looked_at) = (format!("the first is {at}"), Vec::new());
        for (own, fits) in rules {
            text.push_str(&format!("; {}", self.over(own)));
            self.round(space, (view, ends), own, &mut text, &mut looked_at);
            looked_at.push(*fits);
        }
        space.atom(Atom::Value(text, looked_at))
    }

    fn over(&self, own: &Repeated) -> String {
        own.over.iter().map(|value| self.text("", value).trim_start().to_owned()).collect::<Vec<_>>().join(", ")
    }

    /// What a rule asks in each round, and what of the packet.
    fn round(
        &self,
        space: &mut Space,
        (view, ends): (&View, &Ends),
        own: &Repeated,
        text: &mut String,
        looked_at: &mut Vec<Formula>,
    ) {
        looked_at.extend(own.broken.iter().chain([&own.guard]).map(|own| self.guard(space, *own)));
        for (negated, test) in &own.tests {
            let (test, own) = self.test(test, view, ends);
            text.push_str(&format!(": {}{test}", if *negated { "! " } else { "" }));
            looked_at.extend(own);
        }
    }

    /// The packets whose destination fits a test.
    pub(crate) fn goes_to(&self, space: &mut Space, test: &Test, destination: &Bits) -> Formula {
        match test {
            Test::Destination(Known::Is(Address::V4(network))) => {
                super::bits::masked(&mut space.f, destination, network.address, network.mask)
            }
            Test::Destination(Known::Unknown(value)) => {
                space.atom(Atom::Value(self.text("an address", value), destination.clone()))
            }
            _ => Formula::FALSE,
        }
    }

    /// A formula over this program's conditions, as a formula of the space.
    pub(crate) fn guard(&self, space: &mut Space, guard: Formula) -> Formula {
        let mut done = space.take_guards(&self.own);
        let formula = self.guarded(space, guard, &mut done);
        space.keep_guards(&self.own, done);
        formula
    }

    fn guarded(&self, space: &mut Space, guard: Formula, done: &mut HashMap<Formula, Formula>) -> Formula {
        if guard.is_true() || guard.is_false() || guard == Formula::UNDECIDED {
            return guard;
        }
        if let Some(known) = done.get(&guard) {
            return *known;
        }
        let Some((variable, low, high)) = self.guards.get(&guard).and_then(|own| own.first()).copied() else {
            return space.alone("a condition");
        };
        let condition = match self.conditions.get(&variable) {
            Some((text, before)) => space.atom(Atom::Condition(text.clone(), *before)),
            None => space.alone("a condition"),
        };
        let (low, high) = (self.guarded(space, low, done), self.guarded(space, high, done));
        let formula = space.f.choose(condition, high, low);
        done.insert(guard, formula);
        formula
    }

    /// The text of a test, the same in both dialects, and the numbers of the packet that it looks at.
    fn test(&self, test: &Test, view: &View, ends: &Ends) -> (String, Vec<Formula>) {
        let device = |device: &super::view::Device| match device {
            super::view::Device::None => Vec::new(),
            super::view::Device::Class(class) => class.clone(),
        };
        match test {
            Test::Source(Known::Unknown(value)) => (self.text("an address", value), ends.source.clone()),
            Test::Destination(Known::Unknown(value)) => (self.text("an address", value), ends.destination.clone()),
            Test::Interface(Known::Unknown(value)) | Test::InInterface(Known::Unknown(value)) => {
                (self.text("a device", value), device(&view.arrival))
            }
            Test::OutInterface(Known::Unknown(value)) => (self.text("a device", value), device(&view.departure)),
            Test::Protocol(Known::Unknown(value)) => (self.text("a protocol", value), Vec::new()),
            Test::SourcePort(Known::Unknown(value)) => (self.text("a port", value), ends.source_port.clone()),
            Test::DestinationPort(Known::Unknown(value)) => (self.text("a port", value), ends.destination_port.clone()),
            Test::Source(Known::Is(name)) => (format!("an address {name}"), ends.source.clone()),
            Test::Destination(Known::Is(name)) => (format!("an address {name}"), ends.destination.clone()),
            Test::Module(module) => self.module(module, view, ends),
            other => (format!("{other:?}"), Vec::new()),
        }
    }

    fn module(&self, module: &ModuleUse, view: &View, ends: &Ends) -> (String, Vec<Formula>) {
        if let [only] = module.options.as_slice()
            && let Some(Argument::Unknown(value)) = &only.argument
        {
            match (module.name.as_str(), only.name.as_str()) {
                ("tcp" | "udp", "--sport") => return (self.text("a port", value), ends.source_port.clone()),
                ("tcp" | "udp", "--dport") => return (self.text("a port", value), ends.destination_port.clone()),
                ("conntrack", "--ctorigsrc") => return (self.text("an address", value), view.first.source.clone()),
                ("conntrack", "--ctorigdst") => {
                    return (self.text("an address", value), view.first.destination.clone());
                }
                ("conntrack", "--ctorigdstport") => {
                    return (self.text("a port", value), view.first.destination_port.clone());
                }
                _ => {}
            }
        }
        let mut text = module.name.to_string();
        for option in &module.options {
            let argument = match &option.argument {
                Some(Argument::Unknown(value)) => self.text("", value),
                other => format!("{other:?}"),
            };
            text.push_str(&format!(" {}{} {argument}", if option.negated { "! " } else { "" }, option.name));
        }
        let all = [&ends.source, &ends.source_port, &ends.destination, &ends.destination_port];
        (text, all.into_iter().flatten().copied().collect())
    }

    fn text(&self, what: &str, value: &Value) -> String {
        let mut text = format!("{what} ");
        for piece in value.pieces() {
            match piece {
                Piece::Known(known) => text.push_str(&known),
                Piece::Unknown(unknown) => {
                    let number = self.readings.get(&(unknown.name.to_string(), unknown.id)).copied().unwrap_or(0);
                    text.push_str(&match number {
                        0 => format!("${{{}}}", unknown.name),
                        number => format!("${{{}}} (reading {number})", unknown.name),
                    });
                }
            }
        }
        text
    }
}
