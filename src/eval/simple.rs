//! Simple commands: their words, and what belongs to them beside those.

use std::rc::Rc;

use smol_str::SmolStr;

use super::expand::Fields;
use super::run::{Evaluator, Status};
use super::state::{Choices, MAX_CHOICES};
use super::unit::Unit;
use super::{Input, Spaced, Vanished};
use crate::logic::Formula;
use crate::model::{Piece, Value, Word};
use crate::syntax::{Kind, Node};
use crate::text::{Place, Span};

/// Commands that take assignments for words.
pub const DECLARING: [&str; 5] = ["export", "readonly", "declare", "typeset", "local"];

/// A simple command, expanded.
#[derive(Clone, Default)]
pub(super) struct Expanded {
    pub(super) words: Vec<Word>,
    pub(super) vanished: Vec<Vanished>,
    pub(super) spaced: Vec<Spaced>,
}

impl Expanded {
    /// The command with these words.
    pub(super) fn of(words: Option<&[Word]>) -> Self {
        Self { words: words.unwrap_or_default().to_vec(), ..Self::default() }
    }

    /// Takes in what the next word expands to.
    fn add(&mut self, place: Place, fields: &Fields) {
        let variable = fields.vanished.clone();
        let before = self.words.len();
        self.vanished.extend(variable.map(|variable| Vanished { before, place, variable }));
        self.spaced.extend(fields.spaced.clone().map(|text| Spaced { place, text }));
        self.words.extend(fields.words.iter().cloned());
    }
}

/// What belongs to a simple command beside its words.
pub(super) struct Surroundings<'n, 's> {
    pub(super) unit: Rc<Unit<'s>>,
    pub(super) node: Node<'n>,
    pub(super) place: Place,
    pub(super) input: Input,
    /// The file that standard output goes to.
    pub(super) output: Option<Value>,
    /// The here-document: its text, and whether expansions count in it.
    pub(super) here: Option<(Span, bool)>,
}

impl<'s> Evaluator<'s> {
    pub(super) fn run_simple(&mut self, unit: &Rc<Unit<'s>>, node: Node<'_>) -> Status {
        let words: Vec<Node<'_>> = node.all(Kind::Word).collect();
        if words.is_empty() {
            return self.run_assignments(unit, node);
        }
        let surroundings = self.surroundings(unit, node);
        let choices = self.expand_all(unit, &words);
        let choices: Choices<_> = choices.into_iter().flat_map(|own| self.with_known_name(own)).collect();
        let several = choices.len() > 1;
        let (mut success, mut only) = (Formula::FALSE, None);
        self.on_each(choices, |own, guard, command| {
            let status = own.with_assignments(unit, node, |own| own.execute(&surroundings, command));
            if several {
                let one = own.decide(status);
                let formulas = &mut own.conditions.formulas;
                let one = formulas.and(one, guard);
                success = formulas.or(success, one);
            } else {
                only = Some(status);
            }
        });
        only.unwrap_or(Status::Is(success))
    }

    /// A command for each name that it can have on the path: behind `case $1 in start | stop)`, `$1` is one of two;
    /// elsewhere it may be any function of the script.
    fn with_known_name(&mut self, (guard, command): (Formula, Expanded)) -> Choices<Expanded> {
        let path = self.conditions.formulas.and(self.path, guard);
        let first =
            command.words.first().filter(|word| matches!(word.value, Value::Mixed(_)) && !path.is_false()).cloned();
        let Some(Word { value, place, .. }) = first else { return vec![(guard, command)] };
        let mut names = self.conditions.narrowed(&value, path);
        let mut rest = if names.is_empty() { guard } else { Formula::FALSE };
        if names.is_empty() {
            for name in self.functions_named(&value) {
                let holds = self.conditions.equal(&value, &name.as_str().into(), place);
                rest = self.conditions.formulas.and_not(rest, holds);
                names.push((holds, name));
            }
        }
        let named = |(holds, name): (Formula, String)| {
            let mut command = command.clone();
            command.words.iter_mut().take(1).for_each(|word| word.value = name.as_str().into());
            (self.conditions.formulas.and(guard, holds), command)
        };
        let mut choices: Choices<_> = names.into_iter().map(named).collect();
        choices.extend((!rest.is_false()).then_some((rest, command)));
        choices
    }

    /// The functions that a name may mean which comes from the arguments of the script, or of which the beginning or
    /// the end is known; none where they are many.
    fn functions_named(&self, value: &Value) -> Vec<String> {
        let pieces = value.pieces();
        let argument = |name: &str| name.starts_with(|c: char| c.is_ascii_digit() && c != '0');
        match pieces.as_slice() {
            [Piece::Unknown(own)] if argument(&own.name) => {}
            [_] | [] => return Vec::new(),
            _ => {}
        }
        let text = |piece: Option<&Piece>| match piece {
            Some(Piece::Known(text)) => text.clone(),
            _ => SmolStr::default(),
        };
        let (begin, end) = (text(pieces.first()), text(pieces.last()));
        let fits = |name: &str| name.starts_with(begin.as_str()) && name.ends_with(end.as_str());
        let mut names: Vec<String> = Vec::new();
        for function in self.defined.iter().map(|(_, function)| function).filter(|function| fits(&function.name)) {
            if self.state.functions.contains_key(&function.name) && !names.contains(&function.name) {
                names.push(function.name.clone());
            }
        }
        if names.len() < MAX_CHOICES { names } else { Vec::new() }
    }

    /// All fields of several words, with those that vanish.
    pub(super) fn expand_all(&mut self, unit: &Rc<Unit<'s>>, words: &[Node<'_>]) -> Choices<Expanded> {
        let mut choices: Choices<Expanded> = vec![(Formula::TRUE, Expanded::default())];
        let declares = words.first().is_some_and(|word| DECLARING.contains(&unit.text(word.span).as_str()));
        for word in words {
            let place = unit.place(word.span);
            let mut expanded = match declares && is_assignment(&unit.text(word.span)) {
                true => self.expand_text(unit, word.children()).into_iter().map(|own| whole(own, place)).collect(),
                false => self.expand_fields(unit, *word),
            };
            if choices.len() * expanded.len() > MAX_CHOICES {
                let value = self.unknown_at(unit.text(word.span), place);
                expanded = vec![(Formula::TRUE, Fields::of(vec![Word { value, place, splits: true }]))];
            }
            if let [(Formula::TRUE, fields)] = expanded.as_slice() {
                choices.iter_mut().for_each(|(_, own)| own.add(place, fields));
                continue;
            }
            let mut next = Vec::new();
            for (first, own) in &choices {
                for (second, fields) in &expanded {
                    let guard = self.conditions.formulas.and(*first, *second);
                    if !guard.is_false() {
                        let mut own = own.clone();
                        own.add(place, fields);
                        next.push((guard, own));
                    }
                }
            }
            choices = next;
        }
        choices
    }

    /// The redirections of a command.
    fn surroundings<'n>(&mut self, unit: &Rc<Unit<'s>>, node: Node<'n>) -> Surroundings<'n, 's> {
        let mut found = Surroundings {
            unit: Rc::clone(unit),
            node,
            place: self.extent(unit, node),
            input: self.inherited_input(),
            output: None,
            here: None,
        };
        for redirect in node.all(Kind::Redirect) {
            if let Some(here) = redirect.child(Kind::HereDocument) {
                if let Some(document) = unit.here_document(here.span) {
                    found.here = Some(document);
                    found.input = Input::Here(unit.place(document.0));
                }
                continue;
            }
            let operator =
                redirect.child(Kind::RedirectOperator).map(|operator| unit.text(operator.span)).unwrap_or_default();
            let descriptor = redirect.child(Kind::Descriptor).map(|descriptor| unit.text(descriptor.span));
            let Some(word) = redirect.child(Kind::Word) else { continue };
            match (operator.as_str(), descriptor.as_deref()) {
                ("<", None | Some("0")) => found.input = Input::File(self.expand_single(unit, word)),
                (">" | ">>" | ">|", None | Some("1")) | ("&>" | "&>>", None) => {
                    found.output = Some(self.expand_single(unit, word));
                }
                (">&", None | Some("1")) => {
                    let number = unit.text(word.span).parse::<u32>().ok();
                    found.output = match number {
                        Some(number) => Some(number).filter(|number| *number != 1).map(descriptor_file),
                        None => Some(self.expand_single(unit, word)),
                    };
                }
                _ => {}
            }
        }
        if let (Input::Pipe, Some(document)) =
            (&found.input, self.handed_on.filter(|own| unit.here_documents.iter().any(|(_, there)| there == own)))
        {
            found.here = Some(document);
            found.input = Input::Here(unit.place(document.0));
        }
        found
    }

    /// The place of a simple command from its first word to its last.
    fn extent(&self, unit: &Unit<'s>, node: Node<'_>) -> Place {
        let last = node.named().last().map_or(node.span, |last| last.span);
        unit.place(Span { start: node.span.start, end: last.end })
    }
}

/// The file that stands for an open descriptor.
fn descriptor_file(number: u32) -> Value {
    Value::from(format!("/dev/fd/{number}"))
}

/// Whether a word is `NAME=VALUE`.
fn is_assignment(word: &str) -> bool {
    let name = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    word.split_once('=').is_some_and(|(before, _)| name(before))
}

/// A value that is one word whatever is in it.
fn whole((guard, value): (Formula, Value), place: Place) -> (Formula, Fields) {
    (guard, Fields::of(vec![Word { value, place, splits: false }]))
}
