//! How words become arguments, and arguments the words of `iptables-save`.

use super::{
    Change, Kind, Quoting, Scope, address, bandwidth, bytecode, icmp, list, mark, number, pattern, ports,
    protocol_as_written, rate, sctp, tests32, text, time, words,
};
use crate::model::{Argument, PortRange};

impl Kind {
    /// Understands `words`, of which there are [`Kind::arity`]; otherwise says what is wrong.
    pub fn read(&self, words: &[&str], scope: Scope) -> Result<Option<Argument>, String> {
        let word = words.first().copied().unwrap_or_default();
        let argument = match *self {
            Self::Switch => return Ok(None),
            Self::FixedFlags(among, chosen) => words::fixed_flags(among, chosen),
            Self::TcpFlags => words::tcp_flags(word, words.get(1).copied().unwrap_or_default())?,
            Self::PortRange => ports::range(word, scope)?,
            Self::WrappingPort => ports::wrapping_single(word)?,
            Self::PortList => ports::list(word, scope)?,
            Self::WrappingPortRange | Self::ConnectionPorts => ports::wrapping_range(word)?,
            Self::NatPorts(shift) => ports::nat(word, shift).map(Argument::Text)?,
            Self::Nat(shift) => address::nat(word, scope, shift)?,
            Self::Number(low, high) => number::bounded(word, low, high)?,
            Self::Hexadecimal(high, _) => number::bounded(word, 0, high)?,
            Self::Range(high) => number::range(word, high)?,
            Self::AscendingRange(high) => number::ascending_range(word, high)?,
            Self::StrictRange(high) => number::strict_range(word, high)?,
            Self::PrefixLength => address::prefix_length(word, scope.family, false)?,
            Self::LoosePrefixLength => address::prefix_length(word, scope.family, true)?,
            Self::Probability => number::probability(word)?,
            Self::Zone => number::zone(word)?,
            Self::Mark => mark::masked(word)?,
            Self::Realm => mark::named(word, "cosmos")?,
            Self::Group => mark::named(word, "default")?,
            Self::MarkChange(change) => change.read(word)?,
            Self::Tos => mark::tos(word, Change::SetXor)?,
            Self::TosChange(change) => mark::tos(word, change)?,
            Self::DscpClass => words::dscp_class(word)?,
            Self::Set(all) => words::set(word, all, words::Spelling::Folded)?,
            Self::LooseSet(all) => words::loose_set(word, all)?,
            Self::BarredSet(all) => words::barred_set(word, all)?,
            Self::ExactSet(all) => words::set(word, all, words::Spelling::Exact)?,
            Self::SetByBeginning(all) => words::set(word, all, words::Spelling::Beginning)?,
            Self::Choice(choices, case) => words::choice(word, choices, case)?,
            Self::Icmp(names) => icmp::read(word, names)?,
            Self::Rate => rate::packets(word, rate::SCALE)?,
            Self::FineRate => rate::fine(word)?,
            Self::Burst => rate::burst(word)?,
            Self::Seconds => number::seconds(word)?,
            Self::CounterName => text::counter_name(word)?,
            Self::OpenRange => number::open_range(word)?,
            Self::ByteTests => tests32::read(word)?,
            Self::Text(longest, quoting) => text::read(word, longest, quoting)?,
            Self::Label(longest) => text::label(word, longest)?,
            Self::Delay => number::delay(word)?,
            Self::FileName(longest, taken) => text::file_name(word, longest, taken)?,
            Self::Pattern => pattern::plain(word)?,
            Self::HexPattern => pattern::hexadecimal(word)?,
            Self::SetOfPackets => words::set_of_packets(word, words.get(1).copied().unwrap_or_default())?,
            Self::Chunks => sctp::read(word, words.get(1).copied().unwrap_or_default())?,
            Self::Mac => address::mac(word)?,
            Self::GroupMac => address::group_mac(word)?,
            Self::AddressRange => address::range(word, scope.family)?,
            Self::Address => address::address(word, scope.family)?,
            Self::Host => address::host(word, scope.family)?,
            Self::Network => address::network(word, scope.family)?,
            Self::Netmask => address::netmask(word, scope.family)?,
            Self::Owner => number::owner(word)?,
            Self::Protocol => protocol_as_written(word).map(|number| Argument::Number(number.into()))?,
            Self::Interface if word.len() > 15 => {
                return Err(format!("`{word}` is longer than the 15 bytes of an interface"));
            }
            Self::Interface => Argument::Text(word.to_owned()),
            Self::ClassId => number::class(word)?,
            Self::BitRate | Self::OptionalNumber | Self::MaybeWord if words.is_empty() => return Ok(None),
            Self::Words(_) | Self::MaybeWord => text::words(words),
            Self::Names(all) => list::names(word, all)?,
            Self::HeaderOptions => list::header_options(word)?,
            Self::AddressList => list::addresses(word)?,
            Self::TcpOptions => list::tcp_options(word)?,
            Self::NamedRange(names) => list::named_range(word, names)?,
            Self::Bytecode => bytecode::read(word)?,
            Self::Date => time::date(word)?,
            Self::TimeOfDay => time::time_of_day(word)?,
            Self::WeekDays => time::week_days(word)?,
            Self::MonthDays => time::month_days(word)?,
            Self::BitRate => bandwidth::rate(word)?,
            Self::OptionalNumber => number::bounded(word, 0, u32::MAX.into())?,
            Self::Span => bandwidth::span(word)?,
            Self::Bit(highest) => number::bit(word, highest)?,
            Self::QuotedNumber(highest) => number::label(word, highest)?,
            Self::Lowered(most) => number::lowered(word, most)?,
            Self::LowBits(bits) => number::low_bits(word, bits)?,
            Self::Segment => address::segment(word)?,
            Self::Prefix => address::prefix(word)?,
        };
        Ok(Some(argument))
    }

    /// The argument as `iptables-save` spells it.
    pub fn write(&self, argument: &Argument) -> String {
        match (self, argument) {
            (Self::Hexadecimal(_, digits), Argument::Number(value)) => format!("0x{value:0digits$x}"),
            (Self::QuotedNumber(_), Argument::Number(value)) => format!("\"{value}\""),
            (Self::Realm, Argument::Masked { value: 0, mask: u32::MAX }) => "cosmos".to_owned(),
            (Self::Group, Argument::Masked { value: 0, mask: u32::MAX }) => "default".to_owned(),
            (Self::Mark | Self::Realm | Self::Group, Argument::Masked { value, mask: u32::MAX }) => {
                format!("{value:#x}")
            }
            (Self::Mark | Self::MarkChange(_), Argument::Masked { value, mask }) => format!("{value:#x}/{mask:#x}"),
            (Self::Tos | Self::TosChange(_), Argument::Masked { value, mask }) => {
                format!("{value:#04x}/{mask:#04x}")
            }
            (Self::ByteTests | Self::Bytecode, Argument::Text(text)) => Quoting::Always.write(text),
            (Self::FineRate, Argument::Rate(own)) => rate::write(*own, rate::FINE_SCALE),
            (Self::ConnectionPorts, Argument::Ports(ranges)) => match ranges.as_slice() {
                [PortRange { low, high: 0 }] => low.to_string(),
                _ => write(argument),
            },
            (Self::Span, Argument::Number(span)) => bandwidth::write_span(*span),
            (Self::OpenRange, Argument::Range { low, high: 0 | u64::MAX }) => low.to_string(),
            (Self::OpenRange, Argument::Range { low, high }) => format!("{low}:{high}"),
            // The program leaves two blanks.
            (Self::CounterName, Argument::Text(name)) => format!(" {name}"),
            (Self::Text(_, quoting), Argument::Text(text)) => quoting.write(text),
            (Self::Label(_), Argument::Text(text)) => {
                Quoting::Always.write(&text.replace('\\', "\\\\").replace('"', "\\\""))
            }
            (Self::Icmp(names), Argument::Icmp { kind, low, high }) => icmp::write(*kind, *low, *high, names),
            (Self::Owner, Argument::Range { low, high }) if low != high => format!("{low}-{high}"),
            (Self::WeekDays | Self::MonthDays, Argument::Set { chosen, .. }) => time::write(chosen),
            (Self::Host | Self::Address, Argument::Network(address)) => address::write_host(address),
            (_, argument) => write(argument),
        }
    }
}

/// The argument without knowledge of its option.
pub fn write(argument: &Argument) -> String {
    match argument {
        Argument::Rate(own) => rate::write(*own, rate::SCALE),
        Argument::Bytes(bytes) => pattern::write(bytes),
        Argument::Ports(ranges) => ranges.iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
        Argument::Masked { value, mask } => format!("{value:#x}/{mask:#x}"),
        Argument::Number(value) => value.to_string(),
        Argument::Range { low, high } if low == high => low.to_string(),
        Argument::Range { low, high } => format!("{low}:{high}"),
        Argument::Set { among, chosen } => words::write(among.as_deref(), chosen),
        Argument::Icmp { kind, low, high } => icmp::write(*kind, *low, *high, &[]),
        Argument::Network(address) => address.to_string(),
        Argument::AddressRange(first, last) => address::write_range(*first, *last),
        Argument::Text(text) => text.clone(),
        Argument::Unknown(value) => {
            let text = value.to_string();
            if text.contains([' ', '\t']) { format!("\"{text}\"") } else { text }
        }
    }
}
