//! `ipmasqadm`: what Linux 2.2 forwards to inside hosts, as rules that change the destination.
//!
//! Its modules `portfw`, `mfw` and `autofw` are chains of the table [`FORWARDING`]. An entry is read like the rule
//! of iptables that comes closest. Source: `ip_masq_portfw.c`, `ip_masq_mfw.c` and `ip_masq_autofw.c` of Linux 2.2.

use std::ops::Range;
use std::sync::Arc;

use super::iptables::{self, Context};
use crate::model::{Action, Command, Dialect, FORWARDING, Family, Known, Rule, Value, Word};
use crate::text::Place;

/// What one kind of entries is made of.
struct Module {
    name: &'static str,
    /// The options with the words that they take: how few and how many.
    options: &'static [(char, usize, usize)],
    /// The tests of the rule that comes closest; `{L1}` is the second word of `-L`.
    tests: &'static str,
    /// The packets that begin what is forwarded, with a rule for each kind.
    first: &'static [&'static str],
    /// The option for the inside host, and perhaps its port.
    host: char,
}

const MODULES: [Module; 3] = [
    Module {
        name: "portfw",
        options: &[('P', 1, 1), ('L', 2, 2), ('R', 2, 2), ('p', 1, 1)],
        tests: "-d {L0} -p {P0} --dport {L1}",
        first: &[""],
        host: 'R',
    },
    Module {
        name: "mfw",
        options: &[('m', 1, 1), ('r', 1, 2), ('p', 1, 1)],
        // Only what comes to this host is looked at, here and in autofw.
        tests: "-m mark --mark {m0} -m addrtype --dst-type LOCAL",
        first: &["-p tcp --tcp-flags SYN,RST,ACK SYN", "-p udp"],
        host: 'r',
    },
    Module {
        name: "autofw",
        // With a host and no control port, neither `-i` (any host may connect) nor `-u` (at any time) says anything new;
        // `-v` only talks (`modules/autofw.c` of ipmasqadm 0.4.2).
        options: &[('r', 3, 3), ('h', 1, 1), ('i', 0, 0), ('u', 0, 0), ('v', 0, 0)],
        tests: "-p {r0} --dport {r1}:{r2} -m addrtype --dst-type LOCAL",
        first: &[""],
        host: 'h',
    },
];

/// Whether a word behind `ipmasqadm` names one of its modules.
pub fn is_module(word: &str) -> bool {
    MODULES.iter().any(|module| module.name == word)
}

/// Options without a value: commands, and those that change nothing.
const FLAGS: &str = "adflnADEFILS";

/// The commands among the options.
const VERBS: &str = "aAIdDfFlLES";

/// The options of one command, each with the positions of its values among the words.
pub struct Entry {
    module: &'static Module,
    options: Vec<(char, Range<usize>)>,
}

/// Why a command is not understood, with the position of the word or the letter of the option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// Which module it is for is not known, or not one of ours.
    Module,
    /// Whether the word is an option is not known.
    Unknown(usize),
    /// The word is no option.
    Unexpected(usize),
    /// The module has no such option, or none with a meaning for rules.
    Option(char),
    /// The option has too few values.
    Lacks(char),
}

/// A piece of a word of the rule that an entry is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Text that is the same for all entries.
    Text(&'static str),
    /// The word of the command at this position.
    Word(usize),
}

impl Entry {
    /// Sorts the words after the program name by option.
    pub fn read(words: &[Word]) -> Result<Self, Problem> {
        let kind = words.first().and_then(Word::known);
        let module = MODULES.iter().find(|module| kind == Some(module.name)).ok_or(Problem::Module)?;
        let (mut options, mut at) = (Vec::new(), 1);
        while let Some(word) = words.get(at) {
            let text = word.known().ok_or(Problem::Unknown(at))?;
            let letters = text.strip_prefix('-').ok_or(Problem::Unexpected(at))?;
            at += 1;
            for letter in letters.chars() {
                let shape =
                    module.options.iter().find(|(with, ..)| *with == letter).map(|(_, few, many)| (*few, *many));
                let flag = FLAGS.contains(letter).then_some((0, 0));
                let (few, many) = shape.or(flag).ok_or(Problem::Option(letter))?;
                let is_value = |word: &&Word| !word.value.known_prefix().starts_with('-');
                let count = words.iter().skip(at).take(many).take_while(is_value).count();
                if count < few {
                    return Err(Problem::Lacks(letter));
                }
                options.push((letter, at..at + count));
                at += count;
            }
        }
        Ok(Self { module, options })
    }

    /// The letter of the command.
    pub fn verb(&self) -> Option<char> {
        self.options.iter().map(|(letter, _)| *letter).find(|letter| VERBS.contains(*letter))
    }

    /// Whether all options are among these.
    pub fn has_only(&self, letters: &str) -> bool {
        self.options.iter().all(|(letter, _)| letters.contains(*letter))
    }

    /// The positions of the values of an option, if it is there.
    pub fn values(&self, letter: char) -> Option<Range<usize>> {
        self.options.iter().find(|(own, _)| *own == letter).map(|(_, values)| values.clone())
    }

    /// The positions of the inside host, and of its port if it has one.
    pub fn host(&self) -> Option<Range<usize>> {
        self.values(self.module.host)
    }

    /// The words of the rule that it is like, with `more` tests, from the tests on; `None` where options are missing.
    pub fn rule(&self, more: &'static str) -> Option<Vec<Vec<Part>>> {
        let words = [self.module.tests, more, "-j DNAT --to-destination"].into_iter().flat_map(|text| text.split(' '));
        let mut words: Vec<Vec<Part>> =
            words.filter(|word| !word.is_empty()).map(|word| self.parts(word)).collect::<Option<_>>()?;
        let mut host = self.host()?.flat_map(|at| [Part::Text(":"), Part::Word(at)]);
        host.next();
        words.push(host.collect());
        Some(words)
    }

    /// The pieces of a word in which `{L1}` stands for a value.
    fn parts(&self, word: &'static str) -> Option<Vec<Part>> {
        let mut parts = Vec::new();
        for piece in word.split_inclusive('}') {
            let (text, slot) = piece.split_once('{').map_or((piece, None), |(text, slot)| (text, Some(slot)));
            parts.extend(Some(Part::Text(text)).filter(|_| !text.is_empty()));
            if let Some(slot) = slot {
                let mut characters = slot.chars();
                let mut values = self.values(characters.next()?)?;
                parts.push(Part::Word(values.nth(characters.next()?.to_digit(10)? as usize)?));
            }
        }
        Some(parts)
    }
}

/// Reads the words after the program name; what is not understood is a command that does nobody knows what.
pub fn parse(words: &[Word], place: Place) -> Command {
    let action = Entry::read(words).ok().and_then(|entry| action(&entry, words, place)).unwrap_or(Action::Unknown);
    Command { dialect: Dialect::Ipchains, family: Family::V4, table: FORWARDING.into(), action, place }
}

fn action(entry: &Entry, words: &[Word], place: Place) -> Option<Action> {
    let chain = Value::from(entry.module.name);
    let rules = || entry.module.first.iter().map(|first| rule(entry, first, words, place)).collect::<Option<_>>();
    Some(match entry.verb()? {
        'a' | 'A' => Action::Append { chain, rules: rules()? },
        'I' => Action::Insert { chain, position: Known::Is(1), rules: rules()? },
        'd' | 'D' => Action::DeleteRule { chain, rules: rules()? },
        'f' | 'F' => Action::Flush { chain: Some(chain) },
        'l' | 'L' => Action::List { chain: Some(chain), zero: false, rules: false },
        _ => return None,
    })
}

/// The rule for the packets of `first` that sends packets to the inside host.
fn rule(entry: &Entry, first: &'static str, words: &[Word], place: Place) -> Option<Arc<Rule>> {
    let head = "-t nat -A PREROUTING".split(' ').map(|word| Word::new(word, place));
    let filled = entry.rule(first)?;
    let all: Vec<Word> = head.chain(filled.iter().map(|parts| fill(parts, words, place))).collect();
    let parsed = iptables::parse(&all, place, Context::command_line(Family::V4));
    match parsed.command.filter(|_| parsed.problems.is_empty())?.action {
        Action::Append { rules, .. } => <[Arc<Rule>; 1]>::try_from(rules).ok().map(|[rule]| rule),
        _ => None,
    }
}

/// A word out of its pieces; one that is a word of the command stays at its place.
fn fill(parts: &[Part], words: &[Word], place: Place) -> Word {
    if let [Part::Word(at)] = parts
        && let Some(word) = words.get(*at)
    {
        return word.clone();
    }
    let mut value = Value::empty();
    for part in parts {
        match part {
            Part::Text(text) => value.push_str(text),
            Part::Word(at) => words.get(*at).into_iter().for_each(|word| value.push(&word.value)),
        }
    }
    Word::new(value, place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Action {
        let words: Vec<Word> = text.split(' ').map(|word| Word::new(word, Place::default())).collect();
        parse(&words, Place::default()).action
    }

    #[test]
    fn entries_are_rules() {
        let count = |text: &str| match read(text) {
            Action::Append { rules, .. } => rules.len(),
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!(count("portfw -a -P tcp -L 192.0.2.1 80 -R 10.0.0.5 8080 -p 10"), 1);
        assert_eq!(count("portfw -a -P udp -L 192.0.2.1 domain -R 10.0.0.5 domain"), 1);
        assert_eq!(count("mfw -A -m 0x1bb -r 10.0.0.5"), 2);
        assert_eq!(count("autofw -A -r udp 6970 7170 -h 10.0.0.7"), 1);
        assert_eq!(count("autofw -A -v -i -u -r udp 6970 7170 -h 10.0.0.7"), 1);
    }

    #[test]
    fn what_is_not_understood_is_unknown() {
        assert!(matches!(read("portfw -f"), Action::Flush { .. }));
        assert!(matches!(read("mfw -Ln"), Action::List { .. }));
        for odd in ["portfw", "portfw -a", "portfw -d -P tcp -L 192.0.2.1 80", "mfw -S -m 1", "user -f", "-h"] {
            assert_eq!(read(odd), Action::Unknown, "{odd}");
        }
        assert_eq!(read("autofw -A -r tcp 1 2 -h 10.0.0.1 -c tcp 21"), Action::Unknown);
    }
}
