//! The options of ipchains as a table: names, arguments, negation.
//!
//! The table is what getopt and the program's own loop are told; [`super::scan`]
//! follows it. Conflicts between options are in [`super::check`].

/// An option or command of ipchains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Opt {
    /// `-A`.
    Append,
    /// `-I`.
    Insert,
    /// `-R`.
    Replace,
    /// `-D`.
    Delete,
    /// `-L`.
    List,
    /// `-F`.
    Flush,
    /// `-Z`.
    Zero,
    /// `-N`.
    NewChain,
    /// `-X`.
    DeleteChain,
    /// `-P`.
    Policy,
    /// `-C`.
    Check,
    /// `-M`.
    Masquerading,
    /// `-S`.
    Set,
    /// `-h`.
    Help,
    /// `-V`.
    Version,
    /// `-p`.
    Protocol,
    /// `-s`.
    Source,
    /// `-d`.
    Destination,
    /// `--source-port` and its synonym `--icmp-type`.
    SourcePort,
    /// `--destination-port`.
    DestinationPort,
    /// `-i`.
    Interface,
    /// `-j`.
    Jump,
    /// `-y`.
    Syn,
    /// `-f`.
    Fragments,
    /// `-b`.
    Bidirectional,
    /// `-l`.
    Log,
    /// `-m`.
    Mark,
    /// `-t`.
    Tos,
    /// `-o`.
    Output,
    /// `-v`.
    Verbose,
    /// `-n`.
    Numeric,
    /// `-x`.
    Exact,
    /// `--line-numbers`.
    LineNumbers,
    /// `--no-warnings`.
    NoWarnings,
}

/// Whether getopt gives an option an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// None.
    Nothing,
    /// The rest of its word, or the next word whatever it is.
    Argument,
    /// The rest of its word, or the next word unless that begins with `-` or `!`.
    Maybe,
    /// Like [`Takes::Argument`], but the program then reads the word *before* the next one
    /// in the argument list, so that a joined argument yields the option's own word.
    OwnWord,
}

/// Words that the program takes after getopt's argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// None.
    Nothing,
    /// One, unless it begins with `-` or `!`.
    Maybe,
    /// So many; none may begin with `-` or `!`.
    Words(usize),
    /// A port with an optional `!` before it, unless the word begins with `-` or `!`.
    Port,
    /// A port after the target REDIRECT.
    RedirectPort,
}

/// Where a `!` may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Negation {
    /// Nowhere.
    Never,
    /// Before the option.
    Before,
    /// Before the option, or before its argument.
    Either,
}

/// One option as the program declares it.
#[derive(Debug, PartialEq, Eq)]
pub struct OptionSpec {
    /// Which it is.
    pub opt: Opt,
    /// Its letter.
    pub short: Option<char>,
    /// Its long names, the usual one first.
    pub long: &'static [&'static str],
    /// getopt's argument.
    pub takes: Takes,
    /// Further words.
    pub then: Then,
    /// Where a `!` may stand.
    pub negation: Negation,
    /// Whether it is a command: exactly one is needed.
    pub command: bool,
}

impl OptionSpec {
    /// How the program calls it in complaints: the letter, or the long name.
    pub fn name(&self) -> String {
        match (self.short, self.long.first()) {
            (Some(letter), _) => format!("-{letter}"),
            (None, name) => format!("--{}", name.unwrap_or(&"")),
        }
    }

    /// The option in as few letters as it has without being cut short.
    pub fn shortest(&self) -> String {
        let long = || self.long.iter().min_by_key(|name| name.len()).unwrap_or(&"");
        self.short.map_or_else(|| format!("--{}", long()), |letter| format!("-{letter}"))
    }

    /// getopt's argument for the long form, which 1.3.9 declares differently for `--delete-chain`.
    pub fn takes_long(&self) -> Takes {
        if self.opt == Opt::DeleteChain { Takes::Argument } else { self.takes }
    }
}

const fn command(opt: Opt, short: char, long: &'static [&'static str], takes: Takes, then: Then) -> OptionSpec {
    OptionSpec { opt, short: Some(short), long, takes, then, negation: Negation::Never, command: true }
}

const fn value(opt: Opt, short: Option<char>, long: &'static [&'static str], then: Then) -> OptionSpec {
    OptionSpec { opt, short, long, takes: Takes::OwnWord, then, negation: Negation::Either, command: false }
}

const fn plain(opt: Opt, short: char, long: &'static [&'static str], takes: Takes, then: Then) -> OptionSpec {
    OptionSpec { opt, short: Some(short), long, takes, then, negation: Negation::Never, command: false }
}

const fn switch(opt: Opt, short: Option<char>, long: &'static [&'static str], negation: Negation) -> OptionSpec {
    OptionSpec { opt, short, long, takes: Takes::Nothing, then: Then::Nothing, negation, command: false }
}

/// Every option.
pub static OPTIONS: &[OptionSpec] = &[
    command(Opt::Append, 'A', &["append"], Takes::Argument, Then::Nothing),
    command(Opt::Insert, 'I', &["insert"], Takes::Argument, Then::Maybe),
    command(Opt::Replace, 'R', &["replace"], Takes::Argument, Then::Words(1)),
    command(Opt::Delete, 'D', &["delete"], Takes::Argument, Then::Maybe),
    command(Opt::List, 'L', &["list"], Takes::Maybe, Then::Nothing),
    command(Opt::Flush, 'F', &["flush"], Takes::Maybe, Then::Nothing),
    command(Opt::Zero, 'Z', &["zero"], Takes::Maybe, Then::Nothing),
    command(Opt::NewChain, 'N', &["new-chain"], Takes::Argument, Then::Nothing),
    command(Opt::DeleteChain, 'X', &["delete-chain"], Takes::Maybe, Then::Nothing),
    command(Opt::Policy, 'P', &["policy"], Takes::Argument, Then::Words(1)),
    command(Opt::Check, 'C', &["check"], Takes::Argument, Then::Nothing),
    command(Opt::Masquerading, 'M', &["masquerading"], Takes::Nothing, Then::Nothing),
    command(Opt::Set, 'S', &["set"], Takes::Argument, Then::Words(2)),
    command(Opt::Help, 'h', &["help"], Takes::Maybe, Then::Nothing),
    command(Opt::Version, 'V', &["version"], Takes::Nothing, Then::Nothing),
    value(Opt::Protocol, Some('p'), &["protocol"], Then::Nothing),
    value(Opt::Source, Some('s'), &["source", "src"], Then::Port),
    value(Opt::Destination, Some('d'), &["destination", "dst"], Then::Port),
    value(Opt::SourcePort, None, &["source-port", "sport", "icmp-type"], Then::Nothing),
    value(Opt::DestinationPort, None, &["destination-port", "dport"], Then::Nothing),
    value(Opt::Interface, Some('i'), &["interface"], Then::Nothing),
    plain(Opt::Jump, 'j', &["jump"], Takes::Argument, Then::RedirectPort),
    switch(Opt::Syn, Some('y'), &["syn"], Negation::Before),
    switch(Opt::Fragments, Some('f'), &["fragments"], Negation::Before),
    switch(Opt::Bidirectional, Some('b'), &["bidirectional"], Negation::Never),
    switch(Opt::Log, Some('l'), &["log"], Negation::Never),
    plain(Opt::Mark, 'm', &["mark"], Takes::Argument, Then::Nothing),
    plain(Opt::Tos, 't', &["TOS"], Takes::Argument, Then::Words(1)),
    plain(Opt::Output, 'o', &["output"], Takes::Maybe, Then::Nothing),
    switch(Opt::Verbose, Some('v'), &["verbose"], Negation::Never),
    switch(Opt::Numeric, Some('n'), &["numeric"], Negation::Never),
    switch(Opt::Exact, Some('x'), &["exact"], Negation::Never),
    switch(Opt::LineNumbers, None, &["line-numbers"], Negation::Never),
    switch(Opt::NoWarnings, None, &["no-warnings"], Negation::Never),
];

/// What a long name stands for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// One option, and its full name.
    One(&'static OptionSpec, &'static str),
    /// The full names that it could be.
    Ambiguous(Vec<&'static str>),
    /// Nothing.
    None,
}

/// The option of the letter `letter`.
pub(super) fn by_letter(letter: char) -> Option<&'static OptionSpec> {
    OPTIONS.iter().find(|spec| spec.short == Some(letter))
}

/// The option that getopt takes the long name `name` for: an exact name, else the options it begins.
pub(super) fn by_name(name: &str) -> Found {
    let names = || OPTIONS.iter().flat_map(|spec| spec.long.iter().map(move |long| (spec, *long)));
    if let Some((spec, long)) = names().find(|(_, long)| *long == name) {
        return Found::One(spec, long);
    }
    let begun: Vec<_> = names().filter(|(_, long)| long.starts_with(name)).collect();
    match begun.first() {
        None => Found::None,
        Some((spec, long)) if begun.iter().all(|(other, _)| other.opt == spec.opt) => Found::One(spec, long),
        Some(_) => Found::Ambiguous(begun.into_iter().map(|(_, long)| long).collect()),
    }
}

/// The options that getopt finds in the word `text`, and the value that is joined to the last one.
///
/// There are none in a word that is no option, and none where the program does not take the joined value for one, as
/// in `-ieth0`.
pub fn options_of(text: &str) -> Option<(Vec<&'static OptionSpec>, Option<&str>)> {
    let (mut found, mut joined) = (Vec::new(), None);
    if let Some(long) = text.strip_prefix("--") {
        let (name, value) = long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
        let Found::One(spec, _) = by_name(name) else { return None };
        (found, joined) = (vec![spec], value);
    } else {
        let mut letters = text.strip_prefix('-')?.chars();
        while let Some(letter) = letters.next() {
            let spec = by_letter(letter)?;
            found.push(spec);
            if spec.takes != Takes::Nothing {
                joined = Some(letters.as_str()).filter(|value| !value.is_empty());
                break;
            }
        }
    }
    let last = found.last()?;
    let taken = |value: &str| matches!(last.takes, Takes::Argument | Takes::Maybe) && !value.is_empty();
    joined.is_none_or(taken).then_some((found, joined))
}

/// The long name that is spelt most like `name`, if any is near.
pub(super) fn nearest_name(name: &str) -> Option<&'static str> {
    let names = OPTIONS.iter().flat_map(|spec| spec.long.iter().copied());
    crate::dialect::nearest::nearest(name, names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_may_be_cut_short_where_that_is_clear() {
        let opt = |name| match by_name(name) {
            Found::One(spec, _) => Some(spec.opt),
            _ => None,
        };
        assert_eq!(opt("source"), Some(Opt::Source));
        assert_eq!(opt("dst"), Some(Opt::Destination));
        assert_eq!(opt("proto"), Some(Opt::Protocol));
        assert_eq!(opt("int"), Some(Opt::Interface));
        assert_eq!(opt("frag"), Some(Opt::Fragments));
        assert_eq!(opt("fragment"), Some(Opt::Fragments));
        assert_eq!(opt("new"), Some(Opt::NewChain));
        assert_eq!(opt("no-warn"), Some(Opt::NoWarnings));
        for ambiguous in ["dest", "sour", "m", "in", "s", "de", "dele", "ver"] {
            assert!(matches!(by_name(ambiguous), Found::Ambiguous(_)), "{ambiguous}");
        }
        for unknown in ["masquerade", "add", "tos", "Syn"] {
            assert_eq!(by_name(unknown), Found::None, "{unknown}");
        }
    }

    #[test]
    fn options_are_found_however_they_are_written() {
        let found = |text| {
            options_of(text)
                .map(|(specs, joined)| (specs.iter().map(|spec| spec.shortest()).collect::<String>(), joined))
        };
        for (text, options, joined) in [
            ("-y", "-y", None),
            ("-ylj", "-y-l-j", None),
            ("-ljDENY", "-l-j", Some("DENY")),
            ("-j$T", "-j", Some("$T")),
            ("--append=input", "-A", Some("input")),
            ("--ins", "-I", None),
            ("--source-port", "--sport", None),
            ("--no-warn", "--no-warnings", None),
        ] {
            assert_eq!(found(text), Some((options.to_owned(), joined)), "{text}");
        }
        for none in
            ["", "-", "--", "input", "-y$X", "-yq", "-ieth0", "--source=10.0.0.1", "--syn=1", "--jump=", "--dest"]
        {
            assert_eq!(found(none), None, "{none}");
        }
    }

    #[test]
    fn no_name_is_given_twice() {
        let mut names: Vec<&str> = OPTIONS.iter().flat_map(|spec| spec.long.iter().copied()).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
