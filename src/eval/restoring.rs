//! What the options of iptables-restore say, as far as it changes what is loaded.

use crate::model::Word;

/// What an option is followed by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    Nothing,
    Word,
    /// Only what is joined to it.
    Joined,
}

/// The options of iptables-restore, by letter and by name.
const OPTIONS: [(char, &str, Takes); 13] = [
    ('b', "binary", Takes::Nothing),
    ('c', "counters", Takes::Nothing),
    ('v', "verbose", Takes::Nothing),
    ('V', "version", Takes::Nothing),
    ('t', "test", Takes::Nothing),
    ('h', "help", Takes::Nothing),
    ('n', "noflush", Takes::Nothing),
    ('M', "modprobe", Takes::Word),
    ('T', "table", Takes::Word),
    ('w', "wait", Takes::Joined),
    ('W', "wait-interval", Takes::Joined),
    ('4', "ipv4", Takes::Nothing),
    ('6', "ipv6", Takes::Nothing),
];

/// What the options of a restore program say.
#[derive(Clone, Debug, Default)]
pub(super) struct Restoring {
    /// The rules in the kernel are kept (`--noflush`).
    pub(super) keeps: bool,
    /// Rules get the counters that stand before them (`--counters`), which only rules and policies have.
    pub(super) counts: bool,
    /// Nothing is loaded: what is read is only looked at (`--test`), or nothing is read (`--help`, `--version`).
    pub(super) idle: bool,
    /// The only table that is restored (`--table`).
    only: Option<String>,
}

impl Restoring {
    /// Reads the options, as far as they are known.
    pub(super) fn of(arguments: &[Word]) -> Self {
        let mut how = Self::default();
        let mut words = arguments.iter().map(|word| word.known().unwrap_or_default());
        while let Some(word) = words.next().filter(|word| *word != "--") {
            if let Some(long) = word.strip_prefix("--") {
                let (name, joined) = long.split_once('=').map_or((long, None), |(name, rest)| (name, Some(rest)));
                if let Some((letter, takes)) = named(name) {
                    let next = || if takes == Takes::Word { words.next() } else { None };
                    how.say(letter, joined.or_else(next));
                }
            } else {
                // Letters may share a dash, and what takes a word takes the rest or the next one.
                let letters = word.strip_prefix('-').unwrap_or_default();
                for (at, letter) in letters.char_indices() {
                    if OPTIONS.iter().any(|own| own.0 == letter && own.2 == Takes::Word) {
                        let rest = letters.get(at + 1..).filter(|rest| !rest.is_empty());
                        how.say(letter, rest.or_else(|| words.next()));
                        break;
                    }
                    how.say(letter, None);
                }
            }
        }
        how
    }

    fn say(&mut self, letter: char, argument: Option<&str>) {
        match letter {
            'n' => self.keeps = true,
            'c' => self.counts = true,
            't' | 'h' | 'V' => self.idle = true,
            'T' => self.only = argument.map(str::to_owned),
            _ => {}
        }
    }

    /// Whether the program reads the lines of a table.
    pub(super) fn reads(&self, table: &str) -> bool {
        self.only.as_deref().is_none_or(|only| only == table)
    }
}

/// The option of that name, or the only one whose name begins so.
fn named(name: &str) -> Option<(char, Takes)> {
    let whole = OPTIONS.iter().find(|own| own.1 == name);
    let mut begun = OPTIONS.iter().filter(|own| own.1.starts_with(name));
    let (letter, _, takes) = whole.or_else(|| begun.next().filter(|_| begun.next().is_none()))?;
    Some((*letter, *takes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Place;

    #[test]
    fn options_are_read_as_getopt_reads_them() {
        let said = |line: &str| {
            let words: Vec<Word> = line.split_whitespace().map(|word| Word::new(word, Place::default())).collect();
            let Restoring { keeps, counts, idle, only } = Restoring::of(&words);
            (keeps, counts, idle, only.unwrap_or_default())
        };
        let none = || (false, false, false, String::new());
        assert_eq!(said("-w 5 -v -M /sbin/modprobe"), none());
        assert_eq!(said("-nc"), (true, true, false, String::new()));
        assert_eq!(said("--nofl --cou"), (true, true, false, String::new()));
        assert_eq!(said("-vTnat"), (false, false, false, "nat".to_owned()));
        assert_eq!(said("-T nat --table=raw"), (false, false, false, "raw".to_owned()));
        assert_eq!(said("--ta nat -n"), (true, false, false, "nat".to_owned()));
        assert_eq!(
            (said("-M t"), said("--modprobe -t"), said("-Mt"), said("--t x"), said("-- -t")),
            (none(), none(), none(), none(), none())
        );
        for idle in ["-t", "--test", "--tes", "-vt", "-h", "-V", "--version", "rules -t"] {
            assert!(said(idle).2, "{idle}");
        }
    }
}
