//! A rule: what a packet must be, what happens to it on the way, and where it goes.

use smol_str::SmolStr;

use super::{Address, Interface, Known, PortRange, Protocol, Value};
use crate::text::Place;

/// One rule of a chain, in either dialect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Tests that must all hold.
    pub matches: Vec<Match>,
    /// What ipchains does to a matching packet before its target; always empty in iptables.
    pub effects: Vec<Effect>,
    /// Where a matching packet goes; `None` only counts it.
    pub target: Option<Target>,
    /// Packet and byte counters the command sets.
    pub counters: Option<(u64, u64)>,
    /// Words that could not be understood because they are only known at run time
    /// (an option in a variable); while there are any, nothing is certain of the rule.
    pub undecided: Vec<Value>,
    /// The command that made it.
    pub place: Place,
}

impl Rule {
    /// A rule that matches every packet and does nothing.
    pub fn new(place: Place) -> Self {
        Self { matches: Vec::new(), effects: Vec::new(), target: None, counters: None, undecided: Vec::new(), place }
    }
}

/// A test, or its opposite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// Whether the test must fail instead.
    pub negated: bool,
    /// The test.
    pub test: Test,
    /// Where it is written.
    pub place: Place,
}

/// What a match tests.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Test {
    /// Source address.
    Source(Known<Address>),
    /// Destination address.
    Destination(Known<Address>),
    /// ipchains `-i`: the one device the chain is asked with.
    Interface(Known<Interface>),
    /// iptables `-i`: the arrival device.
    InInterface(Known<Interface>),
    /// iptables `-o`: the departure device.
    OutInterface(Known<Interface>),
    /// IP protocol.
    Protocol(Known<Protocol>),
    /// A later fragment.
    Fragment,
    /// ipchains: source port, or ICMP type.
    SourcePort(Known<PortRange>),
    /// ipchains: destination port, or ICMP code.
    DestinationPort(Known<PortRange>),
    /// ipchains `-y`: SYN set, ACK and RST clear.
    Syn,
    /// iptables `-m NAME` with its options; never negated as a whole.
    Module(ModuleUse),
}

impl Test {
    /// The values in it that are not all known.
    pub fn unknown_values(&self) -> Vec<&Value> {
        match self {
            Self::Source(Known::Unknown(value))
            | Self::Destination(Known::Unknown(value))
            | Self::Interface(Known::Unknown(value))
            | Self::InInterface(Known::Unknown(value))
            | Self::OutInterface(Known::Unknown(value))
            | Self::Protocol(Known::Unknown(value))
            | Self::SourcePort(Known::Unknown(value))
            | Self::DestinationPort(Known::Unknown(value)) => vec![value],
            Self::Module(module) => {
                let argument = |option: &'_ OptionUse| matches!(option.argument, Some(Argument::Unknown(_)));
                let unknown = module.options.iter().filter(|option| argument(option));
                unknown
                    .filter_map(|option| match &option.argument {
                        Some(Argument::Unknown(value)) => Some(value),
                        _ => None,
                    })
                    .collect()
            }
            _ => Vec::new(),
        }
    }
}

/// A match or target extension with the options given to it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ModuleUse {
    /// The extension's name, as after `-m` or `-j`.
    pub name: SmolStr,
    /// Its options, in canonical order where the extension is known, else as written.
    pub options: Vec<OptionUse>,
}

/// One option of an extension.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct OptionUse {
    /// The option's canonical spelling with its dashes, such as `--dport`.
    pub name: SmolStr,
    /// Whether it is negated.
    pub negated: bool,
    /// Its argument; `None` for a switch.
    pub argument: Option<Argument>,
}

/// How fast packets or bytes may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rate {
    /// Packets.
    Packets {
        /// The pause between two packets, in the parts of a second that the extension counts in.
        pause: u64,
        /// The seconds of the unit in which the rate was written.
        unit: u64,
    },
    /// Bytes, as what the kernel takes away for each sixteen of them.
    Bytes {
        /// That cost; the faster, the less.
        cost: u64,
    },
}

/// What an extension's option was given, understood as far as its declaration says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Argument {
    /// Ports or port ranges.
    Ports(Vec<PortRange>),
    /// A number with the bits that count.
    Masked {
        /// The value.
        value: u32,
        /// The mask; all bits where none was given.
        mask: u32,
    },
    /// A number.
    Number(u64),
    /// Numbers from `low` to `high`, both included; empty where `low` exceeds `high`.
    Range {
        /// The lowest.
        low: u64,
        /// The highest.
        high: u64,
    },
    /// How fast packets may come.
    Rate(Rate),
    /// Bytes that are looked for in a packet.
    Bytes(Vec<u8>),
    /// Words out of a fixed set, in canonical order (states, TCP flags...), with what they are chosen from.
    Set {
        /// The words that are looked at; only TCP flags have it.
        among: Option<Vec<String>>,
        /// The words that are chosen.
        chosen: Vec<String>,
    },
    /// An ICMP type, with its codes from lowest to highest.
    Icmp {
        /// The type; 255 is any.
        kind: u8,
        /// The lowest code.
        low: u8,
        /// The highest code.
        high: u8,
    },
    /// An IPv4 or IPv6 network.
    Network(Address),
    /// Addresses from first to last.
    AddressRange(u32, u32),
    /// Anything else, in canonical spelling.
    Text(String),
    /// Only known at run time.
    Unknown(Value),
}

/// Where a matching packet goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// A verdict (`ACCEPT`, `DENY`...), a user chain or an extension.
    pub name: Value,
    /// `-g`: does not come back.
    pub goto: bool,
    /// Whether it is certainly an extension, whatever chains there are.
    pub extension: bool,
    /// Options of a target extension; for ipchains' REDIRECT the option `port`, 0 for the packet's own.
    pub options: Vec<OptionUse>,
    /// Where its name is written.
    pub place: Place,
}

/// What an ipchains rule does to a matching packet before its target.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    /// `-l`: a line in the kernel log.
    Log,
    /// `-m`: changes the mark.
    Mark(Known<MarkChange>),
    /// `-t`: the TOS byte becomes (TOS and `and`) xor `xor`.
    Tos {
        /// Bits that stay.
        and: u8,
        /// Bits that are turned afterwards.
        xor: u8,
    },
    /// `-o`: copies at most so many bytes of the packet to the netlink device.
    Netlink(Known<u16>),
}

/// How `-m` changes the mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MarkChange {
    /// Sets it.
    Set(u32),
    /// Adds, modulo 2^32.
    Add(u32),
}
