//! Cuts a command line into options and their arguments, as `getopt_long` does.
//!
//! Which options there are changes on the way, since `-m`, `-j` and `-p` bring
//! options with them; so cutting and understanding go hand in hand.

use super::draft::Draft;
use super::extension::{OptionRow, Role};
use super::extensions;
use super::general::{GENERAL, General, Id, Takes};
use super::kind::{Given as GivenProtocol, Scope, quote};
use super::module::{Given, Loaded};
use super::syntax::{Shape, shape};
use super::{Context, Parsed, Use, check, leftover, suggest};
use crate::diag::{Applicability, Diagnostic, Fix, Severity};
use crate::model::{Argument, OptionUse, Piece, Value, Word};
use crate::text::{Edit, Place, Span};

/// Where a command line is read.
pub(super) struct Scanner<'a> {
    pub(super) words: &'a [Word],
    pub(super) at: usize,
    pub(super) place: Place,
    pub(super) context: &'a Context,
    pub(super) draft: Draft,
    pub(super) loaded: Vec<Loaded>,
    pub(super) problems: Vec<Diagnostic>,
    uses: Vec<Use>,
    /// The `!` that waits for its option.
    negation: Option<usize>,
    /// Whether `-p` has brought its match with it.
    protocol_loaded: bool,
    /// Whether a word before may have been several, so that plain words may belong to it.
    loose: bool,
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

/// What the name of a long option stands for.
enum Resolved {
    General(&'static General),
    Extension(usize, &'static OptionRow),
    Ambiguous(Vec<String>),
    Nothing,
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
        let Self { draft, loaded, problems, uses, place, context, .. } = self;
        Parsed { command: draft.command(place, context, &loaded), problems, uses }
    }

    /// Reports an error, unless the same place has one already.
    pub(super) fn refuse(&mut self, code: &'static str, place: Place, message: impl Into<String>) {
        self.report(Diagnostic::new(code, Severity::Error, place, message));
    }

    /// Adds a problem, unless the same place has one already: a root cause is reported once.
    pub(super) fn report(&mut self, problem: Diagnostic) {
        let same = |other: &&Diagnostic| {
            other.place == problem.place && (other.severity == Severity::Error || other.code == problem.code)
        };
        if self.problems.iter().find(same).is_none() {
            self.problems.push(problem);
        }
    }

    /// Whether an error was found.
    pub(super) fn is_refused(&self) -> bool {
        self.problems.iter().any(|problem| problem.severity == Severity::Error)
    }

    /// Whether something that is only known at run time may bring further options.
    pub(super) fn is_open(&self) -> bool {
        !self.draft.undecided.is_empty() || self.loose || self.loaded.iter().any(|module| module.extension.is_none())
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
        if self.context.restore && index == 0 && super::address::saved_counters(text).is_some() {
            self.draft.counters = super::address::saved_counters(text);
            self.at += 1;
            return;
        }
        if self.is_open() {
            self.draft.undecided.push(Value::from(text));
            self.at += 1;
            return;
        }
        let problem = leftover::stray(text, self.uses.last(), self.place_of(index));
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

    fn long(&mut self, name: &str, joined: Option<Value>) {
        match self.resolve(name) {
            Resolved::Nothing if self.load_protocol(name) => self.long(name, joined),
            Resolved::Nothing => self.unknown_long(name, joined),
            Resolved::Ambiguous(names) => {
                let message = format!("`--{name}` is short for more than one option: {}", names.join(", "));
                self.refuse("unknown-option", self.place_of(self.at), message);
                self.pass_unknown();
            }
            Resolved::General(general) => {
                let reading = self.start(joined);
                self.general(general, reading);
            }
            Resolved::Extension(module, row) => {
                let reading = self.start(joined);
                self.extension_option(module, row, reading);
            }
        }
    }

    /// Takes the word of an option and a `!` before it.
    fn start(&mut self, joined: Option<Value>) -> Reading {
        let reading = Reading { option: self.at, joined, negation: self.negation.take() };
        self.at += 1;
        reading
    }

    /// The option with this name, or the only one whose name begins so.
    fn resolve(&self, name: &str) -> Resolved {
        let dashed = format!("--{name}");
        for (at, module) in self.loaded.iter().enumerate().rev() {
            if let Some(row) = module.extension.and_then(|extension| extension.option(&dashed)) {
                return Resolved::Extension(at, row);
            }
        }
        if let Some(general) = GENERAL.iter().find(|general| general.names.contains(&name)) {
            return Resolved::General(general);
        }
        self.resolve_beginning(name, &dashed)
    }

    fn resolve_beginning(&self, name: &str, dashed: &str) -> Resolved {
        // Options of an extension that is not declared may have that name in full.
        if self.loaded.iter().any(|module| module.extension.is_none()) {
            return Resolved::Nothing;
        }
        let begins = |names: &[&str], begin: &str| names.iter().any(|name| name.starts_with(begin));
        let mut names = Vec::new();
        let mut found = Resolved::Nothing;
        for (at, module) in self.loaded.iter().enumerate() {
            for row in module.extension.map(|extension| extension.options).unwrap_or_default() {
                if row.name.starts_with(dashed) || begins(row.aliases, dashed) {
                    names.push(row.name.to_owned());
                    found = Resolved::Extension(at, row);
                }
            }
        }
        for general in GENERAL.iter().filter(|general| begins(general.names, name)) {
            names.push(format!("--{}", general.names.first().copied().unwrap_or_default()));
            found = Resolved::General(general);
        }
        if names.len() > 1 { Resolved::Ambiguous(names) } else { found }
    }

    /// Loads the match of the protocol when an option is not known otherwise; once.
    fn load_protocol(&mut self, name: &str) -> bool {
        if self.protocol_loaded {
            return false;
        }
        let GivenProtocol::Protocol(protocol, _) = self.draft.given() else { return false };
        let Some(extension) = extensions::of_protocol(protocol, self.context.family) else { return false };
        let dashed = format!("--{name}");
        let begins = |row: &OptionRow| row.aliases.iter().chain([&row.name]).any(|name| name.starts_with(&dashed));
        if !extension.options.iter().any(begins) {
            return false;
        }
        self.protocol_loaded = true;
        let place = self.place_of(self.at);
        self.loaded.push(Loaded::new(extension.name.to_owned(), Role::Match, Some(extension), place));
        true
    }

    /// A long option that nothing known has.
    fn unknown_long(&mut self, name: &str, joined: Option<Value>) {
        if self.draft.given() == GivenProtocol::Unknown && !self.protocol_loaded {
            self.load_unknown_protocol();
        }
        let taker = self.loaded.iter().rposition(|module| module.extension.is_none());
        if let Some(module) = taker {
            return self.keep(module, name, joined);
        }
        if self.is_open() {
            self.draft.undecided.push(Value::from(format!("--{name}")));
            self.negation = None;
            self.at += 1;
            return;
        }
        let problem = self.unknown_option(name);
        self.report(problem);
        self.pass_unknown();
    }

    /// `-p $P --dport 80`: the options of a protocol that is only known at run time.
    fn load_unknown_protocol(&mut self) {
        self.protocol_loaded = true;
        let name = self.draft.protocol.as_ref().map(|said| match &said.what {
            crate::model::Known::Unknown(value) => value.to_string(),
            crate::model::Known::Is(protocol) => protocol.0.to_string(),
        });
        let mut module = Loaded::new(name.unwrap_or_default(), Role::Match, None, self.place_of(self.at));
        module.unknown = true;
        self.loaded.push(module);
    }

    /// Keeps an option of an extension that is not declared, with the words up to the next option.
    fn keep(&mut self, module: usize, name: &str, joined: Option<Value>) {
        let dashed = format!("--{name}");
        let reading = self.start(joined);
        let mut words: Vec<Value> = reading.joined.iter().cloned().collect();
        let mut arguments = Vec::new();
        while let Some(word) = self.words.get(self.at) {
            if word.known().is_some_and(|text| shape(text) != Shape::Plain) {
                break;
            }
            words.push(word.value.clone());
            arguments.push(self.at);
            self.at += 1;
        }
        let argument = self.kept_argument(module, &dashed, &words);
        let option = OptionUse { name: dashed.clone(), negated: reading.negation.is_some(), argument };
        let place = self.place_of(reading.option);
        if let Some(module) = self.loaded.get_mut(module) {
            module.given.push(Given { row: None, option, place });
        }
        self.record(dashed, Some(module), &reading, arguments);
    }

    /// Ports of a protocol that is not known are read all the same; they mean the same in each.
    fn kept_argument(&self, module: usize, name: &str, words: &[Value]) -> Option<Argument> {
        let unknown = words.iter().find(|word| word.known().is_none());
        if let Some(value) = unknown {
            return Some(Argument::Unknown(value.clone()));
        }
        let texts: Vec<&str> = words.iter().filter_map(Value::known).collect();
        if self.loaded.get(module).is_some_and(|module| module.unknown) {
            let tcp = extensions::of_protocol(6, self.context.family);
            let row = tcp.and_then(|tcp| tcp.option(name)).filter(|row| row.kind.arity() == texts.len());
            if let Some(Ok(argument)) = row.map(|row| row.kind.read(&texts, self.scope())) {
                return argument;
            }
        }
        let quoted: Vec<String> = texts.iter().map(|text| quote_blanks(text)).collect();
        (!quoted.is_empty()).then(|| Argument::Text(quoted.join(" ")))
    }

    fn pass_unknown(&mut self) {
        self.negation = None;
        self.at += 1;
        self.skip_plain();
    }

    /// What to say of a long option that iptables refuses here.
    fn unknown_option(&self, name: &str) -> Diagnostic {
        let dashed = format!("--{name}");
        let place = self.place_of(self.at);
        let error = |code, message| Diagnostic::new(code, Severity::Error, place, message);
        if leftover::is_port_option(&dashed) {
            let message = format!("`{dashed}` needs a protocol with ports before it");
            return error("port-without-protocol", message).with_help("put `-p tcp` or `-p udp` before it");
        }
        let unknown = error("unknown-option", format!("there is no option `{dashed}` here"));
        if let Some(help) = leftover::owner_of(&dashed, self.context.family) {
            return unknown.with_help(help);
        }
        let known = self.names();
        let near = suggest::nearest(name, known.iter().map(String::as_str));
        match (near, self.draft.given()) {
            (Some(near), _) => unknown.with_help(format!("did you mean `--{near}`?")),
            (None, _) => unknown,
        }
    }

    /// The long options that are known here, and those that `-p` or `-m` would bring.
    fn names(&self) -> Vec<String> {
        let loaded = self.loaded.iter().filter_map(|module| module.extension);
        let others = extensions::EXTENSIONS.iter().copied();
        let of_extensions = loaded.chain(others).flat_map(|extension| extension.options);
        let long = of_extensions.flat_map(|row| row.aliases.iter().chain([&row.name]));
        let long = long.map(|name| name.trim_start_matches('-').to_owned());
        let general = GENERAL.iter().flat_map(|general| general.names).map(|name| (*name).to_owned());
        long.chain(general).collect()
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
        if self.is_open() && problem.code == "unknown-option" && self.loose {
            self.draft.undecided.push(Value::from(format!("-{letter}")));
            return;
        }
        self.report(problem);
        self.skip_plain();
    }

    /// Reads an option of a declared extension.
    fn extension_option(&mut self, module: usize, row: &'static OptionRow, mut reading: Reading) {
        let place = self.place_of(reading.option);
        let Some(taken) = self.take_all(row, &mut reading) else { return };
        let arguments: Vec<usize> = taken.iter().map(|taken| taken.index).collect();
        self.record(row.name.to_owned(), Some(module), &reading, arguments);
        let negated = reading.negation.is_some();
        if negated && !row.negatable {
            return self.refuse("invalid-value", place, format!("`{}` cannot be negated", row.name));
        }
        if let Some(message) = self.loaded.get(module).and_then(|module| module.clash(row)) {
            return self.refuse("invalid-value", place, message);
        }
        let Some(argument) = self.understand(module, row, &taken) else { return };
        let option = OptionUse { name: row.name.to_owned(), negated, argument };
        if let Some(module) = self.loaded.get_mut(module) {
            module.given.push(Given { row: Some(row), option, place });
        }
    }

    /// The argument of an option; `None` after a problem.
    fn understand(&mut self, module: usize, row: &OptionRow, taken: &[Taken]) -> Option<Option<Argument>> {
        if let Some(unknown) = taken.iter().find(|taken| taken.value.known().is_none()) {
            return Some(Some(Argument::Unknown(unknown.value.clone())));
        }
        let texts: Vec<&str> = taken.iter().filter_map(|taken| taken.value.known()).collect();
        let place = taken.iter().map(|taken| taken.place).reduce(Place::cover);
        let place = place.or_else(|| self.loaded.get(module).map(|module| module.place)).unwrap_or(self.place);
        let needs_protocol = self
            .loaded
            .get(module)
            .and_then(|module| module.extension)
            .is_some_and(|extension| extension.protocol_first || row.kind.has_ports(&texts));
        if needs_protocol && let Some(problem) = check::protocol_before(self, module, row, place) {
            self.report(problem);
            return None;
        }
        match row.kind.read(&texts, self.scope()) {
            Ok(argument) => Some(argument),
            Err(message) => {
                self.refuse("invalid-value", place, message);
                None
            }
        }
    }

    fn take_all(&mut self, row: &OptionRow, reading: &mut Reading) -> Option<Vec<Taken>> {
        let arity = row.kind.arity();
        if arity == 0 && reading.joined.is_some() {
            let message = format!("`{}` takes no argument", row.name);
            self.refuse("invalid-value", self.place_of(reading.option), message);
            return None;
        }
        let free = row.kind.is_free();
        (0..arity).map(|_| self.take(row.name, reading, free, row.negatable)).collect()
    }

    /// The next argument of an option; `None` after a problem.
    ///
    /// `free` says that a word which looks like an option may be the argument.
    pub(super) fn take(&mut self, name: &str, reading: &mut Reading, free: bool, negatable: bool) -> Option<Taken> {
        if let Some(value) = reading.joined.take() {
            let place = self.place_of(reading.option);
            return Some(Taken { value, index: reading.option, place });
        }
        if negatable {
            self.old_negation(name, reading);
        }
        let next = self.words.get(self.at).filter(|word| free || !self.looks_like_option(word));
        let Some(word) = next else {
            let message = format!("`{name}` needs an argument");
            self.refuse("missing-argument", self.place_of(reading.option), message);
            return None;
        };
        self.loose |= word.splits;
        let taken = Taken { value: word.value.clone(), index: self.at, place: word.place };
        self.at += 1;
        Some(taken)
    }

    fn looks_like_option(&self, word: &Word) -> bool {
        match word.known().map(shape) {
            Some(Shape::Long { .. }) => true,
            Some(Shape::Short(letters)) => letters
                .chars()
                .next()
                .is_some_and(|first| !first.is_ascii_digit() && General::by_letter(first).is_some()),
            _ => false,
        }
    }

    /// `-s ! 10.0.0.1`, which iptables gave up reading in 1.4.x: `!` belongs before the option.
    fn old_negation(&mut self, name: &str, reading: &mut Reading) {
        let next = self.words.get(self.at + 1).filter(|word| !self.looks_like_option(word));
        let bang = self.words.get(self.at).filter(|word| word.known() == Some("!"));
        let (Some(bang), Some(next)) = (bang, next) else { return };
        let option = self.place_of(reading.option);
        let problem = Diagnostic::new(
            "old-negation",
            Severity::Error,
            bang.place,
            format!("`!` stands after `{name}`; iptables reads it only before the option"),
        );
        let problem = problem.with_help(format!("write `! {name} {}`", next.value));
        let problem = match negation_fix(option, bang.place, next.place) {
            Some(fix) if reading.negation.is_none() => problem.with_fix(fix),
            _ => problem,
        };
        self.report(problem);
        reading.negation = Some(self.at);
        self.at += 1;
    }

    /// Remembers an option as it is written.
    pub(super) fn record(&mut self, name: String, module: Option<usize>, reading: &Reading, arguments: Vec<usize>) {
        let extension = module.and_then(|module| self.loaded.get(module)).map(|module| module.name.clone());
        let (option, negation) = (reading.option, reading.negation);
        self.uses.push(Use { name, extension, option, negation, arguments });
    }

    /// Reads a general option.
    fn general(&mut self, general: &'static General, mut reading: Reading) {
        let place = self.place_of(reading.option);
        if reading.negation.is_some() && !general.negatable {
            self.refuse("invalid-value", place, format!("`!` cannot stand before `{}`", general.name()));
        }
        self.draft.used.push((general, place));
        let name = general.name();
        let taken = match general.takes {
            Takes::Nothing => None,
            Takes::Word => match self.take(&name, &mut reading, false, general.negatable) {
                Some(taken) => Some(taken),
                None => return,
            },
            Takes::SeparateWord => {
                self.refuse_joined(general, &reading);
                let free = matches!(general.id, Id::InInterface | Id::OutInterface);
                if free && reading.joined.is_some() {
                    reading.joined = self.words.get(reading.option).map(|word| word.value.clone());
                }
                match self.take(&name, &mut reading, free, general.negatable) {
                    Some(taken) => Some(taken),
                    None => return,
                }
            }
            Takes::Optional => self.take_optional(&mut reading),
        };
        let arguments = taken.iter().map(|taken| taken.index).collect();
        self.record(name, None, &reading, arguments);
        self.apply(general, taken, &reading);
    }

    /// `-jDROP`: iptables 1.8.9 reads `-jDROP` as the target.
    fn refuse_joined(&mut self, general: &General, reading: &Reading) {
        let Some(joined) = &reading.joined else { return };
        let word = self.words.get(reading.option).map(|word| word.value.to_string()).unwrap_or_default();
        let interface = matches!(general.id, Id::InInterface | Id::OutInterface);
        let severity = if interface && word.len() <= 15 { Severity::Warning } else { Severity::Error };
        let message = format!("iptables takes the whole word `{word}` for the argument of `{}`", general.name());
        let problem = Diagnostic::new("invalid-value", severity, self.place_of(reading.option), message);
        self.report(problem.with_help(format!("write `{} {joined}`", general.name())));
    }

    /// The next word, unless it begins an option.
    pub(super) fn take_optional(&mut self, reading: &mut Reading) -> Option<Taken> {
        if reading.joined.is_some() {
            return self.take("", reading, true, false);
        }
        let word = self.words.get(self.at)?;
        if word.value.known_prefix().starts_with(['-', '!']) {
            return None;
        }
        self.take("", reading, true, false)
    }
}

/// The argument of an option that is not declared, so that its words stay apart.
fn quote_blanks(text: &str) -> String {
    let bare = |c: char| c.is_alphanumeric() || "-_.:,/+=%@*".contains(c);
    if !text.is_empty() && text.chars().all(bare) { text.to_owned() } else { quote(text) }
}

/// Moves `!` from behind an option to before it.
fn negation_fix(option: Place, bang: Place, argument: Place) -> Option<Fix> {
    let same = option.file == bang.file && bang.file == argument.file;
    let ordered = option.span.end <= bang.span.start && bang.span.end <= argument.span.start;
    (same && ordered && !bang.span.is_empty()).then(|| Fix {
        title: "Put `!` before the option".to_owned(),
        applicability: Applicability::Safe,
        file: option.file,
        edits: vec![
            Edit::insert(option.span.start, "! "),
            Edit::replace(Span { start: bang.span.start, end: argument.span.start }, ""),
        ],
    })
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
