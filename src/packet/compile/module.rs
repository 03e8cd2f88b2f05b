//! Matches of iptables' extensions as conditions.
//!
//! An option that is not understood here is opaque or stateful, as its declaration says.

use super::test::network;
use super::{Compiler, Identity, Part, Spot};
use crate::dialect::iptables::extensions::{self, Meaning, Role};
use crate::dialect::iptables::kind;
use crate::model::{Argument, Family, ModuleUse, Network, OptionUse, PortRange, Test};
use crate::packet::check::{
    ByteTests, Check, Condition, ConnectionPart, ConnectionTest, STATE_DNAT, STATE_SNAT, Side, address_types, state_bit,
};
use crate::packet::unknown::alone;
use crate::packet::{Direction, Flags, Reason, State};

impl Compiler<'_> {
    /// Adds the conditions that `-m NAME` with its options stands for.
    pub(super) fn module(&mut self, module: &ModuleUse, spot: Spot<'_>, conditions: &mut Vec<Condition>) {
        match module.name.as_str() {
            "comment" => {}
            "tcp" => self.header(module, Check::Visible(6), spot, conditions),
            "udp" => self.header(module, Check::Visible(17), spot, conditions),
            "icmp" => self.header(module, Check::Visible(1), spot, conditions),
            "dccp" => self.header(module, Check::Visible(33), spot, conditions),
            "sctp" => self.header(module, Check::Visible(132), spot, conditions),
            "multiport" => self.header(module, Check::HasPorts, spot, conditions),
            "connmark" => self.header(module, Check::Tracked, spot, conditions),
            "state" | "conntrack" => {
                let check = connection(module);
                self.whole(check, module, spot, conditions);
            }
            "recent" if module.options.iter().any(|option| option.name == "--set") => {
                // It makes an entry and always holds (recent_mt of net/netfilter/xt_recent.c).
                if module.options.iter().any(|option| option.name == "--set" && option.negated) {
                    self.whole(Check::Never, module, spot, conditions);
                }
            }
            _ => self.options(module, spot, conditions),
        }
    }

    /// A match that never holds for packets without a header that it can look into, negated or not.
    fn header(&mut self, module: &ModuleUse, visible: Check, spot: Spot<'_>, conditions: &mut Vec<Condition>) {
        conditions.push(Condition { negated: false, check: visible, unknown: self.written(spot, Part::Name) });
        self.options(module, spot, conditions);
    }

    /// The options one by one, where each is understood; else the match as a whole.
    fn options(&mut self, module: &ModuleUse, spot: Spot<'_>, conditions: &mut Vec<Condition>) {
        let check = |option: &OptionUse| self.check(module, option);
        let checks: Option<Vec<Check>> = module.options.iter().map(check).collect();
        match checks {
            Some(checks) if !checks.is_empty() || module.options.is_empty() && is_header(module) => {
                for (at, check) in (0..).zip(checks) {
                    self.option(check, module, (spot, at), conditions);
                }
            }
            _ => self.opaque(module, spot, conditions),
        }
    }

    /// The check of an option that is understood; addresses and bytes are only those of IPv4.
    fn check(&self, module: &ModuleUse, option: &OptionUse) -> Option<Check> {
        let of_header = matches!(module.name.as_str(), "addrtype" | "u32" | "length" | "iprange");
        if of_header && self.family == Family::V6 { None } else { check(module, option) }
    }

    fn opaque(&mut self, module: &ModuleUse, spot: Spot<'_>, conditions: &mut Vec<Condition>) {
        // Options that are understood rule a packet out even where others are not; keep those.
        let (mut negated, mut rest) = (false, ModuleUse { name: module.name.clone(), options: Vec::new() });
        for (at, option) in (0..).zip(&module.options) {
            match self.check(module, option) {
                Some(check) => self.option(check, module, (spot, at), conditions),
                None => rest.options.push(option.clone()),
            }
        }
        if let [only] = rest.options.as_mut_slice() {
            negated = std::mem::take(&mut only.negated);
        }
        let (text, rule) = (shown(module), spot.rule.place);
        if is_stateful(module) {
            let unknown = self.unknown(Reason::Stateful(text, rule), true);
            conditions.push(Condition { negated, check: Check::Unknown, unknown });
            return;
        }
        let unknown = self.shared(Identity::Test(Test::Module(rest)), |_| Reason::Opaque(text, rule));
        conditions.push(Condition { negated, check: Check::Unknown, unknown });
    }

    /// Adds the condition for the option of that number.
    fn option(
        &mut self,
        check: Check,
        module: &ModuleUse,
        (spot, at): (Spot<'_>, u32),
        conditions: &mut Vec<Condition>,
    ) {
        let option = &module.options[at as usize];
        let unknown = match unknown_argument(option) {
            Some(value) => {
                let test = Test::Module(alone(module, at));
                self.shared(Identity::Test(test), |_| Reason::Value(value, spot.rule.place))
            }
            None => self.written(spot, Part::Option(at)),
        };
        conditions.push(Condition { negated: option.negated, check, unknown });
    }

    /// Adds the condition for all options together.
    fn whole(&mut self, check: Check, module: &ModuleUse, spot: Spot<'_>, conditions: &mut Vec<Condition>) {
        let unknown = match module.options.iter().find_map(unknown_argument) {
            Some(value) => {
                let test = Test::Module(module.clone());
                self.shared(Identity::Test(test), |_| Reason::Value(value, spot.rule.place))
            }
            None => self.written(spot, Part::Whole),
        };
        conditions.push(Condition { negated: false, check, unknown });
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

/// A match as it is written.
pub(super) fn shown(module: &ModuleUse) -> String {
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
