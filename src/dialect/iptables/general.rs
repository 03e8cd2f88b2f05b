//! The options that are not of an extension: commands, general matches and settings.

use smol_str::{SmolStr, format_smolstr};

use super::syntax::{Shape, shape};
use crate::model::Word;

/// A general option.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct General {
    /// What it is.
    pub(super) id: Id,
    /// Its letter.
    pub(super) letter: Option<char>,
    /// Its long names without dashes; the first is the usual one.
    pub(super) names: &'static [&'static str],
    /// What it takes.
    pub(super) takes: Takes,
    /// Whether `!` may stand before it.
    pub(super) negatable: bool,
    /// The commands it goes with.
    pub(super) fits: Fits,
}

/// What a general option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    /// Nothing.
    Nothing,
    /// A word.
    Word,
    /// A word of its own: iptables 1.8.9 alone reads the last word it has seen, so that a
    /// joined argument (`-jDROP`, `--jump=DROP`) is read together with its option.
    SeparateWord,
    /// A word, if there is one.
    Optional,
}

/// The commands that an option goes with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fits {
    /// It is a command.
    Command,
    /// All.
    All,
    /// Those that take a rule.
    Rules,
    /// Those that set counters.
    NewRules,
    /// Listing with `-L`.
    Lists,
}

/// The general options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub(super) enum Id {
    Append,
    Delete,
    Check,
    Insert,
    Replace,
    List,
    ListRules,
    Flush,
    Zero,
    NewChain,
    DeleteChain,
    RenameChain,
    Policy,
    Protocol,
    Source,
    Destination,
    InInterface,
    OutInterface,
    Jump,
    Goto,
    Match,
    Table,
    Fragment,
    Counters,
    Version4,
    Version6,
    Wait,
    WaitInterval,
    Modprobe,
    Help,
    Version,
    Verbose,
    Setting,
}

const fn option(id: Id, letter: char, names: &'static [&'static str], takes: Takes, fits: Fits) -> General {
    General { id, letter: Some(letter), names, takes, negatable: false, fits }
}

const fn test(id: Id, letter: char, names: &'static [&'static str], takes: Takes) -> General {
    General { negatable: true, ..option(id, letter, names, takes, Fits::Rules) }
}

/// Every general option.
pub(super) static GENERAL: &[General] = &[
    option(Id::Append, 'A', &["append"], Takes::Word, Fits::Command),
    option(Id::Delete, 'D', &["delete"], Takes::Word, Fits::Command),
    option(Id::Check, 'C', &["check"], Takes::Word, Fits::Command),
    option(Id::Insert, 'I', &["insert"], Takes::Word, Fits::Command),
    option(Id::Replace, 'R', &["replace"], Takes::Word, Fits::Command),
    option(Id::List, 'L', &["list"], Takes::Optional, Fits::Command),
    option(Id::ListRules, 'S', &["list-rules"], Takes::Optional, Fits::Command),
    option(Id::Flush, 'F', &["flush"], Takes::Optional, Fits::Command),
    option(Id::Zero, 'Z', &["zero"], Takes::Optional, Fits::Command),
    option(Id::NewChain, 'N', &["new-chain"], Takes::Word, Fits::Command),
    option(Id::DeleteChain, 'X', &["delete-chain"], Takes::Optional, Fits::Command),
    option(Id::RenameChain, 'E', &["rename-chain"], Takes::Word, Fits::Command),
    option(Id::Policy, 'P', &["policy"], Takes::Word, Fits::Command),
    test(Id::Protocol, 'p', &["protocol"], Takes::SeparateWord),
    test(Id::Source, 's', &["source", "src"], Takes::SeparateWord),
    test(Id::Destination, 'd', &["destination", "dst"], Takes::SeparateWord),
    test(Id::InInterface, 'i', &["in-interface"], Takes::SeparateWord),
    test(Id::OutInterface, 'o', &["out-interface"], Takes::SeparateWord),
    option(Id::Jump, 'j', &["jump"], Takes::SeparateWord, Fits::Rules),
    option(Id::Goto, 'g', &["goto"], Takes::Word, Fits::Rules),
    option(Id::Match, 'm', &["match"], Takes::Word, Fits::All),
    option(Id::Table, 't', &["table"], Takes::Word, Fits::All),
    test(Id::Fragment, 'f', &["fragments"], Takes::Nothing),
    option(Id::Counters, 'c', &["set-counters"], Takes::Word, Fits::NewRules),
    option(Id::Version4, '4', &["ipv4"], Takes::Nothing, Fits::All),
    option(Id::Version6, '6', &["ipv6"], Takes::Nothing, Fits::All),
    option(Id::Wait, 'w', &["wait"], Takes::Optional, Fits::All),
    option(Id::WaitInterval, 'W', &["wait-interval"], Takes::Word, Fits::All),
    option(Id::Modprobe, 'M', &["modprobe"], Takes::Word, Fits::All),
    option(Id::Help, 'h', &["help"], Takes::Nothing, Fits::All),
    option(Id::Version, 'V', &["version"], Takes::Nothing, Fits::All),
    option(Id::Verbose, 'v', &["verbose"], Takes::Nothing, Fits::All),
    option(Id::Setting, 'n', &["numeric"], Takes::Nothing, Fits::Lists),
    option(Id::Setting, 'x', &["exact"], Takes::Nothing, Fits::Lists),
    General {
        id: Id::Setting,
        letter: None,
        names: &["line-numbers"],
        takes: Takes::Nothing,
        negatable: false,
        fits: Fits::Lists,
    },
];

impl General {
    /// The option with this letter.
    pub(super) fn by_letter(letter: char) -> Option<&'static Self> {
        GENERAL.iter().find(|general| general.letter == Some(letter))
    }

    /// The option with this long name.
    pub(super) fn by_name(name: &str) -> Option<&'static Self> {
        GENERAL.iter().find(|general| general.names.contains(&name))
    }

    /// The option that a word is, or begins with.
    pub(super) fn of_word(word: &Word) -> Option<&'static Self> {
        match shape(word.known()?) {
            Shape::Long { name, .. } => Self::by_name(name),
            Shape::Short(letters) => letters.chars().next().and_then(Self::by_letter),
            _ => None,
        }
    }

    /// The form of its argument.
    pub(super) fn shape(&self) -> &'static str {
        match self.id {
            Id::Source | Id::Destination => "ADDRESS[/MASK][,...]",
            Id::InInterface | Id::OutInterface => "INTERFACE",
            Id::Protocol => "PROTOCOL",
            Id::Jump => "TARGET",
            Id::Match => "MATCH",
            Id::Table => "TABLE",
            Id::Counters => "PACKETS BYTES",
            Id::WaitInterval => "MICROSECONDS",
            Id::Modprobe => "COMMAND",
            _ => "CHAIN",
        }
    }

    /// How people write it: `-s`, or `--line-numbers` where there is no letter.
    pub(super) fn name(&self) -> SmolStr {
        match (self.letter, self.names) {
            (Some(letter), _) => format_smolstr!("-{letter}"),
            (None, [name, ..]) => format_smolstr!("--{name}"),
            (None, []) => SmolStr::default(),
        }
    }
}
