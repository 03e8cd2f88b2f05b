//! Tests of rules as sets of packets: what [`super::super::check`] says of one packet, for all.

use super::bits::{self, Bits};
use super::bytes;
use super::names::Names;
use super::space::{Atom, Space};
use super::view::{Device, Ends, View, place};
use crate::logic::Formula;
use crate::model::{Network, PortRange};
use crate::packet::check::{Check, Condition, ConnectionPart, ConnectionTest, STATE_DNAT, STATE_SNAT, Side, state_bit};
use crate::packet::oracle::UnknownId;
use crate::packet::program::Program;
use crate::packet::unknown::{Identity, InTurn, Repeated};
use crate::packet::{Direction, Flags, Path, State};

/// What tests look at.
pub(super) struct Looks<'s, 'p> {
    pub(super) space: &'s mut Space,
    pub(super) view: &'s View,
    pub(super) path: Path,
    pub(super) program: &'p Program,
    pub(super) names: &'s Names,
}

impl<'p> Looks<'_, 'p> {
    /// The packets that a condition holds for.
    pub(super) fn condition(&mut self, condition: &Condition) -> Formula {
        let set = self.check(&condition.check, condition);
        if condition.negated { set.opposite() } else { set }
    }

    fn check(&mut self, check: &Check, condition: &Condition) -> Formula {
        let view = self.view;
        match check {
            Check::Source(network) => self.network(&view.ends.source, *network),
            Check::Destination(network) => self.network(&view.ends.destination, *network),
            Check::Arrival { name, prefix } => self.device(&view.arrival, name, *prefix),
            Check::Departure { name, prefix } => self.device(&view.departure, name, *prefix),
            Check::Protocol(0) => Formula::TRUE,
            Check::Protocol(number) => self.space.protocol(*number),
            Check::Fragment => self.space.fields.fragment,
            Check::PlainPort { side, range, negated } => self.plain_port(*side, *range, *negated),
            Check::Begins { negated } => self.begins(*negated),
            Check::Visible(protocol) => self.visible(*protocol),
            Check::HasPorts => self.space.has_ports(),
            Check::Ports(side, ranges) => self.ports(*side, ranges),
            Check::Flags { among, chosen } => {
                let flags = self.space.fields.flags.clone();
                bits::masked(&mut self.space.f, &flags, (*chosen).into(), (*among).into())
            }
            Check::Icmp { kind, low, high } => self.icmp(*kind, *low, *high),
            Check::AddressRange(side, first, last) => {
                let address = if *side == Side::Source { &view.ends.source } else { &view.ends.destination };
                bits::within(&mut self.space.f, address, *first, *last)
            }
            Check::Mark { value, mask } => bits::masked(&mut self.space.f, &view.mark, *value, *mask),
            Check::Tracked => view.tracked(self.space),
            Check::ConnectionMark { value, mask } => {
                bits::masked(&mut self.space.f, &view.connection_mark, *value, *mask)
            }
            Check::Tos { value, mask } => bits::masked(&mut self.space.f, &view.tos, (*value).into(), (*mask).into()),
            Check::Connection(test) => self.connection(test, condition),
            Check::AddressType(side, types) => self.address_type(*side, *types),
            Check::OwnAddress(network) => {
                let own = self.space.fields.own.clone();
                self.network(&own, *network)
            }
            Check::Length(low, high) => {
                let length = self.space.fields.length.clone();
                bits::within(&mut self.space.f, &length, (*low).into(), (*high).into())
            }
            Check::Bytes(tests) => {
                let (known, holds) = bytes::all(self.space, view, tests);
                let unseen = self.unseen(condition);
                self.space.f.choose(known, holds, unseen)
            }
            Check::Never => Formula::FALSE,
            Check::Unknown => self.unseen(condition),
        }
    }

    /// What cannot be seen in the packet.
    fn unseen(&mut self, condition: &Condition) -> Formula {
        match self.repeated(condition.unknown).and_then(|own| own.first_of.as_ref()) {
            Some(in_turn) => match (self.rules_of(in_turn), self.view.only()) {
                (Some(rules), Some(ends)) => self.names.first_of(self.space, (self.view, ends), &rules, in_turn.at),
                _ => self.space.alone("the order of rules"),
            },
            None => self.names.unknown(self.space, self.view, self.program, condition.unknown),
        }
    }

    fn repeated(&self, unknown: UnknownId) -> Option<&'p Repeated> {
        match self.program.unknowns.get(unknown.0 as usize)?.open()? {
            Identity::Rounds(own) => Some(own),
            _ => None,
        }
    }

    /// The rules that rounds make, in turn, and the packets that pass what is the same in all rounds; if it is known of
    /// all of them.
    fn rules_of(&mut self, in_turn: &InTurn) -> Option<Vec<(&'p Repeated, Formula)>> {
        let program = self.program;
        let rules = program.chains.get(in_turn.chain).map(|chain| chain.rules.as_slice()).unwrap_or_default();
        let mut found = Vec::new();
        for rule in rules.iter().filter(|rule| in_turn.entries.contains(&rule.entry)) {
            let (mut fits, mut own) = (Formula::TRUE, None);
            for condition in &rule.conditions {
                match self.repeated(condition.unknown) {
                    Some(repeated) => own = Some(repeated),
                    None => {
                        let set = self.condition(condition);
                        fits = self.space.f.and(fits, set);
                    }
                }
            }
            found.push((own?, fits));
        }
        Some(found)
    }

    fn network(&mut self, address: &Bits, network: Network) -> Formula {
        bits::masked(&mut self.space.f, address, network.address, network.mask)
    }

    fn device(&mut self, device: &Device, name: &str, prefix: bool) -> Formula {
        match device {
            Device::None => {
                if name.is_empty() {
                    Formula::TRUE
                } else {
                    Formula::FALSE
                }
            }
            Device::Class(class) => {
                let fitting: Vec<u32> = self.space.classes.fitting(name, prefix).collect();
                if fitting.len() == self.space.classes.count() {
                    return Formula::TRUE;
                }
                let mut any = Formula::FALSE;
                for number in fitting {
                    let own = bits::is(&mut self.space.f, class, number);
                    any = self.space.f.or(any, own);
                }
                any
            }
        }
    }

    fn plain_port(&mut self, side: Side, range: PortRange, negated: bool) -> Formula {
        let ends = &self.view.ends;
        let port = if side == Side::Source { &ends.source_port } else { &ends.destination_port };
        let ported = self.space.has_ports();
        let icmp = self.visible(1);
        let numbered = self.space.f.or(ported, icmp);
        let within = bits::within(&mut self.space.f, port, range.low.into(), range.high.into());
        let none = if range.low <= range.high && range.high == u16::MAX { Formula::TRUE } else { Formula::FALSE };
        let whole = self.space.f.choose(numbered, within, none);
        let whole = if negated { whole.opposite() } else { whole };
        let fragment = if range == PortRange::ANY { Formula::TRUE } else { Formula::FALSE };
        self.space.f.choose(self.space.fields.fragment, fragment, whole)
    }

    fn begins(&mut self, negated: bool) -> Formula {
        let looked_at = Flags::SYN.with(Flags::ACK).with(Flags::RST).0;
        let flags = self.space.fields.flags.clone();
        let syn = bits::masked(&mut self.space.f, &flags, Flags::SYN.0.into(), looked_at.into());
        let syn = if negated { syn.opposite() } else { syn };
        self.space.f.and_not(syn, self.space.fields.fragment)
    }

    fn visible(&mut self, protocol: u8) -> Formula {
        let own = self.space.protocol(protocol.into());
        self.space.f.and_not(own, self.space.fields.fragment)
    }

    fn ports(&mut self, side: Side, ranges: &[PortRange]) -> Formula {
        let ends = &self.view.ends;
        let sides = match side {
            Side::Source => vec![&ends.source_port],
            Side::Destination => vec![&ends.destination_port],
            Side::Either => vec![&ends.source_port, &ends.destination_port],
        };
        let mut any = Formula::FALSE;
        for port in sides {
            for range in ranges {
                let own = bits::within(&mut self.space.f, port, range.low.into(), range.high.into());
                any = self.space.f.or(any, own);
            }
        }
        any
    }

    fn icmp(&mut self, kind: u8, low: u8, high: u8) -> Formula {
        let own = self.visible(1);
        if kind == u8::MAX {
            return own;
        }
        let ends = &self.view.ends;
        let kind = bits::is(&mut self.space.f, &ends.source_port, kind.into());
        let code = bits::within(&mut self.space.f, &ends.destination_port, low.into(), high.into());
        let both = self.space.f.and(kind, code);
        self.space.f.and(own, both)
    }

    /// `conntrack_mt`, as [`ConnectionTest`] has it for one packet.
    fn connection(&mut self, test: &ConnectionTest, condition: &Condition) -> Formula {
        let tracked = self.view.tracked(self.space);
        let states = match test.states {
            Some((states, negated)) => {
                let set = self.states(states, tracked);
                if negated { set.opposite() } else { set }
            }
            None => tracked,
        };
        let mut parts = Formula::TRUE;
        for (part, negated) in &test.parts {
            let set = self.connection_part(part, condition);
            parts = self.space.f.and(parts, if *negated { set.opposite() } else { set });
        }
        // Without a connection only the state counts.
        let fits = self.space.f.or(tracked.opposite(), parts);
        self.space.f.and(states, fits)
    }

    fn states(&mut self, states: u8, tracked: Formula) -> Formula {
        let mut any = Formula::FALSE;
        for (_, state) in State::NAMES.iter().filter(|(_, state)| states & state_bit(*state) != 0) {
            any = self.space.f.or(any, self.view.states[place(*state)]);
        }
        if states & STATE_SNAT != 0 {
            let own = self.view.source_is_translated(self.space);
            let own = self.space.f.and(own, tracked);
            any = self.space.f.or(any, own);
        }
        if states & STATE_DNAT != 0 {
            let own = self.view.destination_is_translated(self.space);
            let own = self.space.f.and(own, tracked);
            any = self.space.f.or(any, own);
        }
        any
    }

    /// An ICMP error is about a connection of any protocol.
    fn connection_protocol(&mut self, number: u16, condition: &Condition) -> Formula {
        let (icmp, own, unseen) = (self.space.protocol(1), self.space.protocol(number), self.unseen(condition));
        let about = self.space.f.and(icmp, self.view.states[place(State::Related)]);
        self.space.f.choose(about, unseen, own)
    }

    fn connection_part(&mut self, part: &ConnectionPart, condition: &Condition) -> Formula {
        let View { first, answer, reply, .. } = self.view;
        match part {
            ConnectionPart::Direction(Direction::Reply) => *reply,
            ConnectionPart::Direction(Direction::Original) => reply.opposite(),
            ConnectionPart::Protocol(number) => self.connection_protocol(*number, condition),
            ConnectionPart::OriginalSource(network) => self.network(&first.source, *network),
            ConnectionPart::OriginalDestination(network) => self.network(&first.destination, *network),
            ConnectionPart::ReplySource(network) => self.network(&answer.source, *network),
            ConnectionPart::ReplyDestination(network) => self.network(&answer.destination, *network),
            ConnectionPart::OriginalSourcePort(range) => self.connection_port(first, *range, true, condition),
            ConnectionPart::OriginalDestinationPort(range) => self.connection_port(first, *range, false, condition),
            ConnectionPart::ReplySourcePort(range) => self.connection_port(answer, *range, true, condition),
            ConnectionPart::ReplyDestinationPort(range) => self.connection_port(answer, *range, false, condition),
            ConnectionPart::Unknown => self.unseen(condition),
        }
    }

    /// Connections without ports have other numbers in their place, which are not known.
    fn connection_port(&mut self, ends: &Ends, range: PortRange, source: bool, condition: &Condition) -> Formula {
        let port = if source { &ends.source_port } else { &ends.destination_port };
        let within = bits::within(&mut self.space.f, port, range.low.into(), range.high.into());
        let (ported, unseen) = (self.space.has_ports(), self.unseen(condition));
        self.space.f.choose(ported, within, unseen)
    }

    /// What the packet's own way tells of an address; the rest is up to the routing table.
    fn address_type(&mut self, side: Side, types: u16) -> Formula {
        use crate::packet::check::address_types;
        let has =
            |name: &str| if types & address_types(&[name.to_owned()]) != 0 { Formula::TRUE } else { Formula::FALSE };
        let (address, as_sent) = match side {
            Side::Source => (&self.view.ends.source, false),
            _ => (&self.view.ends.destination, self.view.ends.destination == self.space.fields.destination),
        };
        let text = format!("the type of an address, {types:#x}");
        let mut answer = self.space.atom(Atom::Test(text, address.clone()));
        if as_sent && self.path == Path::Received {
            let last = bits::masked(&mut self.space.f, address, 0xFF, 0xFF);
            answer = self.space.f.choose(last, answer, has("LOCAL"));
        }
        if as_sent && self.path == Path::Forwarded {
            answer = has("UNICAST");
        }
        let local = bits::masked(&mut self.space.f, address, 127 << 24, 0xFF00_0000);
        answer = self.space.f.choose(local, has("LOCAL"), answer);
        for (value, mask, name) in
            [(0, u32::MAX, "BROADCAST"), (u32::MAX, u32::MAX, "BROADCAST"), (0xE000_0000, 0xF000_0000, "MULTICAST")]
        {
            let own = bits::masked(&mut self.space.f, address, value, mask);
            answer = self.space.f.choose(own, has(name), answer);
        }
        answer
    }
}
