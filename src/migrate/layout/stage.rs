//! Who meets a chain, and what for.

use crate::model::{Effect, Rule};

/// The built-in chain of ipchains through which a packet comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::migrate) enum Side {
    Input,
    Forward,
    Output,
}

impl Side {
    pub(in crate::migrate) const ALL: [Self; 3] = [Self::Input, Self::Forward, Self::Output];

    /// The side that the built-in chain `name` of ipchains is.
    pub(in crate::migrate) fn of_chain(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|side| side.chain() == name)
    }

    /// The built-in chain of ipchains.
    pub(in crate::migrate) fn chain(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Forward => "forward",
            Self::Output => "output",
        }
    }

    /// Packets of the host's own that meet it.
    pub(in crate::migrate) fn host_stage(self) -> Option<Stage> {
        match self {
            Self::Input => Some(Stage::Input),
            Self::Forward => None,
            Self::Output => Some(Stage::Output),
        }
    }

    /// The chain of the filter table.
    pub(in crate::migrate) fn builtin(self) -> &'static str {
        match self {
            Self::Input => "INPUT",
            Self::Forward => "FORWARD",
            Self::Output => "OUTPUT",
        }
    }
}

/// Who meets a copy of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::migrate) enum Stage {
    /// Packets for the host, which meet input.
    Input,
    /// Forwarded packets that meet input.
    Entry,
    /// Answers to masqueraded connections, which met input under the host's own address.
    Reply,
    /// Connections that the host forwards to an inside one: they met input with the old destination.
    Relayed,
    /// Forwarded packets that meet forward.
    Forward,
    /// Packets of the host, which meet output.
    Output,
    /// Forwarded packets that meet output.
    Exit,
    /// Masqueraded packets, which met output under the host's own address.
    Masqueraded,
}

impl Stage {
    pub(in crate::migrate) const ALL: [Self; 8] = [
        Self::Input,
        Self::Entry,
        Self::Reply,
        Self::Relayed,
        Self::Forward,
        Self::Output,
        Self::Exit,
        Self::Masqueraded,
    ];

    /// The chain of ipchains that is met.
    pub(in crate::migrate) fn side(self) -> Side {
        match self {
            Self::Input | Self::Entry | Self::Reply | Self::Relayed => Side::Input,
            Self::Forward => Side::Forward,
            Self::Output | Self::Exit | Self::Masqueraded => Side::Output,
        }
    }

    /// Whether forwarded packets meet it, which neither come from the loopback device nor go there.
    pub(in crate::migrate) fn is_forwarded(self) -> bool {
        !matches!(self, Self::Input | Self::Output)
    }

    /// Its name for the function that translates at run time.
    pub(in crate::migrate) fn name(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Entry => "entry",
            Self::Reply => "reply",
            Self::Relayed => "relayed",
            Self::Forward => "forward",
            Self::Output => "output",
            Self::Exit => "exit",
            Self::Masqueraded => "masqueraded",
        }
    }

    pub(super) fn suffix(self) -> &'static str {
        match self {
            Self::Input => "-in",
            Self::Entry => "-fwd-in",
            Self::Reply => "-reply",
            Self::Relayed => "-relayed",
            Self::Forward => "-fwd",
            Self::Output => "-out",
            Self::Exit => "-fwd-out",
            Self::Masqueraded => "-masq",
        }
    }
}

/// What a copy of a chain is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::migrate) enum Purpose {
    /// Decides whether packets pass.
    Filter,
    /// Redirects, in nat PREROUTING.
    Redirect,
    /// Sets marks and TOS, in mangle: where every packet comes by that met the chain.
    Mangle,
}

impl Purpose {
    /// What happens outside of the filter table.
    pub(in crate::migrate) const OTHERS: [Self; 2] = [Self::Mangle, Self::Redirect];

    /// Whether a dropped packet must be kept from later rules: only what comes before the filter
    /// table can change where the packet goes.
    pub(in crate::migrate) fn heeds_drops(self) -> bool {
        self == Self::Redirect
    }

    /// The table, where it is not `filter`.
    pub(in crate::migrate) fn table(self) -> Option<&'static str> {
        match self {
            Self::Filter => None,
            Self::Redirect => Some("nat"),
            Self::Mangle => Some("mangle"),
        }
    }

    /// Whether `rule` does the thing itself.
    pub(in crate::migrate) fn is_served_by(self, rule: &Rule) -> bool {
        let target = rule.target.as_ref().and_then(|target| target.name.known());
        match self {
            Self::Filter => true,
            Self::Redirect => target == Some("REDIRECT"),
            Self::Mangle => rule.effects.iter().any(|effect| matches!(effect, Effect::Mark(_) | Effect::Tos { .. })),
        }
    }

    /// The stage that stands for `side` in its table, if it takes place there at all; in mangle, masqueraded packets
    /// may have another one.
    pub(super) fn stage(self, side: Side) -> Option<Stage> {
        match (self, side) {
            (Self::Redirect, Side::Forward | Side::Output) => None,
            (_, Side::Input) => Some(Stage::Input),
            (_, Side::Forward) => Some(Stage::Forward),
            (_, Side::Output) => Some(Stage::Output),
        }
    }
}
