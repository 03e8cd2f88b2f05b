//! What the options of iptables-restore say, as far as it changes what is loaded, and what it refuses of them.

use crate::diag::{Diagnostic, Severity, Variant};
use crate::model::{Value, Word};
use crate::text::Place;

/// What an option is followed by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Takes {
    Nothing,
    Word,
    /// The next word, unless that begins with `-` or `!`; to the name something may be joined, to the letter nothing.
    Number,
}

/// An option by its letter and its name.
type Known = (char, &'static str, Takes);

/// The options of iptables-restore; the first one has no name.
const OPTIONS: [Known; 11] = [
    ('b', "", Takes::Nothing),
    ('c', "counters", Takes::Nothing),
    ('v', "verbose", Takes::Nothing),
    ('V', "version", Takes::Nothing),
    ('t', "test", Takes::Nothing),
    ('h', "help", Takes::Nothing),
    ('n', "noflush", Takes::Nothing),
    ('M', "modprobe", Takes::Word),
    ('T', "table", Takes::Word),
    ('w', "wait", Takes::Number),
    ('W', "wait-interval", Takes::Number),
];

/// The longest interval between attempts to get the lock, in microseconds.
const LONGEST_INTERVAL: u64 = 999_999;

/// Files that are the program's standard input.
const STANDARD_INPUT: [&str; 3] = ["/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"];

/// What the options of a restore program say.
#[derive(Clone, Debug, Default)]
pub(super) struct Restoring {
    /// The rules in the kernel are kept (`--noflush`).
    pub(super) keeps: bool,
    /// Rules get the counters that stand before them (`--counters`), which only rules and policies have.
    pub(super) counts: bool,
    /// Nothing is loaded: what is read is only looked at (`--test`), or nothing is read (`--help`, `--version`).
    pub(super) idle: bool,
    /// A file is named, and standard input is not read.
    pub(super) has_file: bool,
    /// The only table that is restored (`--table`).
    only: Option<Value>,
    /// It says how it is used, and looks at nothing else.
    informs: bool,
    waits: bool,
    /// Where `--wait-interval` stands.
    interval: Option<Place>,
    /// What the program refuses.
    problems: Vec<Diagnostic>,
}

/// What iptables-restore refuses of the words behind its name.
pub fn restore_problems(arguments: &[Word]) -> Vec<Diagnostic> {
    Restoring::of(arguments).problems
}

impl Restoring {
    /// Reads the options, as far as they are known.
    pub(super) fn of(arguments: &[Word]) -> Self {
        let mut how = Self::default();
        let mut files = Vec::new();
        let mut rest = arguments;
        while let Some((word, behind)) = rest.split_first().filter(|_| !how.informs) {
            rest = behind;
            match word.known() {
                Some("--") => files.extend(std::mem::take(&mut rest)),
                Some(text) if text.starts_with("--") => how.long(word, text, &mut rest),
                Some(text) if text.starts_with('-') && text.len() > 1 => how.letters(word, text, &mut rest),
                _ => files.push(word),
            }
        }
        if !how.informs {
            how.whole(&files);
        }
        how
    }

    fn long(&mut self, word: &Word, text: &str, rest: &mut &[Word]) {
        let (name, joined) = text.split_once('=').map_or((text, None), |(name, joined)| (name, Some(joined)));
        match (named(name.trim_start_matches('-')).as_slice(), joined) {
            ([], _) => self.refuse("unknown-option", word.place, format!("iptables-restore has no option `{name}`")),
            ([(.., Takes::Nothing)], Some(_)) => {
                self.refuse("invalid-value", word.place, format!("`{name}` takes no argument"));
            }
            ([option], Some(joined)) => self.say(option.0, word.place, Some(&Value::from(joined))),
            ([option], None) => self.option(option, word.place, rest),
            (several, _) => {
                let names: Vec<String> = several.iter().map(|(_, name, _)| format!("`--{name}`")).collect();
                self.refuse("unknown-option", word.place, format!("`{name}` may be {}", names.join(" or ")));
            }
        }
    }

    /// Letters may share a dash, and what takes a word takes the rest or the next one.
    fn letters(&mut self, word: &Word, text: &str, rest: &mut &[Word]) {
        for (at, letter) in text.char_indices().skip(1) {
            let Some(option) = OPTIONS.iter().find(|own| own.0 == letter) else {
                let message = format!("iptables-restore has no option `-{letter}`");
                return self.refuse("unknown-option", word.place, message);
            };
            match text.get(at + 1..).filter(|joined| !joined.is_empty()) {
                Some(joined) if option.2 == Takes::Word => {
                    return self.say(letter, word.place, Some(&Value::from(joined)));
                }
                Some(_) => self.option(option, word.place, &mut [].as_slice()),
                None => self.option(option, word.place, rest),
            }
            if self.informs {
                return;
            }
        }
    }

    /// An option to which nothing is joined.
    fn option(&mut self, (letter, name, takes): &Known, place: Place, rest: &mut &[Word]) {
        let taken = rest.split_first().filter(|(next, _)| match takes {
            Takes::Nothing => false,
            Takes::Word => true,
            Takes::Number => !next.value.known_prefix().starts_with(['-', '!']),
        });
        if *takes == Takes::Word && taken.is_none() {
            return self.refuse("missing-argument", place, format!("`--{name}` needs an argument"));
        }
        *rest = taken.map_or(*rest, |(_, behind)| behind);
        let place = taken.map_or(place, |(word, _)| word.place);
        self.say(*letter, place, taken.map(|(word, _)| &word.value));
    }

    /// Remembers an option; the place is that of its argument, if it has one.
    fn say(&mut self, letter: char, place: Place, argument: Option<&Value>) {
        match letter {
            'n' => self.keeps = true,
            'c' => self.counts = true,
            't' => self.idle = true,
            'h' | 'V' => (self.idle, self.informs) = (true, true),
            'T' => self.only = argument.cloned(),
            'w' => self.wait(place, argument),
            'W' => self.interval(place, argument),
            _ => {}
        }
    }

    fn wait(&mut self, place: Place, argument: Option<&Value>) {
        self.waits = true;
        if let Some(text) = argument.and_then(Value::known).filter(|text| leading_number(text).is_none()) {
            let message = format!(
                "`{text}` stands where `--wait` takes a number of seconds: iptables-legacy-restore refuses it, and \
                 iptables-nft-restore passes over it"
            );
            self.refuse_by_legacy("invalid-value", place, message);
        }
    }

    fn interval(&mut self, place: Place, argument: Option<&Value>) {
        self.interval = Some(place);
        let Some(argument) = argument else {
            let message = "`--wait-interval` needs a number of microseconds".to_owned();
            return self.refuse_by_legacy("missing-argument", place, message);
        };
        let is_short = |text: &str| leading_number(text).is_some_and(|number| number <= LONGEST_INTERVAL);
        if let Some(text) = argument.known().filter(|text| !is_short(text)) {
            let message = format!("`{text}` is no number of microseconds up to {LONGEST_INTERVAL}");
            self.refuse_by_legacy("invalid-value", place, message);
        }
    }

    /// What the options and words are wrong in together.
    fn whole(&mut self, files: &[&Word]) {
        let is_file = |word: &&Word| match word.known() {
            Some(file) => !STANDARD_INPUT.contains(&file),
            // What is not known may be no word at all.
            None => !word.splits,
        };
        self.has_file = files.first().is_some_and(is_file);
        if let Some(second) = files.iter().filter(|word| word.known().is_some()).nth(1) {
            let message = format!("iptables-restore reads one file, and `{}` is one more", second.value);
            self.refuse("invalid-value", second.place, message);
        }
        if let Some(place) = self.interval.filter(|_| !self.waits) {
            let message = "`--wait-interval` stands without `--wait`".to_owned();
            self.refuse_by_legacy("missing-argument", place, message);
        }
    }

    fn refuse(&mut self, code: &'static str, place: Place, message: String) {
        self.problems.push(Diagnostic::new(code, Severity::Error, place, message));
    }

    fn refuse_by_legacy(&mut self, code: &'static str, place: Place, message: String) {
        self.refuse(code, place, message);
        self.problems.last_mut().into_iter().for_each(|problem| problem.only = Some(Variant::Legacy));
    }

    /// Whether a variant of the program refuses the options.
    pub(super) fn is_refused(&self) -> bool {
        !self.problems.is_empty()
    }

    /// Whether the program reads the lines of every table.
    pub(super) fn reads_all(&self) -> bool {
        self.only.is_none()
    }

    /// Whether the program reads the lines of a table.
    pub(super) fn reads(&self, table: &str) -> bool {
        self.only.as_ref().and_then(Value::known).is_none_or(|only| only == table)
    }
}

/// The option of that name, or all whose names begin so.
fn named(name: &str) -> Vec<Known> {
    let begun = OPTIONS.iter().filter(|own| !own.1.is_empty() && own.1.starts_with(name)).copied();
    OPTIONS.iter().find(|own| !name.is_empty() && own.1 == name).map_or_else(|| begun.collect(), |own| vec![*own])
}

/// The number that the text begins with.
fn leading_number(text: &str) -> Option<u64> {
    let digits = text.trim_start().trim_start_matches(['+', '-']);
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits.get(..end).filter(|digits| !digits.is_empty()).map(|digits| digits.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_as_getopt_reads_them() {
        let said = |line: &str| {
            let words: Vec<Word> = line.split_whitespace().map(|word| Word::new(word, Place::default())).collect();
            let Restoring { keeps, counts, idle, only, .. } = Restoring::of(&words);
            (keeps, counts, idle, only.map(|only| only.to_string()).unwrap_or_default())
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
