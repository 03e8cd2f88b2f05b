//! One ipchains rule as the tokens of iptables rules, in the script's own words.
//!
//! Each token is anchored at the word whose place it takes, so that the command can be
//! rewritten where it stands. What the words mean is read from the evaluated rule;
//! their text is kept wherever iptables reads it the same way.

mod changed;
mod effects;
mod icmp;
mod matches;
mod verdict;

use super::roles::{Parameter, parameter, unquoted};
use super::runtime::ENDING;
use crate::dialect::ipchains::{Opt, Use};
use crate::model::{Known, Match, PortRange, Protocol, Rule, Test, Value, Word};
pub(super) use changed::{Before, answered, disguised, fits_answers, text_fits_masquerading};
pub(super) use effects::jump;
pub(super) use matches::takes_every_address;
pub(super) use verdict::{Verdict, verdict};

/// A word of a new command, and the word of the old one in whose place it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) anchor: usize,
    pub(super) text: String,
}

/// Why a rule is not simply rewritten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// What it means is only known at run time.
    RunTime,
    /// Which rule its number is for is only known at run time.
    Number,
    /// It can match no packet.
    Never,
    /// A person must decide; the reason.
    Person(String),
}

/// The words of one command with their texts in the script.
pub(super) struct Wording<'a> {
    pub(super) words: &'a [Word],
    pub(super) texts: &'a [String],
    pub(super) uses: &'a [Use],
    /// Quotes would not survive: the command goes through `eval` or the like.
    pub(super) unquoted: bool,
    /// The word that may be the flag for the log.
    pub(super) flag: Option<Flag>,
    /// Words that are not known and stand where ports do: there may be one, or none.
    pub(super) ports: &'a [usize],
    /// Those of them that are certainly there.
    pub(super) given: &'a [usize],
}

/// A list of tokens under construction, and what the rule depends on while the script runs.
#[derive(Clone, Debug, Default)]
pub(super) struct Tokens(pub(super) Vec<Token>, pub(super) Option<Devices>, pub(super) Option<Flag>);

/// A word in the place of an option, which is not known before the script runs. Only `-l` can be there, or nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Flag {
    /// A parameter with this name.
    Parameter(String),
    /// What somebody puts in the place of `@NAME@`.
    Placeholder(String),
}

/// Between the name of a variable and the option that goes with it, unless the variable is empty.
const OPTIONAL: &str = ":+";

/// The variable and the option of a text that is an option with its value, or nothing where the variable is empty.
pub(super) fn optional_port(text: &str) -> Option<(&str, &str)> {
    let (name, rest) = text.strip_prefix("${")?.split_once(OPTIONAL)?;
    Some((name, rest.strip_suffix('}')?.rsplit_once(" $")?.0))
}

impl Flag {
    /// The flag that the word `text` may be.
    pub(super) fn of(text: &str) -> Option<Self> {
        match bare(text) {
            Some(Parameter { name, default: None }) => Some(Self::Parameter(name.to_owned())),
            None if is_placeholder(text) => Some(Self::Placeholder(text.to_owned())),
            _ => None,
        }
    }

    /// The word that says what it is.
    pub(super) fn word(&self) -> String {
        match self {
            Self::Parameter(name) => format!("${name}"),
            Self::Placeholder(text) => format!("\"{text}\""),
        }
    }

    /// The number `number`, or the next one if the flag is there.
    pub(super) fn number_behind(&self, number: usize) -> String {
        match self {
            Self::Parameter(name) if number == 1 => format!("${{{name}:+2}}"),
            Self::Parameter(name) => format!("$(({number}${{{name}:++1}}))"),
            Self::Placeholder(_) => number.to_string(),
        }
    }

    /// The word without the flag: nothing where it is one that can be there, else it spoils the word before. Nobody
    /// can say that of a placeholder.
    pub(super) fn rest(&self) -> String {
        match self {
            Self::Parameter(name) => format!("${{{name}#-l}}"),
            Self::Placeholder(_) => String::new(),
        }
    }
}

/// The parameter that an unquoted word is.
pub(super) fn bare(text: &str) -> Option<Parameter<'_>> {
    Some(text).filter(|text| text.starts_with('$')).and_then(parameter)
}

/// Whether a word is one parameter, or what one command writes: a function of the output can be asked what that means.
pub(super) fn can_be_asked(text: &str) -> bool {
    parameter(text).is_some() || has_default(text) || is_output(text)
}

/// Whether a word is a variable that stands for another word where it is not set, or empty.
fn has_default(text: &str) -> bool {
    let inner = unquoted(text).strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).unwrap_or_default();
    let (name, default) = inner.split_at(inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(0));
    let default = default.strip_prefix(":-").or_else(|| default.strip_prefix('-'));
    !name.is_empty() && default.is_some_and(|default| !default.contains(['"', '\'', '`', '\\', '(']))
}

/// Whether a word is what one command writes.
fn is_output(text: &str) -> bool {
    let inner = unquoted(text);
    let substituted = inner.strip_prefix("$(").and_then(|rest| rest.strip_suffix(')'));
    let command = substituted.or_else(|| inner.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')));
    command.is_some_and(|command| !command.contains(['(', ')', '`', '\\']))
}

/// Whether a word is one that another program replaces before the script runs.
pub(super) fn is_placeholder(text: &str) -> bool {
    let inner = text.strip_prefix('@').and_then(|rest| rest.strip_suffix('@'));
    inner.is_some_and(|inner| !inner.is_empty() && inner.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
}

/// The option with a parameter as its value, or nothing where that is empty.
pub(super) fn optional(option: &str, name: &str) -> String {
    format!("${{{name}{OPTIONAL}{option} ${name}}}")
}

/// Devices that are only known when the script runs: those whose own address fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Devices {
    /// The address, and their names where those count; either perhaps negated.
    pub(super) arguments: String,
    /// The word for the source ports among which must be those for masquerading, where only the run knows them.
    pub(super) ports: Option<String>,
}

impl Tokens {
    pub(super) fn add(&mut self, anchor: usize, text: impl Into<String>) {
        self.0.push(Token { anchor, text: text.into() });
    }

    fn add_negated(&mut self, anchor: usize, negated: bool, option: &str) {
        if negated {
            self.add(anchor, "!");
        }
        self.add(anchor, option);
    }
}

impl Tokens {
    /// Leaves an option without an argument there once; nothing is it and is it not.
    fn ask_once(&mut self, option: &str) -> Result<(), Trouble> {
        let mut asked = None;
        let mut kept: Vec<Token> = Vec::new();
        for token in self.0.drain(..) {
            if token.text != option {
                kept.push(token);
                continue;
            }
            let negation = kept.pop_if(|last| last.text == "!");
            match asked {
                Some(before) if before != negation.is_some() => return Err(Trouble::Never),
                Some(_) => continue,
                None => {}
            }
            asked = Some(negation.is_some());
            kept.extend(negation);
            kept.push(token);
        }
        self.0 = kept;
        Ok(())
    }
}

impl<'a> Wording<'a> {
    /// The use of `opt`.
    pub(super) fn find(&self, opt: Opt) -> Option<&'a Use> {
        self.uses.iter().find(|found| found.spec.opt == opt)
    }

    /// The text of the word that holds the first argument of an option, or its joined argument.
    pub(super) fn argument(&self, found: &Use) -> String {
        match &found.joined {
            Some(joined) => joined.to_string(),
            None => self.text(found.value_word()),
        }
    }

    pub(super) fn text(&self, word: usize) -> String {
        self.texts.get(word).cloned().unwrap_or_default()
    }

    fn value(&self, word: usize) -> Option<&str> {
        self.words.get(word).and_then(Word::known)
    }

    /// The word that holds the target, where nothing is known of it.
    pub(super) fn unknown_target(&self, rule: &Rule) -> Option<String> {
        let found = self.find(Opt::Jump).filter(|found| found.joined.is_none() && found.further().is_empty())?;
        let text = self.argument(found);
        let asked = match rule.target.as_ref().map(|target| &target.name) {
            Some(Value::Mixed(pieces)) => pieces.len() == 1 && can_be_asked(&text),
            // What a command writes may be something else in another run.
            Some(name) => is_output(&text) && ENDING.iter().any(|target| name.is(target)),
            None => false,
        };
        asked.then_some(text)
    }

    /// The variable that names a chain of the script's own in the command.
    fn chain_text(&self) -> Option<String> {
        let named = [Opt::Append, Opt::Insert, Opt::Replace, Opt::Delete];
        let found = self.uses.iter().find(|found| named.contains(&found.spec.opt) && found.joined.is_none())?;
        let text = self.argument(found);
        let own = self.value(found.value_word()).is_none_or(|name| !matches!(name, "input" | "forward" | "output"));
        // Quotes within the word go; they must not have told a name from what follows it.
        let name =
            |at: usize| text.as_bytes().get(at).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        let parts = text.match_indices('"').any(|(at, _)| at > 0 && name(at - 1) && name(at + 1));
        let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "_-.${}\"".contains(c));
        (own && text.contains('$') && plain && !parts).then(|| text.replace('"', ""))
    }

    /// The option as written where iptables has the same spelling, else `short`.
    pub(super) fn spelling(&self, found: &Use, short: &str) -> String {
        const SAME: [&str; 16] = [
            "--append",
            "--insert",
            "--replace",
            "--delete",
            "--list",
            "--flush",
            "--zero",
            "--new-chain",
            "--delete-chain",
            "--policy",
            "--source",
            "--src",
            "--destination",
            "--dst",
            "--protocol",
            "--jump",
        ];
        let text = self.text(found.word);
        if SAME.contains(&text.as_str()) { text } else { short.to_owned() }
    }
}

/// The protocol that a rule names, and whether it is negated; any protocol where it names none.
pub(super) fn protocol_of(rule: &Rule) -> Option<(Protocol, bool)> {
    let test = rule.matches.iter().find_map(|found| match &found.test {
        Test::Protocol(protocol) => Some((protocol, found.negated)),
        _ => None,
    });
    match test {
        None => Some((Protocol::ANY, false)),
        Some((Known::Is(protocol), negated)) => Some((*protocol, negated)),
        Some((Known::Unknown(_), _)) => None,
    }
}

fn port_of(rule: &Rule, source: bool) -> Option<(&Match, &Known<PortRange>)> {
    rule.matches.iter().find_map(|found| match (&found.test, source) {
        (Test::SourcePort(range), true) | (Test::DestinationPort(range), false) => Some((found, range)),
        _ => None,
    })
}

/// The test of the source port of TCP or UDP, or that of the destination port, where it is known.
fn known_port(rule: &Rule, source: bool) -> Result<Option<(bool, PortRange)>, Trouble> {
    if protocol_of(rule).is_some_and(|(protocol, _)| protocol == Protocol::ICMP) {
        return Ok(None);
    }
    match port_of(rule, source) {
        None => Ok(None),
        Some((found, Known::Is(range))) => Ok(Some((found.negated, *range))),
        Some((_, Known::Unknown(_))) => Err(Trouble::RunTime),
    }
}
