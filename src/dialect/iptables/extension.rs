//! How an extension is declared: its options as rows of data.
//!
//! Everything that parsing, printing and packet sets need of an extension is in
//! its declaration; there is no code per extension.

pub use super::constraint::{Clock, Constraint};
pub use super::coupling::Coupling;
use super::kind::Kind;
use crate::model::{Argument, Family, OptionUse};

/// A match or target extension.
#[derive(Clone, Copy, Debug)]
pub struct Extension {
    /// Its name, as after `-m` or `-j`.
    pub name: &'static str,
    /// What it is.
    pub role: Role,
    /// The address families that have it.
    pub families: &'static [Family],
    /// The tables it works in; none means all.
    pub tables: &'static [&'static str],
    /// The built-in chains it works in; none means all.
    pub hooks: &'static [&'static str],
    /// The protocols it works with; none means all.
    pub protocols: &'static [u16],
    /// Whether `-p` has to stand before its options.
    pub protocol_first: bool,
    /// Which options must be there besides those that are required.
    pub needs: Needs,
    /// What options have to have in common beyond their rows.
    pub constraints: &'static [Constraint],
    /// What is worked out from several of its options together.
    pub coupling: Option<Coupling>,
    /// Options that are left out where all of them say this.
    pub silent: &'static [(&'static str, &'static str)],
    /// Whether it comes with an add-on, so that another version may have other options.
    pub addon: bool,
    /// Whether iptables-nft has the kernel compare the fields itself, without the extension.
    pub native: bool,
    /// Its options in the order of `iptables-save`.
    pub options: &'static [OptionRow],
}

/// Whether an extension tests packets or does something to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// After `-m`.
    Match,
    /// After `-j`.
    Target,
}

/// Options of which some must be there.
#[derive(Clone, Copy, Debug)]
pub enum Needs {
    /// It works without options.
    Nothing,
    /// At least one option.
    AnyOption,
    /// At least one of these.
    OneOf(&'static [&'static str]),
    /// At least one of each list.
    EachOf(&'static [&'static [&'static str]]),
}

/// One option of an extension.
#[derive(Clone, Copy, Debug)]
pub struct OptionRow {
    /// Its canonical name with dashes.
    pub name: &'static str,
    /// Other names.
    pub aliases: &'static [&'static str],
    /// What it takes.
    pub kind: Kind,
    /// Whether `!` may stand before it.
    pub negatable: bool,
    /// Whether iptables passes over a `!` before it.
    pub deaf: bool,
    /// Whether the extension is refused without it.
    pub required: bool,
    /// Whether it may be given more than once.
    pub repeatable: bool,
    /// The options it excludes.
    pub conflicts: &'static [&'static str],
    /// The option that must be there as well.
    pub also: Option<&'static str>,
    /// Whether that option must stand before it.
    pub also_before: bool,
    /// The option that says the opposite; `!` before this one means that one.
    pub opposite: Option<&'static str>,
    /// Whether it begins a new part, in which the options after it may stand once more.
    pub separator: bool,
    /// The option that `iptables-save` gives those arguments to which this one's kind does not spell.
    pub otherwise: Option<&'static str>,
    /// The options it is short for.
    pub stands_for: &'static [&'static str],
    /// What `iptables-save` adds or replaces.
    pub default: Default,
    /// What `iptables-save` does not print.
    pub omitted: &'static [&'static str],
    /// Whether its default is a range of everything, which iptables 1.8.9 does not print even behind a `!`.
    pub full_range: bool,
    /// How many bytes of its text iptables-legacy keeps, where iptables-nft keeps more.
    pub legacy_bytes: usize,
    /// Whether iptables-nft forgets it.
    pub legacy_only: bool,
    /// What it says of a packet.
    pub meaning: Meaning,
}

/// What `iptables-save` does with an option that has a default value.
#[derive(Clone, Copy, Debug)]
pub enum Default {
    /// Nothing.
    Plain,
    /// Replaces each word of its list by an option with an argument.
    Expand(&'static [(&'static str, &'static str, &'static str)]),
    /// Adds it with this text (none for a switch) where one of `when` is there, or `when` is empty, and none of `unless`.
    Add {
        /// The text.
        text: &'static str,
        /// Options of which one must be there.
        when: &'static [&'static str],
        /// Options none of which may be there.
        unless: &'static [&'static str],
    },
}

/// What an option of a match says of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// It tests a field of the packet.
    Field(Field),
    /// The same packet always gets the same answer, which cannot be told from the packet's fields.
    Opaque,
    /// The answer depends on the packets before.
    Stateful,
    /// Nothing: a comment, a name or a setting of another option, or an option of a target.
    Nothing,
}

/// A field of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Source port.
    SourcePort,
    /// Destination port.
    DestinationPort,
    /// Source or destination port.
    EitherPort,
    /// TCP flags.
    TcpFlags,
    /// ICMP or ICMPv6 type and code.
    IcmpType,
    /// Source address.
    SourceAddress,
    /// Destination address.
    DestinationAddress,
    /// The connection's state as seen for this packet.
    ConnectionState,
    /// The packet's mark.
    Mark,
    /// The connection's mark.
    ConnectionMark,
    /// The TOS byte.
    Tos,
    /// Time to live or hop limit.
    TimeToLive,
    /// Length of the packet.
    Length,
}

impl Extension {
    /// A match without restrictions.
    pub const fn matching(name: &'static str, options: &'static [OptionRow]) -> Self {
        Self {
            name,
            role: Role::Match,
            families: &[Family::V4, Family::V6],
            tables: &[],
            hooks: &[],
            protocols: &[],
            protocol_first: false,
            needs: Needs::Nothing,
            constraints: &[],
            coupling: None,
            silent: &[],
            addon: false,
            native: false,
            options,
        }
    }

    /// A target without restrictions.
    pub const fn target(name: &'static str, options: &'static [OptionRow]) -> Self {
        Self { role: Role::Target, ..Self::matching(name, options) }
    }

    /// The same for one address family only.
    pub const fn of_family(self, families: &'static [Family]) -> Self {
        Self { families, ..self }
    }

    /// The same for some tables only.
    pub const fn in_tables(self, tables: &'static [&'static str]) -> Self {
        Self { tables, ..self }
    }

    /// The same for some built-in chains only.
    pub const fn in_hooks(self, hooks: &'static [&'static str]) -> Self {
        Self { hooks, ..self }
    }

    /// The same for some protocols only.
    pub const fn for_protocols(self, protocols: &'static [u16]) -> Self {
        Self { protocols, ..self }
    }

    /// The same, where `-p` must come first.
    pub const fn after_protocol(self) -> Self {
        Self { protocol_first: true, ..self }
    }

    /// The same with options that must be there.
    pub const fn needing(self, needs: Needs) -> Self {
        Self { needs, ..self }
    }

    /// The same, leaving out options that all say this.
    pub const fn silent(self, silent: &'static [(&'static str, &'static str)]) -> Self {
        Self { silent, ..self }
    }

    /// The same, where options are worked out together.
    pub const fn coupled(self, coupling: Coupling) -> Self {
        Self { coupling: Some(coupling), ..self }
    }

    /// The same, where iptables-nft does without the extension.
    pub const fn native(self) -> Self {
        Self { native: true, ..self }
    }

    /// The same with constraints between options.
    pub const fn constrained(self, constraints: &'static [Constraint]) -> Self {
        Self { constraints, ..self }
    }

    /// The option that is called `name`, or has it as another name.
    pub fn option(&self, name: &str) -> Option<&'static OptionRow> {
        self.options.iter().find(|row| row.name == name || row.aliases.contains(&name))
    }
}

impl OptionRow {
    /// Whether `iptables-save` forgets the option, which says its default behind a `!`.
    pub fn is_left_out(&self, option: &OptionUse) -> bool {
        option.negated && self.full_range && self.says_default(option)
            || !option.negated && self.looks_at_nothing(option)
    }

    /// Whether the option compares none of the flags.
    pub fn looks_at_nothing(&self, option: &OptionUse) -> bool {
        matches!(&option.argument, Some(Argument::Set { among: Some(among), .. }) if among.is_empty())
    }

    /// Whether the option says what `iptables-save` does not print.
    pub fn says_default(&self, option: &OptionUse) -> bool {
        let text = match &option.argument {
            Some(Argument::Unknown(_)) => return false,
            Some(argument) if self.kind.hides(argument) => return false,
            Some(argument) => self.kind.write(argument),
            None => String::new(),
        };
        self.omitted.contains(&text.as_str())
    }

    /// An option that may be given once and says nothing of a packet.
    pub const fn new(name: &'static str, kind: Kind) -> Self {
        Self {
            name,
            aliases: &[],
            kind,
            negatable: false,
            deaf: false,
            required: false,
            repeatable: false,
            conflicts: &[],
            also: None,
            also_before: false,
            opposite: None,
            separator: false,
            otherwise: None,
            stands_for: &[],
            default: Default::Plain,
            omitted: &[],
            full_range: false,
            legacy_bytes: usize::MAX,
            legacy_only: false,
            meaning: Meaning::Nothing,
        }
    }

    /// The same with other names.
    pub const fn alias(self, aliases: &'static [&'static str]) -> Self {
        Self { aliases, ..self }
    }

    /// The same, also with `!`.
    pub const fn negatable(self) -> Self {
        Self { negatable: true, ..self }
    }

    /// The same, where a `!` before it says nothing.
    pub const fn deaf(self) -> Self {
        Self { deaf: true, ..self }
    }

    /// The same, which must be there.
    pub const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// The same, any number of times.
    pub const fn repeatable(self) -> Self {
        Self { repeatable: true, ..self }
    }

    /// The same, never beside others.
    pub const fn conflicts(self, conflicts: &'static [&'static str]) -> Self {
        Self { conflicts, ..self }
    }

    /// The same, only beside another.
    pub const fn also(self, other: &'static str) -> Self {
        Self { also: Some(other), ..self }
    }

    /// The same, only after another.
    pub const fn after(self, other: &'static str) -> Self {
        Self { also: Some(other), also_before: true, ..self }
    }

    /// The same, where `!` turns it into the option that says the opposite.
    pub const fn opposite(self, other: &'static str) -> Self {
        Self { opposite: Some(other), negatable: true, ..self }
    }

    /// The same, beginning a new part of the options.
    pub const fn separator(self) -> Self {
        Self { separator: true, repeatable: true, ..self }
    }

    /// The same, where some arguments are printed as those of another option.
    pub const fn otherwise(self, other: &'static str) -> Self {
        Self { otherwise: Some(other), ..self }
    }

    /// The same, standing for other options with arguments of their own.
    pub const fn expands(self, words: &'static [(&'static str, &'static str, &'static str)]) -> Self {
        Self { default: Default::Expand(words), ..self }
    }

    /// The same as a short form of others.
    pub const fn stands_for(self, names: &'static [&'static str]) -> Self {
        Self { stands_for: names, ..self }
    }

    /// The same, left out where it says its default.
    pub const fn omitted_if(self, texts: &'static [&'static str]) -> Self {
        Self { omitted: texts, ..self }
    }

    /// The same with a range of everything as its default.
    pub const fn full_range(self, texts: &'static [&'static str]) -> Self {
        Self { omitted: texts, full_range: true, ..self }
    }

    /// The same, of which iptables-legacy keeps so many bytes, and iptables-nft more.
    pub const fn legacy_bytes(self, bytes: usize) -> Self {
        Self { legacy_bytes: bytes, ..self }
    }

    /// The same, which iptables-nft forgets.
    pub const fn legacy_only(self) -> Self {
        Self { legacy_only: true, ..self }
    }

    /// The same, added with its default.
    pub const fn added_as(
        self,
        text: &'static str,
        when: &'static [&'static str],
        unless: &'static [&'static str],
    ) -> Self {
        Self { default: Default::Add { text, when, unless }, ..self }
    }

    /// The same with a meaning.
    pub const fn meaning(self, meaning: Meaning) -> Self {
        Self { meaning, ..self }
    }

    /// The same, testing a field.
    pub const fn field(self, field: Field) -> Self {
        Self { meaning: Meaning::Field(field), ..self }
    }
}
