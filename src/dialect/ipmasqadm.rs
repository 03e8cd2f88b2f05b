//! `ipmasqadm`: what Linux 2.2 forwards to inside hosts, as rules that change the destination.
//!
//! Its modules `portfw`, `mfw` and `autofw` are chains of the table [`FORWARDING`]. An entry is read like the rule
//! of iptables that comes closest. Source: `ip_masq_portfw.c`, `ip_masq_mfw.c` and `ip_masq_autofw.c` of Linux 2.2.

use std::sync::Arc;

use super::iptables::{self, Context};
use crate::model::{Action, Command, Dialect, FORWARDING, Family, Known, Rule, Value, Word};
use crate::text::Place;

/// The options of a module with the words that they take: how few and how many.
struct Module {
    name: &'static str,
    options: &'static [(char, usize, usize)],
    rules: fn(&Entry<'_>) -> Option<Vec<Arc<Rule>>>,
}

const MODULES: [Module; 3] = [
    Module { name: "portfw", options: &[('P', 1, 1), ('L', 2, 2), ('R', 2, 2), ('p', 1, 1)], rules: by_port },
    Module { name: "mfw", options: &[('m', 1, 1), ('r', 1, 2), ('p', 1, 1)], rules: by_mark },
    Module { name: "autofw", options: &[('r', 3, 3), ('h', 1, 1)], rules: by_range },
];

/// What an entry is for, and where its command is.
struct Entry<'w> {
    options: Vec<(char, &'w [Word])>,
    place: Place,
}

/// Reads the words after the program name; what is not understood is a command that does nobody knows what.
pub fn parse(words: &[Word], place: Place) -> Command {
    let action = action(words, place).unwrap_or(Action::Unknown);
    Command { dialect: Dialect::Ipchains, family: Family::V4, table: FORWARDING.into(), action, place }
}

fn action(words: &[Word], place: Place) -> Option<Action> {
    let (kind, words) = words.split_first()?;
    let module = MODULES.iter().find(|module| kind.known() == Some(module.name))?;
    let entry = Entry { options: options(words, module.options)?, place };
    let chain = Value::from(module.name);
    let verb = entry.options.iter().map(|(letter, _)| *letter).find(|letter| "aAIdDfFlLES".contains(*letter))?;
    Some(match verb {
        'a' | 'A' => Action::Append { chain, rules: (module.rules)(&entry)? },
        'I' => Action::Insert { chain, position: Known::Is(1), rules: (module.rules)(&entry)? },
        'd' | 'D' => Action::DeleteRule { chain, rules: (module.rules)(&entry)? },
        'f' | 'F' => Action::Flush { chain: Some(chain) },
        'l' | 'L' => Action::List { chain: Some(chain), zero: false },
        _ => return None,
    })
}

fn options<'w>(mut words: &'w [Word], values: &[(char, usize, usize)]) -> Option<Vec<(char, &'w [Word])>> {
    let mut found = Vec::new();
    while let Some((word, rest)) = words.split_first() {
        words = rest;
        for letter in word.known()?.strip_prefix('-')?.chars() {
            let shape = values.iter().find(|(with, ..)| *with == letter).map(|(_, few, many)| (*few, *many));
            let (few, many) = shape.or("adflnADEFILS".contains(letter).then_some((0, 0)))?;
            let is_value = |word: &&Word| !word.known().is_some_and(|text| text.starts_with('-'));
            let count = words.iter().take(many).take_while(is_value).count();
            let (taken, rest) = words.split_at(count);
            words = rest;
            if count < few {
                return None;
            }
            found.push((letter, taken));
        }
    }
    Some(found)
}

impl<'w> Entry<'w> {
    fn values(&self, letter: char) -> Option<&'w [Word]> {
        self.options.iter().find(|(own, _)| *own == letter).map(|(_, values)| *values)
    }

    /// The rule with these tests that sends packets to `host`, which may have a port behind it.
    fn rule(&self, tests: &[&dyn Fn() -> Vec<Word>], host: &[Word]) -> Option<Arc<Rule>> {
        let mut to = Value::empty();
        for (at, word) in host.iter().enumerate() {
            to.push_str(if at == 0 { "" } else { ":" });
            to.push(&word.value);
        }
        let mut words = self.words("-t nat -A PREROUTING");
        words.extend(tests.iter().flat_map(|test| test()));
        words.extend(self.words("-j DNAT --to-destination"));
        words.push(Word::new(to, self.place));
        let parsed = iptables::parse(&words, self.place, Context::command_line(Family::V4));
        match parsed.command.filter(|_| parsed.problems.is_empty())?.action {
            Action::Append { rules, .. } => <[Arc<Rule>; 1]>::try_from(rules).ok().map(|[rule]| rule),
            _ => None,
        }
    }

    fn words(&self, text: &str) -> Vec<Word> {
        text.split(' ').map(|word| Word::new(word, self.place)).collect()
    }

    fn option(&self, name: &str, value: &Word) -> Vec<Word> {
        vec![Word::new(name, self.place), value.clone()]
    }
}

fn by_port(entry: &Entry<'_>) -> Option<Vec<Arc<Rule>>> {
    let ([protocol], [address, port]) = (entry.values('P')?, entry.values('L')?) else { return None };
    let tests: [&dyn Fn() -> Vec<Word>; 3] =
        [&|| entry.option("-d", address), &|| entry.option("-p", protocol), &|| entry.option("--dport", port)];
    Some(vec![entry.rule(&tests, entry.values('R')?)?])
}

/// TCP connections come about with their first packet only.
fn by_mark(entry: &Entry<'_>) -> Option<Vec<Arc<Rule>>> {
    let [mark] = entry.values('m')? else { return None };
    let host = entry.values('r')?;
    let of = |protocol: &str| {
        let marked = || [entry.words("-m mark"), entry.option("--mark", mark)].concat();
        entry.rule(&[&|| entry.words(protocol), &marked, &|| entry.words(OWN)], host)
    };
    Some(vec![of("-p tcp --tcp-flags SYN,RST,ACK SYN")?, of("-p udp")?])
}

fn by_range(entry: &Entry<'_>) -> Option<Vec<Arc<Rule>>> {
    let ([protocol, low, high], host) = (entry.values('r')?, entry.values('h')?) else { return None };
    let mut range = low.value.clone();
    range.push_str(":");
    range.push(&high.value);
    let range = Word { value: range, ..low.clone() };
    let tests: [&dyn Fn() -> Vec<Word>; 3] =
        [&|| entry.option("-p", protocol), &|| entry.option("--dport", &range), &|| entry.words(OWN)];
    Some(vec![entry.rule(&tests, host)?])
}

/// Only what comes to this host is looked at.
const OWN: &str = "-m addrtype --dst-type LOCAL";

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
