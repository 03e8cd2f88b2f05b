//! The kinds of arguments that options of extensions take.
//!
//! A kind reads words into an [`Argument`] and writes it back in the spelling of
//! `iptables-save`, so that one declaration serves parsing and printing.

mod address;
pub(super) mod bandwidth;
mod bytecode;
mod fraction;
mod icmp;
mod list;
mod mark;
mod number;
mod pattern;
mod ports;
pub(super) mod rate;
mod sctp;
mod shape;
mod spelling;
mod tests32;
mod text;
mod time;
mod words;

use crate::dialect::names;
use crate::model::{Argument, Family};

pub use icmp::IcmpName;
pub use mark::Change;
pub(super) use number::number;
pub use ports::Shift;
pub use spelling::write;
pub(super) use text::words as words_as_they_stand;
pub use text::{Quoting, cut, quote};

/// What an option takes.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Nothing.
    Switch,
    /// Nothing; stands for fixed TCP flags: those looked at, and those that are set.
    FixedFlags(&'static [&'static str], &'static [&'static str]),
    /// Two words: TCP flags looked at, and those that are set.
    TcpFlags,
    /// A port or `low:high`.
    PortRange,
    /// One such port.
    WrappingPort,
    /// Up to 15 ports separated by commas; a range `low:high` counts twice.
    PortList,
    /// Like [`Kind::PortRange`], but in decimal only; larger numbers lose their upper bits, and ranges may run backwards.
    WrappingPortRange,
    /// The same; where it ends at 0, iptables prints only its beginning.
    ConnectionPorts,
    /// `port[-port[/base]]`.
    NatPorts(Shift),
    /// `[address[-address]][:port[-port[/base]]]`.
    Nat(Shift),
    /// A number from the first to the second.
    Number(u64, u64),
    /// A number up to the first, written as hexadecimal with so many digits.
    Hexadecimal(u64, usize),
    /// `low[:high]`, up to the given number; an end left out is the lowest or highest.
    Range(u64),
    /// The same, where the ends may not be in the wrong order.
    AscendingRange(u64),
    /// `low:high`, with `low` below `high`.
    StrictRange(u64),
    /// The length of a prefix, or a mask that is one.
    PrefixLength,
    /// The same, where another mask counts as a whole one.
    LoosePrefixLength,
    /// A fraction from 0 to 1, which the kernel keeps in 31 bits.
    Probability,
    /// A connection tracking zone: a number of 16 bits, or `mark`.
    Zone,
    /// `value[/mask]` of 32 bits.
    Mark,
    /// A routing realm: like [`Kind::Mark`], or a name from a list of the machine, in which iproute2 calls zero `cosmos`.
    Realm,
    /// A group of devices: like [`Kind::Mark`], or a name from a list of the machine, in which iproute2 calls zero `default`.
    Group,
    /// A change of a mark: `value[/mask]`, or `bits`.
    MarkChange(Change),
    /// `value[/mask]` of 8 bits or a symbolic name.
    Tos,
    /// A change of the TOS byte: `value[/mask]`, a symbolic name, or `bits`.
    TosChange(Change),
    /// A DiffServ class, written as its number.
    DscpClass,
    /// Words of the list separated by commas, in any case; canonical in the order of the list.
    Set(&'static [&'static str]),
    /// The same, where empty words count for nothing.
    LooseSet(&'static [&'static str]),
    /// The same as [`Kind::Set`], letter by letter.
    ExactSet(&'static [&'static str]),
    /// The same, where bars may stand for commas, and empty words count for nothing.
    BarredSet(&'static [&'static str]),
    /// The same, where the beginning of a word suffices.
    SetByBeginning(&'static [&'static str]),
    /// One word of the list; the second of each pair is canonical.
    Choice(&'static [(&'static str, &'static str)], Case),
    /// An ICMP type with an optional code.
    Icmp(&'static [IcmpName]),
    /// `count[/unit]`.
    Rate,
    /// Like [`Kind::Rate`] up to a million a second, or a number of bytes a second such as `512kb/s`.
    FineRate,
    /// A number of packets, or of bytes such as `512kb`.
    Burst,
    /// A number of seconds; what follows the number counts for nothing.
    Seconds,
    /// The name of a counter of nfacct(8).
    CounterName,
    /// `low[:high]` of 64 bits, where the highest number is left out.
    OpenRange,
    /// Tests of bytes in the language of `-m u32`; the numbers become hexadecimal.
    ByteTests,
    /// Any text, cut off after so many bytes.
    Text(usize, Quoting),
    /// Text of at most so many bytes, written in quotes with escapes.
    Label(usize),
    /// Milliseconds, or a word that begins with `inf`.
    Delay,
    /// The name of a file of the kernel, up to so many bytes long, and the names that it has given away.
    FileName(usize, &'static [&'static str]),
    /// Text to look for, as it stands.
    Pattern,
    /// The same, with bytes in hexadecimal between bars: `a|0d 0a|b`.
    HexPattern,
    /// A set's name, and up to six of `src` and `dst` separated by commas.
    SetOfPackets,
    /// Which of some SCTP chunks a packet has: `any`, `all` or `only`, and chunks with their flags.
    Chunks,
    /// A hardware address.
    Mac,
    /// A hardware address that stands for several hosts.
    GroupMac,
    /// `first[-last]` of addresses.
    AddressRange,
    /// So many words of any kind.
    Words(usize),
    /// A word of any kind, if there is one.
    MaybeWord,
    /// An address.
    Address,
    /// An address with an optional mask.
    Host,
    /// A network; the address loses the bits outside its mask.
    Network,
    /// A dotted mask.
    Netmask,
    /// A user's or group's number, a range of numbers, or the name of root.
    Owner,
    /// An IP protocol by name or number.
    Protocol,
    /// An interface name.
    Interface,
    /// `major:minor` in hexadecimal.
    ClassId,
    /// Words separated by commas; the second of each pair is canonical.
    Names(&'static [(&'static str, &'static str)]),
    /// Up to 16 of `type[:length]`, separated by commas.
    HeaderOptions,
    /// Up to 16 IPv6 addresses, separated by commas.
    AddressList,
    /// TCP options by name or number, separated by commas.
    TcpOptions,
    /// `low[:high]` of one byte, by name or number.
    NamedRange(&'static [(&'static str, u8)]),
    /// A compiled packet filter program.
    Bytecode,
    /// A date with an optional time.
    Date,
    /// A time of day.
    TimeOfDay,
    /// Days of the week; `!` stands for the other ones.
    WeekDays,
    /// Days of the month; `!` stands for the other ones.
    MonthDays,
    /// Bits a second; may be left out.
    BitRate,
    /// A number of 32 bits; may be left out.
    OptionalNumber,
    /// A span of time that the kernel measures over.
    Span,
    /// The number of a bit, counted from one, up to the given one.
    Bit(u64),
    /// The number of a label up to the given one, of which the lower bits count; written in quotes.
    QuotedNumber(u64),
    /// A number of 32 bits, which the kernel lowers to this one.
    Lowered(u64),
    /// A number that loses all but so many of its lower bits.
    LowBits(u32),
    /// An IPv6 address with an optional length of its prefix, which keeps the bits beyond it.
    Segment,
    /// An IPv6 network with the length of its prefix, and no bits beyond it.
    Prefix,
}

/// How spellings of a [`Kind::Choice`] are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// Letter by letter.
    Exact,
    /// Upper and lower case are the same.
    Folded,
    /// The same, and the beginning of a word suffices.
    FoldedPrefix,
}

/// What reading an argument may depend on.
#[derive(Clone, Copy, Debug)]
pub struct Scope {
    /// The address family of the command.
    pub family: Family,
    /// The protocol given before.
    pub protocol: Given,
}

/// What is known of the protocol while an option is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// There was no `-p`, or it said `all`.
    Nothing,
    /// This one; whether it was negated.
    Protocol(u16, bool),
    /// Only known at run time.
    Unknown,
}

impl Kind {
    /// How many words the option takes.
    pub fn arity(&self) -> usize {
        match self {
            Self::Switch | Self::FixedFlags(..) => 0,
            Self::TcpFlags | Self::SetOfPackets | Self::Chunks => 2,
            Self::Words(count) => *count,
            _ => 1,
        }
    }

    /// Whether a word that looks like an option may be the argument all the same.
    pub fn is_free(&self) -> bool {
        matches!(
            self,
            Self::Text(..) | Self::Label(_) | Self::FileName(..) | Self::Pattern | Self::HexPattern | Self::Interface
        )
    }

    /// Whether the option works without its argument.
    pub fn is_optional(&self) -> bool {
        matches!(self, Self::BitRate | Self::OptionalNumber | Self::MaybeWord)
    }

    /// The argument that says without `!` what `argument` says with it, where the option has none with `!`.
    pub fn opposite(&self, argument: &Argument) -> Option<Argument> {
        match (self, argument) {
            (Self::WeekDays | Self::MonthDays, Argument::Set { chosen, .. }) => {
                Some(time::other_days(chosen, matches!(self, Self::WeekDays)))
            }
            // iptables swaps the ends for `!`, which says nothing where they are one.
            (Self::OpenRange, Argument::Range { low, high }) if low == high => Some(argument.clone()),
            _ => None,
        }
    }

    /// Whether the kernel keeps something of the argument that [`Kind::write`] does not say.
    pub fn hides(&self, argument: &Argument) -> bool {
        match (self, argument) {
            (Self::WeekDays | Self::MonthDays, Argument::Set { chosen, .. }) => time::has_no_day(chosen),
            _ => false,
        }
    }

    /// Whether the option is the one that `iptables-save` gives the argument to.
    pub(super) fn spells(&self, argument: &Argument) -> bool {
        match (self, argument) {
            (Self::Pattern, Argument::Bytes(bytes)) => pattern::is_plain(bytes),
            (Self::HexPattern, Argument::Bytes(bytes)) => !pattern::is_plain(bytes),
            _ => true,
        }
    }

    /// What is odd about `words`, which iptables takes all the same.
    pub fn doubt(&self, words: &[&str], scope: Scope) -> Option<String> {
        match self {
            Self::WrappingPortRange | Self::ConnectionPorts | Self::WrappingPort => {
                let any = Scope { protocol: Given::Nothing, ..scope };
                ports::doubt(words.first()?).or_else(|| ports::doubt_services(words.first()?, any))
            }
            Self::PortRange | Self::PortList => ports::doubt_services(words.first()?, scope),
            Self::Host | Self::Network | Self::Address => super::address::doubt_scope(words.first()?),
            Self::Nat(shift) => address::doubt_nat(words.first()?, *shift),
            Self::Netmask => address::doubt_netmask(words.first()?),
            Self::NatPorts(shift) => ports::doubt_shift(words.first()?, *shift),
            Self::Protocol => (protocol_as_written(words.first()?) == Ok(0))
                .then(|| "no packet has the protocol 0, which iptables refuses from 1.8.10 on".to_owned()),
            Self::BitRate => bandwidth::doubt_rate(words.first()?),
            Self::Span => bandwidth::doubt_span(words.first()?),
            Self::Lowered(most) => number::doubt_lowered(words.first()?, *most),
            Self::Range(_) => number::doubt(words.first()?),
            Self::StrictRange(highest) => number::doubt_open(words.first()?, *highest),
            Self::Icmp(_) => icmp::doubt(words.first()?),
            Self::Text(longest, _) | Self::FileName(longest, _) => (words.first()?.len() > *longest)
                .then(|| format!("iptables keeps only the first {longest} bytes of this text")),
            Self::DscpClass => words::doubt_class(words.first()?),
            Self::MonthDays => time::doubt(words.first()?),
            _ => None,
        }
    }

    /// Whether the argument names ports, for which iptables wants a protocol with ports.
    pub fn has_ports(&self, words: &[&str]) -> bool {
        match self {
            Self::NatPorts(_) => true,
            Self::Nat(_) => words.iter().any(|word| address::has_ports(word)),
            _ => false,
        }
    }
}

/// Protocols that iptables knows by other names than the lists of the machine.
const PROTOCOLS: [(&str, u8); 3] = [("icmpv6", 58), ("mh", 135), ("ipv6-mh", 135)];

/// The number of the protocol `word`, as `-p` reads it, which takes letters of either case.
pub(super) fn protocol(word: &str) -> Result<u16, String> {
    let lower = word.to_lowercase();
    protocol_as_written(&lower).map_err(|message| message.replace(&lower, word))
}

/// The number of the protocol `word`, as options of extensions read it.
fn protocol_as_written(word: &str) -> Result<u16, String> {
    if let Some(value) = number(word) {
        return u8::try_from(value).map(u16::from).map_err(|_| format!("there is no protocol {word}"));
    }
    if word == "all" {
        return Ok(0);
    }
    let known = names::protocol(word).or_else(|| {
        let own = PROTOCOLS.iter().find(|(name, _)| *name == word);
        own.map(|(_, value)| *value)
    });
    known.map(u16::from).ok_or_else(|| format!("there is no protocol `{word}`"))
}
