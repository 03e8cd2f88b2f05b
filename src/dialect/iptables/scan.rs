//! Cuts a command line into options and their arguments, as `getopt_long` does.
//!
//! Which options there are changes on the way, since `-m`, `-j` and `-p` bring
//! options with them; so cutting and understanding go hand in hand.

use std::collections::HashSet;
use std::ops::Range;

use smol_str::SmolStr;

use super::arguments::indices;
use super::draft::Draft;
use super::general::{General, Id, Takes};
use super::kind::Scope;
use super::module::Loaded;
use super::syntax::{Shape, shape};
use super::{Context, Parsed, Use, check, leftover};
use crate::diag::{Confidence, Diagnostic, Severity};
use crate::model::{Piece, Value, Word};
use crate::text::Place;

/// Options before which iptables passes over a `!`.
const DEAF: [Id; 7] = [Id::Version4, Id::Version6, Id::Wait, Id::WaitInterval, Id::Modprobe, Id::Help, Id::Version];

/// Where a command line is read.
pub(super) struct Scanner<'a> {
    pub(super) words: &'a [Word],
    pub(super) at: usize,
    pub(super) place: Place,
    pub(super) context: &'a Context,
    pub(super) draft: Draft,
    pub(super) loaded: Vec<Loaded>,
    pub(super) problems: Vec<Diagnostic>,
    /// The places and names of the problems; no name where an error stands.
    said: HashSet<(Place, Option<&'static str>)>,
    /// The options so far.
    pub(super) uses: Vec<Use>,
    /// The `!` that waits for its option.
    pub(super) negation: Option<usize>,
    /// Whether `-p` has brought its match with it.
    pub(super) protocol_loaded: bool,
    /// Whether an argument before may have been several words, so that nothing after it is certain.
    pub(super) loose: bool,
}

/// An argument with the word it comes from.
#[derive(Clone, Debug)]
pub(super) struct Taken {
    /// What it says.
    pub(super) value: Value,
    /// Its word.
    pub(super) index: usize,
    /// The place of its word.
    pub(super) place: Place,
}

/// An option that is being read.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    /// The index of its word.
    pub(super) option: usize,
    /// Its argument within the same word.
    pub(super) joined: Option<Value>,
    /// The index of a `!` that belongs to it.
    pub(super) negation: Option<usize>,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(words: &'a [Word], place: Place, context: &'a Context) -> Self {
        Self {
            words,
            at: 0,
            place,
            context,
            draft: Draft::default(),
            loaded: Vec::new(),
            problems: Vec::new(),
            said: HashSet::new(),
            uses: Vec::new(),
            negation: None,
            protocol_loaded: false,
            loose: false,
        }
    }

    /// Reads all words.
    pub(super) fn run(&mut self) {
        while let Some(word) = self.words.get(self.at) {
            match word.known() {
                None => self.unknown_word(word),
                Some(text) => match shape(text) {
                    Shape::Bang => self.bang(word),
                    Shape::End => self.end(),
                    Shape::Long { name, joined } => self.long(name, joined.map(Value::from)),
                    Shape::Short(letters) => self.short(letters, None),
                    Shape::Plain => self.stray(text),
                },
            }
        }
        if let Some(index) = self.negation {
            self.refuse("missing-argument", self.place_of(index), "nothing follows `!`");
        }
    }

    /// What was understood.
    pub(super) fn finish(mut self) -> Parsed {
        check::whole(&mut self);
        let Self { draft, loaded, problems, uses, words, place, context, .. } = self;
        let abbreviated = uses.iter().filter(|own| is_abbreviated(own, words)).cloned().collect();
        Parsed { command: draft.command(place, context, &loaded), problems, abbreviated }
    }

    /// Reports an error, unless the same place has one already.
    pub(super) fn refuse(&mut self, code: &'static str, place: Place, message: impl Into<String>) {
        self.report(Diagnostic::new(code, Severity::Error, place, message));
    }

    /// Adds a problem, unless the same place has one already: a root cause is reported once.
    pub(super) fn report(&mut self, mut problem: Diagnostic) {
        if !self.context.installed.minds(problem.only) {
            return;
        }
        if self.loose && problem.confidence == Confidence::Proved {
            problem.confidence = Confidence::Likely;
        }
        let (place, code, error) = (problem.place, problem.code, problem.severity == Severity::Error);
        let new = self.said.insert((place, Some(code)));
        if self.said.contains(&(place, None)) || !(new || error) {
            return;
        }
        if error {
            self.said.insert((place, None));
            // What was only odd and is wrong after all is said once, where both variants think so.
            if !new && problem.only.is_none() {
                self.problems.retain(|other| other.place != place || other.code != code);
            }
        }
        self.problems.push(problem);
    }

    /// Whether an error was found that holds for every variant which is asked.
    pub(super) fn is_refused(&self) -> bool {
        let for_all = |only| self.context.installed.variant.is_some() || Option::is_none(&only);
        self.problems.iter().any(|problem| problem.severity == Severity::Error && for_all(problem.only))
    }

    /// Whether something that is only known at run time may bring further options.
    pub(super) fn is_open(&self) -> bool {
        !self.draft.undecided.is_empty() || self.loaded.iter().any(Loaded::is_open)
    }

    /// What reading arguments may depend on here.
    pub(super) fn scope(&self) -> Scope {
        Scope { family: self.context.family, protocol: self.draft.given() }
    }

    pub(super) fn place_of(&self, index: usize) -> Place {
        self.words.get(index).map_or(self.place, |word| word.place)
    }

    fn bang(&mut self, word: &Word) {
        if self.negation.is_some() {
            self.refuse("invalid-value", word.place, "`!` stands twice");
        }
        self.negation = Some(self.at);
        self.at += 1;
        let next = self.words.get(self.at);
        if let Some(text) = next.and_then(Word::known).filter(|text| shape(text) == Shape::Plain) {
            self.negation = None;
            self.stray(text);
        }
    }

    fn end(&mut self) {
        if let Some(next) = self.words.get(self.at + 1) {
            self.refuse("invalid-value", next.place, "nothing may follow `--`");
        }
        self.at = self.words.len();
    }

    /// A word of which something is only known at run time, where an option is expected.
    fn unknown_word(&mut self, word: &Word) {
        let prefix = word.value.known_prefix();
        if let Shape::Long { name, joined: Some(joined) } = shape(prefix) {
            let joined = without_prefix(&word.value, prefix.len() - joined.len());
            return self.long(name, Some(joined));
        }
        if let Shape::Short(letters) = shape(prefix) {
            let rest = without_prefix(&word.value, 2);
            let letter = letters.chars().next().and_then(General::by_letter);
            if letter.is_some_and(|general| general.takes != Takes::Nothing) {
                return self.short(letters.get(..1).unwrap_or_default(), Some(rest));
            }
        }
        self.draft.undecided.push(word.value.clone());
        self.negation = None;
        self.at += 1;
    }

    /// A plain word where an option is expected.
    fn stray(&mut self, text: &str) {
        let index = self.at;
        if self.is_open() {
            self.draft.undecided.push(Value::from(text));
            self.at += 1;
            return;
        }
        let problem = leftover::stray(text, self.uses.last(), self.words, self.place_of(index));
        self.report(problem);
        self.skip_plain();
    }

    /// Passes over words up to the next option, which belong to something that was reported.
    fn skip_plain(&mut self) {
        while let Some(word) = self.words.get(self.at) {
            let plain = word.known().is_none_or(|text| shape(text) == Shape::Plain);
            if !plain {
                break;
            }
            self.at += 1;
        }
    }

    /// Takes the word of an option and a `!` before it.
    pub(super) fn start(&mut self, joined: Option<Value>) -> Reading {
        let reading = Reading { option: self.at, joined, negation: self.negation.take() };
        self.at += 1;
        reading
    }

    pub(super) fn pass_unknown(&mut self) {
        self.negation = None;
        self.at += 1;
        self.skip_plain();
    }

    fn short(&mut self, letters: &str, rest: Option<Value>) {
        if rest.is_none()
            && let Some(problem) = leftover::single_dash(letters, self.place_of(self.at))
        {
            self.report(problem);
            return self.pass_unknown();
        }
        let index = self.at;
        let negation = self.negation.take();
        self.at += 1;
        for (at, letter) in letters.char_indices() {
            let after = letters.get(at + letter.len_utf8()..).unwrap_or_default();
            let joined = rest.clone().or_else(|| (!after.is_empty()).then(|| Value::from(after)));
            let Some(general) = General::by_letter(letter) else {
                return self.unknown_letter(letter, index);
            };
            let takes = general.takes != Takes::Nothing;
            let reading =
                Reading { option: index, joined: joined.filter(|_| takes), negation: negation.filter(|_| at == 0) };
            self.general(general, reading);
            if takes {
                return;
            }
        }
    }

    fn unknown_letter(&mut self, letter: char, index: usize) {
        let problem = leftover::letter(letter, self.words, index);
        self.report(problem);
        self.skip_plain();
    }

    /// Remembers an option as it is written.
    pub(super) fn record(&mut self, name: SmolStr, module: Option<usize>, reading: &Reading, arguments: Range<usize>) {
        let extension = module.and_then(|module| self.loaded.get(module)).map(|module| module.name.clone());
        let (option, negation) = (reading.option, reading.negation);
        self.uses.push(Use { name, extension, option, negation, arguments });
    }

    /// Reads a general option.
    pub(super) fn general(&mut self, general: &'static General, mut reading: Reading) {
        let place = self.place_of(reading.option);
        if reading.negation.is_some() && !general.negatable {
            // Of `-v` only the first one is looked at.
            let again = general.id == Id::Verbose && self.draft.used.iter().any(|(used, _)| used.id == Id::Verbose);
            let (severity, message) = match DEAF.contains(&general.id) || again {
                true => (Severity::Warning, format!("`!` before `{}` says nothing", general.name())),
                false => (Severity::Error, format!("`!` cannot stand before `{}`", general.name())),
            };
            let problem = Diagnostic::new("invalid-value", severity, place, message);
            self.report(problem.with_help("put it right before the test that it turns round"));
        }
        self.draft.used.push((general, place));
        let next = self.words.get(self.at).and_then(Word::known).filter(|_| reading.joined.is_none());
        if let Some(problem) = leftover::masquerading(general, next, place) {
            self.report(problem);
            self.at = self.words.len();
            return;
        }
        let name = general.name();
        let said = self.problems.len();
        let taken = match general.takes {
            Takes::Nothing => None,
            Takes::Optional if general.id == Id::Wait => self.take_seconds(&mut reading),
            Takes::Optional => self.take_optional(&mut reading),
            Takes::Word | Takes::SeparateWord => {
                let mut free = false;
                if general.takes == Takes::SeparateWord {
                    self.doubt_joined(general, &reading);
                    free = matches!(general.id, Id::InInterface | Id::OutInterface);
                }
                if free && let Some(whole) = self.whole_word(&reading) {
                    reading.joined = Some(whole);
                }
                let taken = self.take(&name, &mut reading, free, general.negatable);
                if taken.is_none() {
                    return self.say_what_is_missing(said, general.shape());
                }
                taken
            }
        };
        self.record(name, None, &reading, indices(taken.as_slice()));
        self.apply(general, taken, &reading);
    }
}

/// `value` without its first bytes, which are known.
fn without_prefix(value: &Value, bytes: usize) -> Value {
    let mut rest = Value::empty();
    for (at, piece) in value.pieces().into_iter().enumerate() {
        match piece {
            Piece::Known(text) if at == 0 => rest.push_str(text.get(bytes..).unwrap_or_default()),
            Piece::Known(text) => rest.push_str(&text),
            Piece::Unknown(unknown) => rest.push(&Value::unknown(unknown)),
        }
    }
    rest
}

/// Whether an option of an extension is written with the beginning of a name.
fn is_abbreviated(own: &Use, words: &[Word]) -> bool {
    let text = words.get(own.option).and_then(Word::known);
    let begins = |text: &str| text.len() > 2 && text.len() < own.name.len() && own.name.starts_with(text);
    own.extension.is_some() && text.is_some_and(|text| text.starts_with("--") && begins(text))
}
