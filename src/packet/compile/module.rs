//! Matches of iptables' extensions as conditions.
//!
//! An option that is not understood here is opaque or stateful, as its declaration says.

use super::test::network;
use super::{Compiler, Identity};
use crate::dialect::iptables::extensions::{self, Meaning, Role};
use crate::dialect::iptables::kind;
use crate::model::{Argument, Family, ModuleUse, Network, OptionUse, PortRange, Test};
use crate::packet::check::{
    ByteTests, Check, Condition, ConnectionPart, ConnectionTest, STATE_DNAT, STATE_SNAT, Side, address_types, state_bit,
};
use crate::packet::{Direction, Flags, Reason, State};
use crate::text::Place;

impl Compiler<'_> {
    /// Adds the conditions that `-m NAME` with its options stands for.
    pub(super) fn module(&mut self, module: &ModuleUse, rule: Place, conditions: &mut Vec<Condition>) {
        match module.name.as_str() {
            "comment" => {}
            "tcp" => self.header(module, Check::Visible(6), rule, conditions),
            "udp" => self.header(module, Check::Visible(17), rule, conditions),
            "icmp" => self.header(module, Check::Visible(1), rule, conditions),
            "dccp" => self.header(module, Check::Visible(33), rule, conditions),
            "sctp" => self.header(module, Check::Visible(132), rule, conditions),
            "multiport" => self.header(module, Check::HasPorts, rule, conditions),
            "connmark" => self.header(module, Check::Tracked, rule, conditions),
            "state" | "conntrack" => {
                let check = connection(module);
                self.condition(false, check, module.clone(), rule, conditions);
            }
            "recent" if module.options.iter().any(|option| option.name == "--set") => {
                // It makes an entry and always holds (recent_mt of net/netfilter/xt_recent.c).
                if module.options.iter().any(|option| option.name == "--set" && option.negated) {
                    self.condition(false, Check::Never, module.clone(), rule, conditions);
                }
            }
            _ => self.options(module, rule, conditions),
        }
    }

    /// A match that never holds for packets without a header that it can look into, negated or not.
    fn header(&mut self, module: &ModuleUse, visible: Check, rule: Place, conditions: &mut Vec<Condition>) {
        self.condition(false, visible, bare(module), rule, conditions);
        self.options(module, rule, conditions);
    }

    /// The options one by one, where each is understood; else the match as a whole.
    fn options(&mut self, module: &ModuleUse, rule: Place, conditions: &mut Vec<Condition>) {
        let check = |option: &OptionUse| self.check(module, option);
        let checks: Option<Vec<Check>> = module.options.iter().map(check).collect();
        match checks {
            Some(checks) if !checks.is_empty() || module.options.is_empty() && is_header(module) => {
                for (option, check) in module.options.iter().zip(checks) {
                    self.condition(option.negated, check, alone(module, option), rule, conditions);
                }
            }
            _ => self.opaque(module, rule, conditions),
        }
    }

    /// The check of an option that is understood; addresses and bytes are only those of IPv4.
    fn check(&self, module: &ModuleUse, option: &OptionUse) -> Option<Check> {
        let of_header = matches!(module.name.as_str(), "addrtype" | "u32" | "length" | "iprange");
        if of_header && self.family == Family::V6 { None } else { check(module, option) }
    }

    fn opaque(&mut self, module: &ModuleUse, rule: Place, conditions: &mut Vec<Condition>) {
        // Options that are understood rule a packet out even where others are not; keep those.
        let (mut negated, mut rest) = (false, ModuleUse { name: module.name.clone(), options: Vec::new() });
        for option in &module.options {
            match self.check(module, option) {
                Some(check) => self.condition(option.negated, check, alone(module, option), rule, conditions),
                None => rest.options.push(option.clone()),
            }
        }
        if let [only] = rest.options.as_mut_slice() {
            negated = std::mem::take(&mut only.negated);
        }
        let text = shown(module);
        if is_stateful(module) {
            let unknown = self.unknown(Reason::Stateful(text, rule), true);
            conditions.push(Condition { negated, check: Check::Unknown, unknown });
            return;
        }
        let unknown = self.shared(Identity::Test(Test::Module(rest)), |_| Reason::Opaque(text, rule));
        conditions.push(Condition { negated, check: Check::Unknown, unknown });
    }

    fn condition(&mut self, negated: bool, check: Check, key: ModuleUse, rule: Place, conditions: &mut Vec<Condition>) {
        let value = key.options.iter().find_map(unknown_argument);
        let reason = |key: &Identity| match (value, key) {
            (Some(value), _) => Reason::Value(value, rule),
            (None, Identity::Test(Test::Module(key))) => Reason::Opaque(shown(key), rule),
            (None, _) => Reason::TooMany,
        };
        let unknown = self.shared(Identity::Test(Test::Module(key)), reason);
        conditions.push(Condition { negated, check, unknown });
    }
}

fn unknown_argument(option: &OptionUse) -> Option<String> {
    match &option.argument {
        Some(Argument::Unknown(value)) => Some(value.to_string()),
        _ => None,
    }
}

fn is_header(module: &ModuleUse) -> bool {
    matches!(module.name.as_str(), "tcp" | "udp" | "icmp" | "dccp" | "sctp" | "multiport")
}

fn bare(module: &ModuleUse) -> ModuleUse {
    ModuleUse { name: module.name.clone(), options: Vec::new() }
}

/// The match with this option only, not negated.
fn alone(module: &ModuleUse, option: &OptionUse) -> ModuleUse {
    ModuleUse { name: module.name.clone(), options: vec![OptionUse { negated: false, ..option.clone() }] }
}

/// The match as it is written.
fn shown(module: &ModuleUse) -> String {
    written("-m", (&module.name, Role::Match), &module.options)
}

/// What a match keeps for others to ask, as it is written: the list of `recent` is one for all rules.
pub(super) fn kept(test: &Test) -> Option<String> {
    let Test::Module(module) = test else { return None };
    let keeps = |option: &OptionUse| matches!(option.name.as_str(), "--set" | "--update" | "--remove");
    (module.name == "recent" && module.options.iter().any(keeps)).then(|| shown(module))
}

/// An extension as it is written.
pub(super) fn written(flag: &str, (name, role): (&str, Role), options: &[OptionUse]) -> String {
    let mut text = format!("{flag} {name}");
    for option in options {
        text.push_str(if option.negated { " ! " } else { " " });
        text.push_str(&option.name);
        if let Some(argument) = &option.argument {
            let row = extensions::find(name, role, Family::V4).and_then(|own| own.option(&option.name));
            let written = row.map_or_else(|| kind::write(argument), |row| row.kind.write(argument));
            text.push_str(&format!(" {written}"));
        }
    }
    text
}

/// Whether the same packet may get different answers: so it is declared, or it is not declared at all.
fn is_stateful(module: &ModuleUse) -> bool {
    extensions::find(&module.name, Role::Match, Family::V4)
        .is_none_or(|extension| extension.options.iter().any(|row| row.meaning == Meaning::Stateful))
}

/// The check of an option that is understood.
fn check(module: &ModuleUse, option: &OptionUse) -> Option<Check> {
    let argument = option.argument.as_ref()?;
    if let Argument::Unknown(_) = argument {
        return Some(Check::Unknown);
    }
    match (module.name.as_str(), option.name.as_str(), argument) {
        ("tcp" | "udp" | "dccp" | "sctp", "--sport", ports) => ports_of(Side::Source, ports),
        ("tcp" | "udp" | "dccp" | "sctp", "--dport", ports) => ports_of(Side::Destination, ports),
        ("multiport", "--sports", ports) => ports_of(Side::Source, ports),
        ("multiport", "--dports", ports) => ports_of(Side::Destination, ports),
        ("multiport", "--ports", ports) => ports_of(Side::Either, ports),
        ("tcp", "--tcp-flags" | "--syn", Argument::Set { among: Some(among), chosen }) => {
            Some(Check::Flags { among: flags(among), chosen: flags(chosen) })
        }
        ("icmp", _, Argument::Icmp { kind, low, high }) => Some(Check::Icmp { kind: *kind, low: *low, high: *high }),
        ("mark", _, Argument::Masked { value, mask }) => Some(Check::Mark { value: *value, mask: *mask }),
        ("connmark", _, Argument::Masked { value, mask }) => Some(Check::ConnectionMark { value: *value, mask: *mask }),
        ("tos", _, Argument::Masked { value, mask }) => Some(Check::Tos { value: *value as u8, mask: *mask as u8 }),
        ("dscp", _, Argument::Number(value)) => Some(Check::Tos { value: (*value as u8) << 2, mask: 0xFC }),
        ("iprange", "--src-range", Argument::AddressRange(first, last)) => {
            Some(Check::AddressRange(Side::Source, *first, *last))
        }
        ("iprange", "--dst-range", Argument::AddressRange(first, last)) => {
            Some(Check::AddressRange(Side::Destination, *first, *last))
        }
        // With these, addresses are looked up for one device only.
        ("addrtype", ..) if module.options.iter().any(|option| option.name.starts_with("--limit-iface")) => None,
        ("addrtype", "--src-type", Argument::Set { chosen, .. }) => {
            Some(Check::AddressType(Side::Source, address_types(chosen)))
        }
        ("addrtype", "--dst-type", Argument::Set { chosen, .. }) => {
            Some(Check::AddressType(Side::Destination, address_types(chosen)))
        }
        ("length", _, Argument::Range { low, high }) => Some(length(*low, *high)),
        ("u32", _, Argument::Text(text)) => Some(Check::Bytes(Box::new(ByteTests::read(text)?))),
        _ => None,
    }
}

fn length(low: u64, high: u64) -> Check {
    let clamp = |value: u64| u16::try_from(value).unwrap_or(u16::MAX);
    if low > high { Check::Never } else { Check::Length(clamp(low), clamp(high)) }
}

fn ports_of(side: Side, argument: &Argument) -> Option<Check> {
    match argument {
        Argument::Ports(ranges) => Some(Check::Ports(side, ranges.as_slice().into())),
        _ => None,
    }
}

fn flags(names: &[String]) -> u8 {
    names.iter().filter_map(|name| Flags::named(name)).fold(Flags::default(), Flags::with).0
}

fn connection(module: &ModuleUse) -> Check {
    let mut test = ConnectionTest::default();
    for option in &module.options {
        match (option.name.as_str(), &option.argument) {
            ("--state" | "--ctstate", Some(Argument::Set { chosen, .. })) => {
                test.states = Some((states(chosen), option.negated));
            }
            // What the states are is not known, but a packet may have to be in one.
            ("--state" | "--ctstate", _) => return Check::Unknown,
            _ => test.parts.push((connection_part(option), option.negated)),
        }
    }
    Check::Connection(Box::new(test))
}

fn states(names: &[String]) -> u8 {
    let bit = |name: &String| match name.as_str() {
        "SNAT" => STATE_SNAT,
        "DNAT" => STATE_DNAT,
        name => State::named(name).map_or(0, state_bit),
    };
    names.iter().map(bit).fold(0, |all, one| all | one)
}

fn connection_part(option: &OptionUse) -> ConnectionPart {
    let Some(argument) = &option.argument else { return ConnectionPart::Unknown };
    let found = match option.name.as_str() {
        "--ctdir" => direction(argument),
        "--ctproto" => match argument {
            Argument::Number(number) => u16::try_from(*number).ok().map(ConnectionPart::Protocol),
            _ => None,
        },
        "--ctorigsrc" => host(argument).map(ConnectionPart::OriginalSource),
        "--ctorigdst" => host(argument).map(ConnectionPart::OriginalDestination),
        "--ctreplsrc" => host(argument).map(ConnectionPart::ReplySource),
        "--ctrepldst" => host(argument).map(ConnectionPart::ReplyDestination),
        "--ctorigsrcport" => port(argument).map(ConnectionPart::OriginalSourcePort),
        "--ctorigdstport" => port(argument).map(ConnectionPart::OriginalDestinationPort),
        "--ctreplsrcport" => port(argument).map(ConnectionPart::ReplySourcePort),
        "--ctrepldstport" => port(argument).map(ConnectionPart::ReplyDestinationPort),
        _ => None,
    };
    found.unwrap_or(ConnectionPart::Unknown)
}

fn direction(argument: &Argument) -> Option<ConnectionPart> {
    match argument {
        Argument::Text(text) if text == "ORIGINAL" => Some(ConnectionPart::Direction(Direction::Original)),
        Argument::Text(text) if text == "REPLY" => Some(ConnectionPart::Direction(Direction::Reply)),
        _ => None,
    }
}

/// The kernel compares (address xor rule's address) and mask (`conntrack_addrcmp`), so bits outside the mask go.
fn host(argument: &Argument) -> Option<Network> {
    match argument {
        Argument::Network(address) => network(address).map(|own| Network { address: own.address & own.mask, ..own }),
        _ => None,
    }
}

fn port(argument: &Argument) -> Option<PortRange> {
    match argument {
        Argument::Ports(ranges) => ranges.first().copied(),
        _ => None,
    }
}
