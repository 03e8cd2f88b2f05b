//! Words to arguments: quotes, parameters, substitutions and field splitting.

use std::rc::Rc;

use super::braces::{Part, written_out};
use super::glob;
use super::placeholder::{has_placeholder, placeholders};
use super::run::{Evaluator, TEXT, WORD};
use super::segment::{self, Segment, Separators, join, joined, split};
use super::state::{Arguments, Choices, MAX_CHOICES};
use super::unit::Unit;
use crate::logic::Formula;
use crate::model::{Piece, Unknown, Value, ValueBuilder, Word};
use crate::syntax::{Children, Kind, Node};
use crate::text::Place;

/// What a word expands to.
#[derive(Clone, Debug, PartialEq, Default)]
pub(super) struct Fields {
    pub(super) words: Vec<Word>,
    /// The variable because of which there are none.
    pub(super) vanished: Option<String>,
    /// All that the word says, where that is known and has other blanks than one between each two of them.
    pub(super) spaced: Option<String>,
}

impl Fields {
    /// These words, as they stand.
    pub(super) fn of(words: Vec<Word>) -> Self {
        Self { words, ..Self::default() }
    }
}

impl<'s> Evaluator<'s> {
    /// The fields of a word, for each outcome of the conditions they depend on.
    pub(super) fn expand_fields(&mut self, unit: &Rc<Unit<'s>>, word: Node<'_>) -> Choices<Fields> {
        let place = unit.place(word.span);
        let choices = match written_out(unit, word) {
            Ok(words) if words.is_empty() => self.segments(unit, word.children(), false),
            Ok(words) => return self.expand_written_out(unit, word, &words),
            Err(_) => self.not_known(unit, word, false),
        };
        let variable = word.walk().find_map(|node| parameter_name(unit, node));
        let separators = self.separators();
        let fields = |segments: Vec<Segment>| {
            let words = split(&segments, place, &separators);
            let vanished = if words.is_empty() { Some(variable.clone().unwrap_or_default()) } else { None };
            let spaced = spaced(&segments, &words);
            Fields { words, vanished, spaced }
        };
        choices.into_iter().map(|(guard, segments)| (guard, fields(segments))).collect()
    }

    /// The fields of each word that braces stand for.
    fn expand_written_out(
        &mut self,
        unit: &Rc<Unit<'s>>,
        word: Node<'_>,
        written: &[Vec<Part<'_>>],
    ) -> Choices<Fields> {
        let separators = self.separators();
        let mut choices: Choices<Vec<Segment>> = vec![(Formula::TRUE, Vec::new())];
        for parts in written {
            let mut own: Choices<Vec<Segment>> = vec![(Formula::TRUE, Vec::new())];
            for part in parts {
                let next = match part {
                    Part::Text(text) => literal(text, false),
                    Part::Node(node) => self.part(unit, *node, false),
                };
                own = self.product(own, next).unwrap_or_else(|| self.not_known(unit, word, false));
            }
            for (_, segments) in &mut own {
                *segments = vec![Segment::Fields(split(segments, unit.place(word.span), &separators))];
            }
            choices = self.product(choices, own).unwrap_or_else(|| self.not_known(unit, word, false));
        }
        let fields = |segments: Vec<Segment>| {
            let whole = |segment| match segment {
                Segment::Fields(words) => words,
                text => split(&[text], unit.place(word.span), &separators),
            };
            Fields::of(segments.into_iter().flat_map(whole).collect())
        };
        choices.into_iter().map(|(guard, segments)| (guard, fields(segments))).collect()
    }

    /// Where fields end on the present path.
    pub(super) fn separators(&mut self) -> Separators {
        let path = self.path;
        let Some(choices) = self.state.variables.get("IFS") else { return Separators::Usual };
        let taken = choices.iter().filter(|(guard, _)| self.conditions.formulas.compatible(*guard, path));
        let mut separators = taken.map(|(_, value)| Separators::of(value));
        let first = separators.next().unwrap_or(Separators::Usual);
        let one = if separators.all(|other| other == first) { first } else { Separators::Unknown };
        self.look_at("IFS", path);
        one
    }

    /// A word that is not worked out.
    fn not_known(&self, unit: &Rc<Unit<'s>>, word: Node<'_>, quoted: bool) -> Choices<Vec<Segment>> {
        let value = self.unknown_at(unit.text(word.span), unit.place(word.span));
        vec![(Formula::TRUE, vec![Segment::Text { value, split: !quoted }])]
    }

    /// The text of a word where no splitting takes place (assignments, `case`, redirections).
    pub(super) fn expand_text(&mut self, unit: &Rc<Unit<'s>>, parts: Children<'_>) -> Choices<Value> {
        self.segments(unit, parts, true).into_iter().map(|(guard, segments)| (guard, join(&segments))).collect()
    }

    /// A word as a pattern, in which what is quoted stands for itself.
    pub(super) fn expand_pattern(&mut self, unit: &Rc<Unit<'s>>, parts: Children<'_>) -> Choices<Value> {
        let quotes = [Kind::DoubleQuoted, Kind::SingleQuoted, Kind::AnsiQuoted, Kind::Escaped];
        let as_pattern = |kind: Kind, segments: Vec<Segment>| match quotes.contains(&kind) {
            true => vec![Segment::Text { value: quoted(&join(&segments)), split: false }],
            false => segments,
        };
        let choices = self.segments_as(unit, parts, true, as_pattern);
        choices.into_iter().map(|(guard, segments)| (guard, join(&segments))).collect()
    }

    /// The one text of a word; where it depends on conditions, an unknown.
    pub(super) fn expand_single(&mut self, unit: &Rc<Unit<'s>>, word: Node<'_>) -> Value {
        let mut choices = self.expand_text(unit, word.children());
        match (choices.len(), choices.pop()) {
            (1, Some((_, value))) => value,
            _ => self.unknown_at(unit.text(word.span), unit.place(word.span)),
        }
    }

    /// An unknown that is equal to no other.
    pub(super) fn unknown_at(&self, name: impl Into<String>, place: Place) -> Value {
        Value::unknown(Unknown { name: name.into().into(), id: place.span.start + 1, single: false })
    }

    pub(super) fn segments<'n>(
        &mut self,
        unit: &Rc<Unit<'s>>,
        parts: impl Iterator<Item = Node<'n>> + Clone,
        quoted: bool,
    ) -> Choices<Vec<Segment>> {
        self.segments_as(unit, parts, quoted, |_, segments| segments)
    }

    /// The same, where each part contributes what `change` makes of its kind and its segments.
    fn segments_as<'n>(
        &mut self,
        unit: &Rc<Unit<'s>>,
        parts: impl Iterator<Item = Node<'n>> + Clone,
        quoted: bool,
        change: impl Fn(Kind, Vec<Segment>) -> Vec<Segment>,
    ) -> Choices<Vec<Segment>> {
        let mut choices: Choices<Vec<Segment>> = vec![(Formula::TRUE, Vec::new())];
        for part in parts.clone() {
            let next = self.part(unit, part, quoted).into_iter();
            let next = next.map(|(guard, segments)| (guard, change(part.kind, segments))).collect();
            if self.is_cut_short(|| unit.place(part.span)) {
                break;
            }
            choices = match self.product(choices, next) {
                Some(choices) => choices,
                None => {
                    let name: String = parts.clone().map(|part| unit.text(part.span)).collect();
                    let value = self.unknown_at(name, unit.place(part.span));
                    return vec![(Formula::TRUE, vec![Segment::Text { value, split: !quoted }])];
                }
            };
        }
        choices
    }

    /// Every pair of alternatives that can occur together; `None` where there are too many.
    fn product(&mut self, left: Choices<Vec<Segment>>, right: Choices<Vec<Segment>>) -> Option<Choices<Vec<Segment>>> {
        self.spend(left.len() * right.len() * right.iter().map(|(_, own)| size(own)).sum::<usize>() / TEXT);
        if let [(Formula::TRUE, segments)] = right.as_slice() {
            let append = |(guard, mut own): (Formula, Vec<Segment>)| {
                own.extend(segments.iter().cloned());
                (guard, own)
            };
            return Some(left.into_iter().map(append).collect());
        }
        self.spend(left.iter().map(|(_, own)| 1 + own.len() / WORD).sum::<usize>() * right.len());
        let mut result = Vec::new();
        for (first, own) in &left {
            for (second, more) in &right {
                let guard = self.conditions.formulas.and(*first, *second);
                if !guard.is_false() {
                    result.push((guard, own.iter().chain(more).cloned().collect()));
                }
            }
        }
        (!result.is_empty() && result.len() <= MAX_CHOICES).then_some(result)
    }

    fn part(&mut self, unit: &Rc<Unit<'s>>, part: Node<'_>, quoted: bool) -> Choices<Vec<Segment>> {
        let text = || unit.text(part.span);
        match part.kind {
            Kind::Literal | Kind::DoubleText => literal(&text(), quoted),
            Kind::CarriageReturn | Kind::SingleText | Kind::OperandText | Kind::HerePlain | Kind::OpenQuote => {
                fixed(text())
            }
            Kind::ArithmeticChars => fixed(text()),
            Kind::Escaped => fixed(text().chars().skip(1).collect::<String>()),
            Kind::FinalBackslash => fixed("\\"),
            Kind::BrokenContinuation => fixed(" "),
            Kind::SingleQuoted => {
                fixed(part.child(Kind::SingleText).map(|inner| unit.text(inner.span)).unwrap_or_default())
            }
            Kind::AnsiQuoted => {
                fixed(part.child(Kind::AnsiText).map(|inner| unescape(&unit.text(inner.span))).unwrap_or_default())
            }
            Kind::DoubleEscape => fixed(match text().strip_prefix('\\') {
                Some(rest) if rest.starts_with(['$', '"', '\\', '`']) => rest.to_owned(),
                _ => text(),
            }),
            Kind::DoubleDollar | Kind::LoneDollar => fixed("$"),
            Kind::DoubleQuoted => {
                let mut choices = self.segments(unit, part.named(), true);
                // Quotes make a field even where they hold nothing; `"$@"` alone is the exception.
                for (_, segments) in &mut choices {
                    if !matches!(segments.as_slice(), [Segment::Fields(_)]) {
                        segments.push(Segment::Text { value: Value::empty(), split: false });
                    }
                }
                choices
            }
            Kind::Parameter => self.parameter(unit, part, quoted),
            Kind::ParameterBraced => self.parameter_braced(unit, part, quoted),
            Kind::CommandSubstitution => self.substitution(unit, part, part.child(Kind::List), quoted),
            Kind::Backquoted => {
                let inner = part.child(Kind::BackquotedText);
                let found = self.substitution(unit, part, inner.and_then(|text| text.child(Kind::Script)), quoted);
                // These mean something else to the shell between the quotes than they look like here.
                let text = inner.map(|inner| unit.text(inner.span)).unwrap_or_default();
                if !text.contains("\\`") && !text.contains("\\$") {
                    return found;
                }
                self.substituted = Some((self.path, None));
                self.not_known(unit, part, quoted)
            }
            Kind::Arithmetic => self.arithmetic(unit, part),
            Kind::ProcessSubstitution | Kind::BadSubstitution => self.not_known(unit, part, quoted),
            _ => vec![(Formula::TRUE, Vec::new())],
        }
    }

    /// `$name`, `$1`, `$@`...
    fn parameter(&mut self, unit: &Rc<Unit<'s>>, part: Node<'_>, quoted: bool) -> Choices<Vec<Segment>> {
        let name = part.named().next().map(|name| unit.text(name.span)).unwrap_or_default();
        if let Some(fields) = self.all_arguments(&name) {
            return self.whole_list(fields, name == "*" && quoted, quoted);
        }
        self.end_if_unset(&name);
        let values = self.lookup(unit, &name, unit.place(part.span));
        values.into_iter().map(|(guard, value)| (guard, vec![Segment::Text { value, split: !quoted }])).collect()
    }

    /// A list of fields as `"$@"` gives it, or joined as `"$*"` does, or split again where it is not quoted.
    pub(super) fn whole_list(&mut self, fields: Vec<Word>, joined: bool, quoted: bool) -> Choices<Vec<Segment>> {
        let separators = self.separators();
        let segment = if joined {
            let unknown = || Value::unknown(Unknown { name: "*".into(), id: u32::MAX, single: false });
            let value = segment::starred(&fields, &separators).unwrap_or_else(unknown);
            Segment::Text { value, split: false }
        } else if quoted {
            Segment::Fields(fields)
        } else {
            let again = |word: &Word| {
                split(&[Segment::Text { value: word.value.clone(), split: true }], word.place, &separators)
            };
            Segment::Fields(fields.iter().flat_map(again).collect())
        };
        vec![(Formula::TRUE, vec![segment])]
    }

    /// The arguments that `$@` and `$*` stand for; `None` for other names.
    pub(super) fn all_arguments(&self, name: &str) -> Option<Vec<Word>> {
        if name != "@" && name != "*" {
            return None;
        }
        Some(match &self.state.arguments {
            Arguments::Known(words) => words.clone(),
            Arguments::Unknown { shifted } => {
                let value = Value::unknown(Unknown { name: "@".into(), id: *shifted as u32, single: false });
                vec![Word { value, place: Place::default(), splits: true }]
            }
            given @ (Arguments::OneOf(_) | Arguments::Lost(_)) => {
                let name = format!("@ of {}", given.text());
                let value = Value::unknown(Unknown { name: name.into(), id: u32::MAX, single: false });
                vec![Word { value, place: Place::default(), splits: true }]
            }
        })
    }

    /// `$(...)` and backquotes.
    fn substitution(
        &mut self,
        unit: &Rc<Unit<'s>>,
        part: Node<'_>,
        list: Option<Node<'_>>,
        quoted: bool,
    ) -> Choices<Vec<Segment>> {
        let outputs = match list {
            Some(list) => self.capture(unit, list),
            None => vec![(Formula::TRUE, Value::empty())],
        };
        let name = unit.text(part.span);
        let place = unit.place(part.span);
        self.note_printed(place.span.start + 1, &name);
        self.note_located(unit, place.span.start + 1, list);
        let segment = |value: Option<Value>| Segment::Text {
            value: value.unwrap_or_else(|| {
                Value::unknown(Unknown { name: name.as_str().into(), id: place.span.start + 1, single: false })
            }),
            split: !quoted,
        };
        outputs.into_iter().map(|(guard, value)| (guard, vec![segment(known_output(value))])).collect()
    }
}

/// The text of segments that are split into `words`, where it is known and has other blanks.
fn spaced(segments: &[Segment], words: &[Word]) -> Option<String> {
    let is_split = |segment: &Segment| match segment {
        Segment::Text { value, split: true } => value.known().is_some_and(|text| text.contains([' ', '\t', '\n'])),
        _ => false,
    };
    segments.iter().any(is_split).then_some(())?;
    let text = join(segments).known().map(str::to_owned)?;
    (joined(words).known() != Some(&*text)).then_some(text)
}

/// A value as a pattern that stands for it alone.
fn quoted(value: &Value) -> Value {
    let mut pattern = ValueBuilder::default();
    for piece in value.pieces() {
        match &piece {
            Piece::Known(text) => pattern.push_str(&glob::quoted(text)),
            unknown => pattern.push_piece(unknown),
        }
    }
    pattern.finish()
}

/// Output of a substitution without its final line ends; `None` where none of it is known.
fn known_output(value: Value) -> Option<Value> {
    match value {
        Value::Known(text) => Some(Value::from(text.trim_end_matches('\n'))),
        Value::Mixed(pieces)
            if pieces.iter().all(|piece| matches!(piece, Piece::Unknown(unknown) if unknown.name.is_empty())) =>
        {
            None
        }
        Value::Mixed(pieces) => {
            let mut pieces = pieces.into_vec();
            if let Some(Piece::Known(last)) = pieces.last_mut() {
                *last = last.trim_end_matches('\n').into();
            }
            pieces.retain(|piece| !matches!(piece, Piece::Known(text) if text.is_empty()));
            let unnamed =
                pieces.iter().any(|piece| matches!(piece, Piece::Unknown(unknown) if unknown.name.is_empty()));
            (!unnamed).then(|| Value::Mixed(pieces.into()))
        }
    }
}

/// Text that stands for itself, but for the placeholders of a template.
fn literal(text: &str, quoted: bool) -> Choices<Vec<Segment>> {
    if !has_placeholder(text) {
        return fixed(text);
    }
    vec![(Formula::TRUE, vec![Segment::Text { value: placeholders(text), split: !quoted }])]
}

/// How much there is to copy of the segments of a word.
fn size(segments: &[Segment]) -> usize {
    let text = |value: &Value| match value {
        Value::Known(text) => text.len(),
        Value::Mixed(pieces) => pieces.len() * WORD,
    };
    let of = |segment: &Segment| match segment {
        // Text that is split may become a word for every other byte of it.
        Segment::Text { value, split: true } => text(value) * WORD / 4,
        Segment::Text { value, split: false } => text(value),
        Segment::Fields(words) => words.iter().map(|word| WORD + text(&word.value)).sum(),
    };
    segments.iter().map(of).sum()
}

fn fixed(text: impl Into<Value>) -> Choices<Vec<Segment>> {
    vec![(Formula::TRUE, vec![Segment::Text { value: text.into(), split: false }])]
}

/// The name of the variable that a node reads.
fn parameter_name(unit: &Unit<'_>, node: Node<'_>) -> Option<String> {
    match node.kind {
        Kind::Parameter => node.named().next().map(|name| unit.text(name.span)),
        Kind::ParameterBraced => node.child(Kind::ParameterName).map(|name| unit.text(name.span)),
        _ => None,
    }
}

fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, if c == '\\' { chars.next() } else { None }) {
            ('\\', Some('n')) => out.push('\n'),
            ('\\', Some('t')) => out.push('\t'),
            ('\\', Some('r')) => out.push('\r'),
            ('\\', Some(other)) => out.push(other),
            _ => out.push(c),
        }
    }
    out
}
