//! Scripts that a script runs: `eval`, other shells, and files that are read.

use std::rc::Rc;

use super::builtin::is_shell;
use super::ending::Ending;
use super::program::Program;
use super::question::Question;
use super::run::{Evaluator, PARSED, Status};
use super::simple::{Expanded, Surroundings};
use super::state::Arguments;
use super::unit::Unit;
use crate::model::{Piece, Unknown, Value, Word};
use crate::syntax::{Kind, Node};
use crate::text::{Place, Span, base_name};

/// Files that distributions ship and scripts source: what they set is none of the script's own variables.
const LIBRARIES: [&str; 8] =
    ["functions", "functions.sh", "init-functions", "rc.status", "network", "lsb-functions", "vars.sh", "rc.subr"];

/// Whether a command is a shell, which may read its script.
pub(super) fn may_read_script(unit: &Unit<'_>, command: Node<'_>) -> bool {
    command.kind == Kind::Simple && command.child(Kind::Word).is_some_and(|word| is_shell(&unit.text(word.span)))
}

impl<'s> Evaluator<'s> {
    pub(super) fn run_eval(&mut self, around: &Surroundings<'_, 's>, arguments: &[Word]) -> Status {
        let mut words: Vec<(Value, Place)> = arguments.iter().map(|word| (word.value.clone(), word.place)).collect();
        // `eval "$*"` runs the words of the call, so they keep their own places.
        let whole = around.node.all(Kind::Word).nth(1).filter(|_| around.node.all(Kind::Word).count() == 2);
        let passes_all = whole
            .is_some_and(|word| matches!(around.unit.text(word.span).trim_matches('"'), "$*" | "$@" | "${*}" | "${@}"));
        if let (true, Some(own)) = (passes_all, self.all_arguments("@")) {
            words = own.into_iter().map(|word| (word.value, word.place)).collect();
        }
        // `eval "$1"` likewise runs one word of the call.
        let number = whole.and_then(|word| {
            let text = around.unit.text(word.span);
            text.trim_matches('"').trim_start_matches("${").trim_end_matches('}').trim_start_matches('$').parse().ok()
        });
        if let (Some(number), Arguments::Known(own)) = (number, &self.state.arguments)
            && let Some(word) = usize::checked_sub(number, 1).and_then(|at| own.get(at))
            && own.iter().take(number).all(|word| !word.splits)
        {
            words = vec![(word.value.clone(), word.place)];
        }
        let open = words.first().is_some_and(|(text, _)| self.may_do_anything(text));
        let status = self.run_text(&words);
        if open {
            self.forget_all(around.place);
        }
        status
    }

    /// `sh -c TEXT`.
    pub(super) fn run_shell(&mut self, around: &Surroundings<'_, 's>, command: &Expanded) -> Status {
        let arguments = command.words.get(1..).unwrap_or_default();
        let position = arguments.iter().position(|word| word.known() == Some("-c"));
        match position.and_then(|at| arguments.get(at + 1)) {
            Some(word) => {
                self.run_script((word.value.clone(), word.place));
            }
            None => {
                let reads = arguments.iter().all(|word| word.known().is_some_and(|text| text.starts_with('-')));
                let written = self.script.take();
                let here = around.here.filter(|_| reads).map(|here| self.here_text(&around.unit, here));
                if let Some(script) = here.or(written).filter(|_| reads) {
                    self.calls.push(around.place);
                    self.run_script(script);
                    self.calls.pop();
                } else {
                    if reads && self.piped_in {
                        self.shells_fed.push(around.place);
                    }
                    self.outside(around, &command.words);
                }
                self.write_unknown_output();
            }
        }
        Status::Unknown(around.unit.text(around.node.span), around.place)
    }

    /// What a here-document says, given its text and whether expansions count in it.
    pub(super) fn here_text(&mut self, unit: &Unit<'s>, (span, expands): (Span, bool)) -> (Value, Place) {
        let mut word = Word::new(unit.text(span), unit.place(span));
        if expands {
            self.expand_here_word(&mut word);
        }
        (word.value, word.place)
    }

    /// A text that another shell runs as its script.
    fn run_script(&mut self, script: (Value, Place)) {
        if !self.other_shells.contains(&script.1) {
            self.other_shells.push(script.1);
        }
        self.in_subshell(|own| own.run_text(&[script]));
    }

    /// What a command writes, where that stands in one place: `cat` with a here-document, `echo` with one word.
    pub(super) fn script_written_by(&mut self, unit: &Rc<Unit<'s>>, command: Node<'_>) -> Option<(Value, Place)> {
        let words: Vec<Node<'_>> = command.all(Kind::Word).collect();
        let texts: Vec<String> = words.iter().map(|word| unit.text(word.span)).collect();
        let redirects: Vec<Node<'_>> = command.all(Kind::Redirect).collect();
        let here = redirects.first().and_then(|redirect| redirect.child(Kind::HereDocument));
        match (texts.iter().map(String::as_str).collect::<Vec<_>>().as_slice(), redirects.len(), here) {
            (["cat"], 1, Some(here)) => unit.here_document(here.span).map(|here| self.here_text(unit, here)),
            (["echo", _], 0, None) => {
                let value = self.expand_single(unit, words[1]);
                // What `echo` makes of a backslash is another thing in each shell.
                (!value.has('\\')).then(|| (value, unit.place(words[1].span)))
            }
            _ => None,
        }
    }

    /// What `trap` runs on signals, which nobody knows when: it is looked at like a function that nothing calls.
    pub(super) fn run_traps(&mut self) {
        for (value, place) in std::mem::take(&mut self.traps) {
            self.path = self.conditions.fresh(Question::Called("trap".to_owned()), place);
            self.run_text(&[(value, place)]);
        }
    }

    fn run_text(&mut self, words: &[(Value, Place)]) -> Status {
        if self.calls.len() >= 20 {
            self.work = 0;
        }
        let mut unit = Unit::made(words);
        let place = words.first().map(|(_, place)| *place).unwrap_or_default();
        self.spend(unit.view().len() / PARSED);
        if self.is_cut_short(|| place) {
            return Status::SUCCESS;
        }
        let root = crate::syntax::parse_fragment(unit.view(), 0);
        unit.number(root.root());
        let unit = Rc::new(unit);
        self.calls.push(place);
        let status = self.run_list(&unit, root.root());
        self.calls.pop();
        status
    }

    pub(super) fn run_source(&mut self, around: &Surroundings<'_, 's>, command: &Expanded) -> Status {
        let Some(file) = command.words.get(1) else { return Status::SUCCESS };
        let found = file.known().and_then(|path| self.settings.follow.and_then(|follow| follow(path)));
        if let Some(found) = found.filter(|_| self.calls.len() < 20) {
            self.calls.push(around.place);
            self.returned.push(Ending::NONE);
            self.returns += 1;
            self.run_file(found);
            self.returns -= 1;
            let returned = self.returned.pop().unwrap_or(Ending::NONE);
            self.path = self.conditions.formulas.or(self.path, returned.path);
            self.calls.pop();
            return Status::SUCCESS;
        }
        let base = file.known().map(base_name);
        if !base.is_some_and(|base| LIBRARIES.contains(&base)) {
            self.sources_unread.push(around.place);
            self.outside(around, &command.words);
            self.forget_all(around.place);
        }
        Status::Unknown(around.unit.text(around.node.span), around.place)
    }

    /// Whether a text that is run has a command in it of which nothing is known, not even its beginning.
    fn may_do_anything(&self, text: &Value) -> bool {
        let mut begins = true;
        text.pieces().iter().any(|piece| match piece {
            Piece::Known(text) => {
                let text = text.trim_end_matches([' ', '\t']);
                begins = text.ends_with([';', '&', '|', '\n', '(']) || begins && text.is_empty();
                false
            }
            Piece::Unknown(own) => std::mem::take(&mut begins) && self.program_in(own).is_none(),
        })
    }

    /// After an unread file was sourced, a variable that holds a program or a path is still what
    /// it was; any other may have been set to something else.
    pub(super) fn forget_all(&mut self, place: Place) {
        Rc::make_mut(&mut self.state.arrays).values_mut().for_each(|elements| *elements = None);
        let names: Vec<String> = self.state.variables.keys().cloned().collect();
        let program = |value: &Value| {
            let known = value.known().and_then(|text| text.split_whitespace().next());
            known.is_some_and(|first| first.starts_with('/') || Program::of_word(first).is_some())
        };
        for name in names {
            let (variables, formulas) = (&self.state.variables, &mut self.conditions.formulas);
            let mut here = variables
                .get(&name)
                .into_iter()
                .flatten()
                .filter(|(guard, _)| !formulas.and(*guard, self.path).is_false());
            let keeps = here.all(|(_, value)| program(value));
            if !keeps {
                let value =
                    Value::unknown(Unknown { name: name.as_str().into(), id: place.span.start + 1, single: false });
                self.set_variable(&name, value);
            }
        }
    }
}
