//! What a comparison takes for granted, and which packets and runs it therefore leaves aside.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use super::assumption::{self, Assumption};
use super::comparison::Comparison;
use super::doubt;
use super::party::Party;
use crate::analysis::{Analysis, CanBe, Supposition};
use crate::logic::Formula;
use crate::model::Dialect;
use crate::packet::sets::{Atom, bits};

impl Comparison<'_> {
    /// Nothing is claimed for runs in which a word is something else than it is supposed to be.
    pub(super) fn suppose(&mut self, left: &Analysis<'_>, supposed: &[Supposition]) {
        for supposition in supposed {
            let value = supposition.value.to_string();
            let texts = match supposition.can_be {
                CanBe::OneOf(texts) => texts,
                CanBe::Port => {
                    self.assume(Assumption::Port(value));
                    continue;
                }
                CanBe::PortOrNothing => {
                    self.assume(Assumption::PortOrNothing(value));
                    continue;
                }
            };
            let variables = left.evaluation.conditions.comparisons(&supposition.value, texts);
            let atoms: Vec<Atom> =
                variables.into_iter().filter_map(|variable| self.a.names.atom_of(variable)).collect();
            if atoms.len() == texts.len() {
                let mut any = Formula::FALSE;
                for atom in atoms {
                    let one = self.space.atom(atom);
                    any = self.space.f.or(any, one);
                }
                self.runs = self.space.f.and(self.runs, any);
                self.assume(Assumption::OneOf(value, texts));
            }
        }
    }

    /// Literals that one text is compared with exclude each other.
    pub(super) fn exclude_alternatives(&mut self, left: &Analysis<'_>, right: &Analysis<'_>) {
        for analysis in [left, right] {
            let names = if std::ptr::eq(analysis, left) { &self.a.names } else { &self.b.names };
            for group in analysis.evaluation.conditions.alternatives() {
                let atoms = group.rev().filter_map(|variable| names.atom_of(variable));
                let literals: Vec<Formula> = atoms.map(|atom| self.space.atom(atom)).collect();
                // The diagram grows upwards, by a few nodes for each literal.
                let (mut none, mut at_most_one) = (Formula::TRUE, Formula::TRUE);
                for literal in literals.into_iter().rev() {
                    at_most_one = self.space.f.choose(literal, none, at_most_one);
                    none = self.space.f.and_not(none, literal);
                }
                self.runs = self.space.f.and(self.runs, at_most_one);
            }
        }
    }

    /// Packets leave by devices with these addresses, if there are any: they are then all that the host has.
    pub(super) fn own_devices(&mut self, devices: &[(String, Ipv4Addr)]) {
        let (departure, own) = (self.space.fields.departure.clone(), self.space.fields.own.clone());
        let mut any = Formula::FALSE;
        for (name, address) in devices {
            let Some(class) = self.space.classes.like(name) else { return };
            let leaves = bits::is(&mut self.space.f, &departure, class);
            let from = bits::is(&mut self.space.f, &own, u32::from(*address));
            let both = self.space.f.and(leaves, from);
            any = self.space.f.or(any, both);
        }
        if !devices.is_empty() {
            self.assume(Assumption::OwnDevices(devices.to_vec()));
            self.space.require(any);
        }
    }

    /// Packets as the rules see them: fragments are put together where the kernel does that.
    pub(super) fn whole_packets(&mut self) -> Formula {
        let tracks = |party: &Party| party.dialect == Dialect::Iptables && assumption::tracks(&party.ruleset);
        if !self.mixed() && !tracks(self.a) && !tracks(self.b) {
            return Formula::TRUE;
        }
        self.assume(Assumption::WholePackets);
        self.space.fields.fragment.opposite()
    }

    pub(super) fn assume(&mut self, assumption: Assumption) {
        if !self.assumptions.contains(&assumption) {
            self.assumptions.push(assumption);
        }
    }

    pub(super) fn assume_names(&mut self) {
        let atoms = self.space.unseen().to_vec();
        if self.mixed() {
            self.assume(Assumption::FirstPackets);
        }
        let mut values = BTreeSet::new();
        for atom in atoms {
            match atom {
                Atom::Value(text, _) => values.extend(doubt::variables(&text)),
                Atom::Number(text, _) => {
                    values.extend(doubt::variables(&text));
                    if self.mixed() {
                        self.assume(Assumption::OwnForwarded);
                    }
                }
                Atom::Condition(..) => self.assume(Assumption::SameConditions),
                Atom::Stateful(..) => self.assume(Assumption::SameState),
                _ => {}
            }
        }
        if !values.is_empty() {
            self.assume(Assumption::SameValues(values.into_iter().collect()));
        }
    }

    /// A redirection to the packet's own port is none where that is 0, which iptables does not know.
    pub(super) fn exclude_port_zero(&mut self) {
        if !self.mixed() || ![self.a, self.b].iter().any(|party| assumption::keeps_port(&party.ruleset)) {
            return;
        }
        self.assume(Assumption::NoPortZero);
        let port = self.space.fields.destination_port.clone();
        let zero = bits::is(&mut self.space.f, &port, 0);
        let ported = self.space.has_ports();
        let both = self.space.f.and(zero, ported);
        self.space.require(both.opposite());
    }
}
