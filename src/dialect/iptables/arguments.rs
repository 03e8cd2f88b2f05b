//! The arguments of options: which words they are, and what `!` among them means.

use std::ops::Range;

use smol_str::SmolStr;

use super::check;
use super::extension::{OptionRow, Role};
use super::general::{Fits, General};
use super::kind::{Given as GivenProtocol, Kind, Scope};
use super::module::Given;
use super::scan::{Reading, Scanner, Taken};
use super::suggest;
use super::syntax::{Shape, shape};
use crate::diag::{Applicability, Diagnostic, Fix, Severity};
use crate::model::{Argument, Interface, OptionUse, Value, Word};
use crate::text::{Edit, Place, Span};

/// How long the name of an interface may be.
const LONGEST_INTERFACE: usize = Interface::LONGEST;

impl Scanner<'_> {
    /// Reads an option of a declared extension.
    pub(super) fn extension_option(&mut self, module: usize, row: &'static OptionRow, mut reading: Reading) {
        let place = self.place_of(reading.option);
        let Some(taken) = self.take_all(row, &mut reading) else { return };
        self.record(SmolStr::new_static(row.name), Some(module), &reading, indices(&taken));
        let negated = reading.negation.is_some() && !row.deaf;
        let sure = self.loaded.get(module).is_some_and(|module| !module.is_open());
        if negated && !row.negatable && sure {
            return self.refuse("invalid-value", place, format!("`{}` cannot be negated", row.name));
        }
        if reading.negation.is_some() && row.deaf {
            let message = format!("iptables passes over the `!`: `{}` has no opposite", row.name);
            self.report(Diagnostic::new("invalid-value", Severity::Warning, place, message));
        }
        if let Some(message) = self.loaded.get(module).and_then(|module| module.clash(row)) {
            return self.refuse("invalid-value", place, message);
        }
        let Some(argument) = self.understand(module, row, &taken) else { return };
        let option = OptionUse { name: SmolStr::new_static(row.name), negated, argument };
        if let Some(module) = self.loaded.get_mut(module) {
            module.given.push(Given { row: Some(row), option, place });
        }
    }

    /// What reading arguments of an extension may depend on: the match of a protocol knows which one it is for.
    fn scope_of(&self, module: usize) -> Scope {
        let own = self.loaded.get(module).and_then(|module| module.extension);
        match own.filter(|own| own.role == Role::Match).map(|own| own.protocols) {
            Some([protocol]) => Scope { protocol: GivenProtocol::Protocol(*protocol, false), ..self.scope() },
            _ => self.scope(),
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
        let scope = self.scope_of(module);
        match row.kind.read(&texts, scope) {
            Ok(argument) => {
                if let Some(message) = row.kind.doubt(&texts, scope) {
                    self.report(Diagnostic::new("invalid-value", Severity::Warning, place, message));
                }
                Some(argument)
            }
            Err(message) => {
                let hint = suggest::argument(row, &texts).or_else(|| suggest::takes(row, &message));
                let message = format!("`{}`: {message}", row.name);
                let problem = Diagnostic::new("invalid-value", Severity::Error, place, message);
                self.report(match hint {
                    Some(hint) => problem.with_hint(hint),
                    None => problem,
                });
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
        if matches!(row.kind, Kind::BitRate | Kind::OptionalNumber) && reading.joined.is_some() {
            let message = format!("what `{}` takes is a word of its own", row.name);
            self.refuse("unknown-option", self.place_of(reading.option), message);
            return None;
        }
        if row.kind.is_optional() {
            return Some(self.take_optional(reading).into_iter().collect());
        }
        let free = row.kind.is_free();
        let said = self.problems.len();
        let taken = (0..arity).map(|_| self.take(row.name, reading, free, row.negatable)).collect();
        self.say_what_is_missing(said, &row.kind.shape());
        taken
    }

    /// Adds the form of an argument to the problem that it is missing, where that is the one at `said`.
    pub(super) fn say_what_is_missing(&mut self, said: usize, shape: &str) {
        if let Some(problem) = self.problems.get_mut(said).filter(|problem| problem.code == "missing-argument") {
            problem.message.push_str(&format!(": {shape}"));
        }
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
        let is_number = |name: &str| name.starts_with(|first: char| first.is_ascii_digit());
        match word.known().map(shape) {
            Some(Shape::Long { name, .. }) => !is_number(name),
            Some(Shape::Short(letters)) => !is_number(letters) && General::of_word(word).is_some(),
            _ => false,
        }
    }

    /// `-s ! 10.0.0.1`, which iptables gave up reading in 1.4.x: `!` belongs before the option.
    fn old_negation(&mut self, name: &str, reading: &mut Reading) {
        let next =
            self.words.get(self.at + 1).filter(|word| !self.looks_like_option(word) && word.known() != Some("!"));
        let bang = self.words.get(self.at).filter(|word| word.known() == Some("!"));
        let (Some(bang), Some(next)) = (bang, next) else { return };
        let option = self.place_of(reading.option);
        let problem = Diagnostic::new(
            "old-negation",
            Severity::Error,
            bang.place,
            format!("`!` stands after `{name}`; iptables reads it only before the option"),
        );
        let problem = problem.with_hint(format!("write `! {name} {}`", next.value));
        let problem = match negation_fix(option, bang.place, next.place) {
            Some(fix) if reading.negation.is_none() => problem.with_fix(fix),
            _ => problem,
        };
        self.report(problem);
        reading.negation = Some(self.at);
        self.at += 1;
    }

    /// `-jDROP`: iptables 1.8.9 reads `-jDROP` as the target, other versions read `DROP`.
    pub(super) fn doubt_joined(&mut self, general: &General, reading: &Reading) {
        let Some(joined) = &reading.joined else { return };
        let word = self.words.get(reading.option).map(|word| word.value.to_string()).unwrap_or_default();
        let message = format!("iptables 1.8.9 takes the whole word `{word}` for the argument of `{}`", general.name());
        let problem = Diagnostic::new("invalid-value", Severity::Warning, self.place_of(reading.option), message);
        let joined = joined.to_string();
        // Of short names, `=` is a part of the argument, which nobody means.
        let argument = joined.strip_prefix('=').unwrap_or(&joined);
        self.report(problem.with_hint(format!("write `{} {argument}`", general.name())));
    }

    /// `-ieth0` as iptables 1.8.9 reads it, where that can be the name of an interface.
    pub(super) fn whole_word(&self, reading: &Reading) -> Option<Value> {
        let word = self.words.get(reading.option).filter(|_| reading.joined.is_some())?;
        (word.value.to_string().len() <= LONGEST_INTERFACE).then(|| word.value.clone())
    }

    /// The next word, unless it begins an option or is likely to: behind `-w` of `iptables -w $RULE` stands no command.
    pub(super) fn take_seconds(&mut self, reading: &mut Reading) -> Option<Taken> {
        let (next, behind) = self.words.get(self.at..)?.split_first()?;
        let is_command = |word| General::of_word(word).is_some_and(|general| general.fits == Fits::Command);
        let is_command_unknown = self.draft.order.is_none() && !behind.iter().any(is_command);
        let may_be_words = reading.joined.is_none() && next.splits && next.known().is_none();
        if may_be_words && is_command_unknown { None } else { self.take_optional(reading) }
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

/// The words that arguments are in.
pub(super) fn indices(taken: &[Taken]) -> Range<usize> {
    taken.first().zip(taken.last()).map_or(0..0, |(first, last)| first.index..last.index + 1)
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
