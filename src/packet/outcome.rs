//! What may become of a packet, and why that cannot always be told.

use std::fmt;
use std::net::Ipv4Addr;

use crate::logic::Formula;
use crate::model::{Dialect, PortRange};
use crate::text::Place;

/// What is known of a packet's fate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is this.
    Known(Outcome),
    /// It hangs on something that is not known.
    Depends {
        /// On what.
        reasons: Vec<Reason>,
        /// What it may be; not always all of it.
        outcomes: Vec<Outcome>,
    },
}

/// The fate of a packet; of one that is dropped all but the verdict and its place is `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What the rules say.
    pub verdict: Verdict,
    /// The built-in chain that settled it.
    pub at: Hook,
    /// The mark in the end; `None` where it is not known.
    pub mark: Option<u32>,
    /// The TOS byte in the end; `None` where it is not known.
    pub tos: Option<u8>,
    /// The connection's mark in the end, in iptables.
    pub connection_mark: Option<u32>,
    /// The source address in the end; `None` where it is not known.
    pub source: Option<Ipv4Addr>,
    /// The source port in the end, or those that it may be.
    pub source_port: Option<PortRange>,
    /// The destination address in the end; `None` where it is not known.
    pub destination: Option<Ipv4Addr>,
    /// The destination port in the end, or those that it may be.
    pub destination_port: Option<PortRange>,
}

/// What rules say of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It passes.
    Accept,
    /// It is dropped without a word.
    Deny,
    /// It is dropped, and the sender is told.
    Reject(Rejection),
    /// It passes, and is masqueraded; its source may stay as it is all the same (see [`Verdict::Masquerade`]).
    Masquerade {
        /// Whether the source is rewritten.
        rewritten: bool,
    },
    /// It is delivered to this host's port.
    Redirect {
        /// The port; `None` where it is not known.
        port: Option<u16>,
    },
}

/// What the sender of a rejected packet is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rejection {
    /// An ICMP error of type 3 with this code.
    Unreachable(u8),
    /// A TCP reset.
    Reset,
    /// The program on this host that sent it gets an error.
    LocalError,
}

/// A built-in chain, by the place where the kernel asks it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Hook {
    /// Before the destination is looked up; iptables only.
    Prerouting,
    /// On the way to this host's programs.
    Input,
    /// For packets that are passed on.
    Forward,
    /// On the way out: in iptables for packets of this host, in ipchains for forwarded ones too.
    Output,
    /// Before it leaves; iptables only.
    Postrouting,
}

/// Something not known that a packet's fate hangs on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Whether the rule, or the policy, of this place is there is a matter of a condition of the script: this one, or
    /// its opposite.
    Condition(Place, Formula),
    /// How often the rule of this place is there.
    Repetition(Place),
    /// A value that is only known at run time.
    Value(String, Place),
    /// A test that does not look at what is known of a packet, such as `-m string`.
    Opaque(String, Place),
    /// A test whose answer depends on earlier packets, such as `-m limit`.
    Stateful(String, Place),
    /// A target that is not modelled.
    Target(String, Place),
    /// Entries of ipmasqadm for the same packets take turns, and it may be that of this place.
    Turns(Place),
    /// The order of the rules of a chain.
    Order(String),
    /// Chains lead into each other without end.
    Endless(String),
    /// There are too many ways to try all.
    TooMany,
}

impl Decision {
    /// The outcome, where it is known.
    pub fn known(&self) -> Option<&Outcome> {
        match self {
            Self::Known(outcome) => Some(outcome),
            Self::Depends { .. } => None,
        }
    }
}

impl Rejection {
    /// What `REJECT` answers without options.
    pub const PORT_UNREACHABLE: Self = Self::Unreachable(3);
    /// What ipchains answers to packets that it does not forward.
    pub const HOST_UNREACHABLE: Self = Self::Unreachable(1);
}

impl Hook {
    /// The name of its chain in a dialect.
    pub fn chain(self, dialect: Dialect) -> &'static str {
        match (dialect, self) {
            (Dialect::Ipchains, Self::Input) => "input",
            (Dialect::Ipchains, Self::Forward) => "forward",
            (Dialect::Ipchains, Self::Output) => "output",
            _ => self.name(),
        }
    }

    /// The name of its chain in iptables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Prerouting => "PREROUTING",
            Self::Input => "INPUT",
            Self::Forward => "FORWARD",
            Self::Output => "OUTPUT",
            Self::Postrouting => "POSTROUTING",
        }
    }
}

impl Verdict {
    /// Its name in one word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Deny => "deny",
            Self::Reject(_) => "reject",
            Self::Masquerade { .. } => "masq",
            Self::Redirect { .. } => "redirect",
        }
    }

    /// Whether the packet gets where it, or the rules, want it.
    pub fn passes(self) -> bool {
        !matches!(self, Self::Deny | Self::Reject(_))
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(0) => f.write_str("ICMP network unreachable"),
            Self::Unreachable(1) => f.write_str("ICMP host unreachable"),
            Self::Unreachable(2) => f.write_str("ICMP protocol unreachable"),
            Self::Unreachable(3) => f.write_str("ICMP port unreachable"),
            Self::Unreachable(code) => write!(f, "ICMP unreachable, code {code}"),
            Self::Reset => f.write_str("TCP reset"),
            Self::LocalError => f.write_str("an error for the program"),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Condition(..) => f.write_str("whether it is there depends on a condition of the script"),
            Self::Repetition(_) => f.write_str("it may be there any number of times"),
            Self::Value(text, _) => write!(f, "`{text}` is only known at run time"),
            Self::Opaque(text, _) => write!(f, "`{text}` cannot be told from the packet"),
            Self::Stateful(text, _) => write!(f, "`{text}` depends on earlier packets"),
            Self::Target(name, _) => write!(f, "what `{name}` does is not modelled"),
            Self::Turns(_) => f.write_str("several entries of ipmasqadm for the same packets take turns"),
            Self::Order(chain) => write!(f, "the order of the rules in {chain} depends on the run"),
            Self::Endless(chain) => write!(f, "the way through {chain} leads through too many chains"),
            Self::TooMany => f.write_str("there are too many possibilities"),
        }
    }
}

impl Reason {
    /// The rule or policy it is about.
    pub fn place(&self) -> Option<Place> {
        match self {
            Self::Condition(place, _)
            | Self::Repetition(place)
            | Self::Value(_, place)
            | Self::Opaque(_, place)
            | Self::Stateful(_, place)
            | Self::Target(_, place)
            | Self::Turns(place) => Some(*place),
            Self::Order(_) | Self::Endless(_) | Self::TooMany => None,
        }
    }
}
