//! A scanned command, as the checks and the construction of rules ask for its parts.

use super::options::Opt;
use super::usage::Use;
use super::values;
use crate::model::{Known, Protocol, Value, Word};

/// The options of one command.
pub(super) struct Parts<'a> {
    /// All words.
    pub(super) words: &'a [Word],
    /// The options in order.
    pub(super) uses: &'a [Use],
    /// The words that may be options at run time.
    pub(super) undecided: &'a [usize],
}

/// A port as it is written after `-s` or `-d`, or after an option of its own.
pub(super) struct PortSlot<'a> {
    /// The text.
    pub(super) value: &'a Value,
    /// Whether `!` stands before it.
    pub(super) negated: bool,
    /// Its word.
    pub(super) at: usize,
}

impl<'a> Parts<'a> {
    /// The option `opt`, where it is given.
    pub(super) fn find(&self, opt: Opt) -> Option<&'a Use> {
        self.uses.iter().find(|found| found.spec.opt == opt)
    }

    /// The command; `-h` and `-V` end the program wherever they stand, and `-M` and `-Z` stand
    /// back behind the command they go with.
    pub(super) fn command(&self) -> Option<&'a Use> {
        let mut commands: Vec<&Use> = self.uses.iter().filter(|found| found.spec.command).collect();
        commands.sort_by_key(|found| match found.spec.opt {
            Opt::Help | Opt::Version => 0,
            Opt::Masquerading | Opt::Zero => 2,
            _ => 1,
        });
        commands.first().copied()
    }

    /// The chain of the command.
    pub(super) fn chain(&self) -> Option<&'a Value> {
        self.command()?.value.as_ref()
    }

    /// Whether the command is `-D` with a number.
    pub(super) fn by_number(&self) -> bool {
        self.command().is_some_and(|found| found.spec.opt == Opt::Delete && !found.further().is_empty())
    }

    /// The protocol and whether it is negated; nothing where that is unknown.
    pub(super) fn protocol(&self) -> Option<(Protocol, bool)> {
        let Some(found) = self.find(Opt::Protocol) else {
            return self.undecided.is_empty().then_some((Protocol::ANY, false));
        };
        match values::protocol(found.value.as_ref()?, found.negated()) {
            Ok(Known::Is(protocol)) => Some((protocol, found.negated())),
            _ => None,
        }
    }

    /// The ports given for the side `side`, [`Opt::Source`] or [`Opt::Destination`]; more than one is a fault.
    pub(super) fn ports(&self, side: Opt) -> Vec<PortSlot<'a>> {
        let own = if side == Opt::Source { Opt::SourcePort } else { Opt::DestinationPort };
        self.uses.iter().filter_map(|found| self.port_of(found, side, own)).collect()
    }

    fn port_of(&self, found: &'a Use, side: Opt, own: Opt) -> Option<PortSlot<'a>> {
        if found.spec.opt == own {
            let value = found.value.as_ref()?;
            return Some(PortSlot { value, negated: found.negated(), at: found.value_word() });
        }
        let port = found.port.filter(|_| found.spec.opt == side)?;
        let value = &self.words.get(port.word)?.value;
        Some(PortSlot { value, negated: port.bang.is_some(), at: port.word })
    }
}
