//! Simple commands: assignments, built-ins, functions, and the programs that matter.

use std::rc::Rc;

use super::expand::Fields;
use super::program::{Program, wrapper};
use super::run::{Evaluator, Status};
use super::state::{Arguments, Choices, MAX_CHOICES};
use super::unit::Unit;
use super::{Act, Input, Invocation, Question, Vanished, save};
use crate::logic::Formula;
use crate::model::{Family, Piece, Unknown, Value, Word};
use crate::syntax::{Form, Kind, Node};
use crate::text::{Place, Span};

/// Files that distributions ship and scripts source: what they set is none of the script's own variables.
const LIBRARIES: [&str; 8] =
    ["functions", "functions.sh", "init-functions", "rc.status", "network", "lsb-functions", "vars.sh", "rc.subr"];

/// A simple command, expanded.
pub(super) struct Expanded {
    pub(super) words: Vec<Word>,
    pub(super) vanished: Vec<Vanished>,
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
        let path = self.path;
        let (mut after, mut success) = (Formula::FALSE, Formula::FALSE);
        let mut last = None;
        let choices = self.expand_all(unit, &words);
        let several = choices.len() > 1;
        for (guard, (words, vanished)) in choices {
            self.path = self.conditions.formulas.and(path, guard);
            if self.path.is_false() && !path.is_false() {
                continue;
            }
            let status = self.execute(&surroundings, Expanded { words, vanished });
            if several {
                let one = self.decide(status);
                let formulas = &mut self.conditions.formulas;
                let one = formulas.and(one, guard);
                success = formulas.or(success, one);
            } else {
                last = Some(status);
            }
            after = self.conditions.formulas.or(after, self.path);
        }
        self.path = after;
        last.unwrap_or(Status::Is(success))
    }

    /// All fields of several words, with those that vanish.
    pub(super) fn expand_all(
        &mut self,
        unit: &Rc<Unit<'s>>,
        words: &[Node<'_>],
    ) -> Choices<(Vec<Word>, Vec<Vanished>)> {
        let mut choices: Choices<(Vec<Word>, Vec<Vanished>)> = vec![(Formula::TRUE, Default::default())];
        for word in words {
            let place = unit.place(word.span);
            let mut expanded = self.expand_fields(unit, *word);
            if choices.len() * expanded.len() > MAX_CHOICES {
                let value = self.unknown_at(unit.text(word.span), place);
                expanded =
                    vec![(Formula::TRUE, Fields { words: vec![Word { value, place, splits: true }], vanished: None })];
            }
            let mut next = Vec::new();
            for (first, (words, vanished)) in &choices {
                for (second, fields) in &expanded {
                    let guard = self.conditions.formulas.and(*first, *second);
                    if guard.is_false() {
                        continue;
                    }
                    let (mut words, mut vanished) = (words.clone(), vanished.clone());
                    if let Some(variable) = &fields.vanished {
                        vanished.push(Vanished { before: words.len(), place, variable: variable.clone() });
                    }
                    words.extend(fields.words.iter().cloned());
                    next.push((guard, (words, vanished)));
                }
            }
            choices = next;
        }
        choices
    }

    fn run_assignments(&mut self, unit: &Rc<Unit<'s>>, node: Node<'_>) -> Status {
        for assignment in node.named() {
            if matches!(assignment.kind, Kind::Assignment | Kind::ArrayAssignment) {
                self.run_assignment(unit, assignment);
            }
        }
        let substitutes = node.walk().any(|node| matches!(node.kind, Kind::CommandSubstitution | Kind::Backquoted));
        if substitutes { Status::Unknown(unit.text(node.span), unit.place(node.span)) } else { Status::SUCCESS }
    }

    fn run_assignment(&mut self, unit: &Rc<Unit<'s>>, node: Node<'_>) {
        let Some(name) = node.child(Kind::Name).map(|name| unit.text(name.span)) else { return };
        let adds = node.child(Kind::AssignOperator).is_some_and(|operator| operator.span.len() == 2);
        if let Some(array) = node.child(Kind::Array) {
            return self.assign_array(unit, &name, array, adds);
        }
        if node.child(Kind::Subscript).is_some() {
            self.looping.carries = true;
            self.arrays.remove(&name);
            return;
        }
        let values = match node.child(Kind::Word) {
            Some(word) => self.expand_text(unit, word.children()),
            None => vec![(Formula::TRUE, Value::empty())],
        };
        let values = if adds { self.appended(unit, &name, values, node) } else { values };
        self.store(&name, &values);
    }

    fn appended(&mut self, unit: &Rc<Unit<'s>>, name: &str, values: Choices<Value>, node: Node<'_>) -> Choices<Value> {
        let old = self.lookup(unit, name, unit.place(node.span));
        let mut result = Vec::new();
        for (first, old) in &old {
            for (second, new) in &values {
                let guard = self.conditions.formulas.and(*first, *second);
                if !guard.is_false() {
                    let mut value = old.clone();
                    value.push(new);
                    result.push((guard, value));
                }
            }
        }
        result
    }

    fn assign_array(&mut self, unit: &Rc<Unit<'s>>, name: &str, array: Node<'_>, adds: bool) {
        self.looping.carries = true;
        self.assigned.insert(name.to_owned());
        let words: Vec<Node<'_>> = array.all(Kind::Word).collect();
        let mut choices = self.expand_all(unit, &words);
        match (self.path.is_true(), choices.len(), choices.pop()) {
            (true, 1, Some((_, (words, _)))) => {
                let held = self.arrays.entry(name.to_owned()).or_default();
                if !adds {
                    held.clear();
                }
                held.extend(words);
            }
            _ => {
                self.arrays.remove(name);
            }
        }
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
                if let Some(body) = unit.here_body(here.span) {
                    found.here = Some((body, here.child(Kind::BareDelimiter).is_some()));
                    found.input = Input::Here(unit.place(body));
                }
                continue;
            }
            let operator =
                redirect.child(Kind::RedirectOperator).map(|operator| unit.text(operator.span)).unwrap_or_default();
            let descriptor = redirect.child(Kind::Descriptor).map(|descriptor| unit.text(descriptor.span));
            let Some(word) = redirect.child(Kind::Word) else { continue };
            match (operator.as_str(), descriptor.as_deref()) {
                ("<", None | Some("0")) => found.input = Input::File(self.expand_single(unit, word)),
                (">" | ">>" | ">|", None | Some("1")) => found.output = Some(self.expand_single(unit, word)),
                _ => {}
            }
        }
        found
    }

    /// The place of a simple command from its first word to its last.
    fn extent(&self, unit: &Unit<'s>, node: Node<'_>) -> Place {
        let last = node.named().last().map_or(node.span, |last| last.span);
        unit.place(Span { start: node.span.start, end: last.end })
    }

    /// Runs an expanded command on the present path, which ends where `exec` puts another program in the shell's place.
    fn execute(&mut self, around: &Surroundings<'_, 's>, command: Expanded) -> Status {
        let replaced = replaces_shell(&command.words).cloned();
        let status = self.run_words(around, command);
        match replaced {
            None => return status,
            Some(word) if !word.splits => self.path = Formula::FALSE,
            // A value that is empty leaves `exec` without a program.
            Some(_) => {
                let ends = self.conditions.fresh(Question::Ends(around.unit.text(around.node.span)), around.place);
                self.path = self.conditions.formulas.and_not(self.path, ends);
            }
        }
        status
    }

    fn run_words(&mut self, around: &Surroundings<'_, 's>, command: Expanded) -> Status {
        let mut at = 0;
        let mut functions = true;
        loop {
            let Some(word) = command.words.get(at) else { return Status::SUCCESS };
            let Some(name) = word.known().map(str::to_owned) else {
                return match program_of_value(&word.value) {
                    Some(program) => self.invoke(around, &command, at, program),
                    None => self.run_unknown(around, &command),
                };
            };
            let rest = || command.words.get(at + 1..).unwrap_or_default().to_vec();
            if functions
                && !self.path.is_false()
                && let Some(status) = self.call(&name, rest(), around.place)
            {
                return status;
            }
            if let Some(program) = Program::of_word(&name) {
                return self.invoke(around, &command, at, program);
            }
            if let Some(options) = wrapper(&name) {
                functions = false;
                at = skip_wrapper(&command.words, at, options);
                continue;
            }
            if let Some(next) = behind_prompt(&command.words, at) {
                at = next;
                continue;
            }
            let expanded =
                Expanded { words: command.words.get(at..).unwrap_or_default().to_vec(), vanished: Vec::new() };
            return self.built_in(around, &name, expanded);
        }
    }

    /// A program of interest.
    fn invoke(&mut self, around: &Surroundings<'_, 's>, command: &Expanded, at: usize, program: Program) -> Status {
        let Some(word) = command.words.get(at) else { return Status::SUCCESS };
        let first = command.words.first().map_or(word.place, |first| first.place);
        let vanished = command.vanished.iter().filter(|vanished| vanished.before > at);
        let invocation = Invocation {
            program,
            arguments: command.words.get(at + 1..).unwrap_or_default().to_vec(),
            vanished: vanished
                .map(|vanished| Vanished { before: vanished.before - at - 1, ..vanished.clone() })
                .collect(),
            name: first.cover(word.place),
            name_value: word.value.clone(),
            table: None,
            input: around.input.clone(),
            captured: self.output.is_some() || self.piped_out,
        };
        let restores =
            matches!(program, Program::IptablesRestore | Program::Ip6tablesRestore | Program::IpchainsRestore);
        let keeps =
            invocation.arguments.iter().any(|word| word.known().is_some_and(|text| matches!(text, "-n" | "--noflush")));
        let changes = program.filter().is_some() && changes_rules(&invocation.arguments);
        let mut words = invocation.arguments.iter().filter_map(|word| word.known());
        let queries = program == Program::LoadModule && words.any(|word| word == "-l" || word == "-n");
        self.step(Act::Run(invocation), around.place);
        if restores && let Some((span, expands)) = around.here {
            self.run_here_rules(around, span, expands, program, keeps);
        }
        self.write_unknown_output();
        if changes && !queries {
            Status::SUCCESS
        } else {
            Status::Unknown(around.unit.text(around.node.span), around.place)
        }
    }

    /// The rules of a here-document that a restore program reads.
    fn run_here_rules(
        &mut self,
        around: &Surroundings<'_, 's>,
        span: Span,
        expands: bool,
        program: Program,
        keeps: bool,
    ) {
        let form = if program == Program::IpchainsRestore { Form::IpchainsSave } else { Form::IptablesSave };
        let family = if program == Program::Ip6tablesRestore { Family::V6 } else { Family::V4 };
        let kind = save::SaveKind { form, family };
        let (Some(source), Place { file, .. }) = (around.unit.source(), around.place) else { return };
        let text = source.view().get(span.range()).unwrap_or_default();
        let root = crate::syntax::parse_save_fragment(text, span.start);
        let mut steps =
            save::steps(root.root(), kind, &|span| source.text(span).into(), &|span| Place::new(file, span), keeps);
        for step in &mut steps {
            if let (true, Act::Run(invocation)) = (expands, &mut step.act) {
                for word in &mut invocation.arguments {
                    self.expand_here_word(word);
                }
            }
            if let (true, Act::Chain { name, .. }) = (expands, &mut step.act) {
                let mut word = Word::new(name.clone(), step.place);
                self.expand_here_word(&mut word);
                *name = word.value;
            }
            step.guard = self.path;
            step.many = self.many;
            step.rounds = self.rounds();
            step.uncalled = self.uncalled;
            step.calls.clone_from(&self.calls);
        }
        self.steps.append(&mut steps);
    }

    /// Parameters in a word of a here-document.
    pub(super) fn expand_here_word(&mut self, word: &mut Word) {
        let Some(text) = word.known().filter(|text| text.contains(['$', '`'])).map(str::to_owned) else { return };
        let inner = Rc::new(Unit::made(&[(Value::from(text), word.place)]));
        let root = crate::syntax::parse_here_fragment(inner.view());
        word.value = self.expand_single(&inner, root.root());
    }

    /// A command whose name nobody knows may define or set nothing here; it runs elsewhere.
    fn run_unknown(&mut self, around: &Surroundings<'_, 's>, command: &Expanded) -> Status {
        self.write_unknown_output();
        let text: Vec<String> = command.words.iter().map(|word| word.value.to_string()).collect();
        Status::Unknown(text.join(" "), around.place)
    }

    pub(super) fn write_unknown_output(&mut self) {
        self.write_output(&Value::unknown(Unknown { name: "".into(), id: 0, single: false }));
    }

    fn built_in(&mut self, around: &Surroundings<'_, 's>, name: &str, command: Expanded) -> Status {
        let arguments = command.words.get(1..).unwrap_or_default();
        match name {
            ":" | "true" | "cd" | "umask" | "wait" | "sleep" | "sync" => return Status::SUCCESS,
            "false" => return Status::Is(Formula::FALSE),
            "[" | "test" => return self.run_test(arguments, name, around.place),
            "echo" | "printf" => return self.echo(around, name, arguments),
            "eval" => return self.run_eval(around, arguments),
            "sh" | "bash" | "dash" | "ksh" | "su" => return self.run_shell(around, arguments),
            "." | "source" => return self.run_source(around, arguments),
            "export" | "readonly" | "declare" | "typeset" | "local" => self.declare(around, name, arguments),
            "unset" => {
                arguments.iter().filter_map(Word::known).for_each(|name| self.set_variable(name, Value::empty()))
            }
            "set" => self.set_arguments(arguments),
            "shift" => self.shift(arguments),
            "read" => return self.read(around, arguments),
            "exit" => self.path = Formula::FALSE,
            "return" => leave(&mut self.returned, &mut self.path, &mut self.conditions.formulas),
            "break" => leave(&mut self.broken, &mut self.path, &mut self.conditions.formulas),
            "continue" => leave(&mut self.continued, &mut self.path, &mut self.conditions.formulas),
            _ => return self.run_other(around, name, &command),
        }
        Status::SUCCESS
    }

    /// A program of no interest.
    fn run_other(&mut self, around: &Surroundings<'_, 's>, name: &str, command: &Expanded) -> Status {
        let known: Option<Vec<&str>> = command.words.iter().map(Word::known).collect();
        let output = match (name, known.as_deref()) {
            ("seq", Some([_, rest @ ..])) => sequence(rest),
            ("expr", Some([_, words @ ..])) => {
                super::arithmetic::evaluate(&words.join(" "), &mut |_| None).map(|number| number.to_string())
            }
            _ => None,
        };
        if let Some(text) = output {
            self.write_output(&Value::from(text));
            return Status::SUCCESS;
        }
        self.write_unknown_output();
        self.proc_write(around, None);
        let text: Vec<String> = command.words.iter().map(|word| word.value.to_string()).collect();
        Status::Unknown(text.join(" "), around.place)
    }

    fn echo(&mut self, around: &Surroundings<'_, 's>, name: &str, arguments: &[Word]) -> Status {
        let options = arguments
            .iter()
            .take_while(|word| name == "echo" && matches!(word.known(), Some("-n" | "-e" | "-ne" | "-en")))
            .count();
        let mut text = Value::empty();
        for (at, word) in arguments.iter().skip(options).enumerate() {
            if at > 0 {
                text.push_str(" ");
            }
            text.push(&word.value);
        }
        if name == "printf" {
            text = match arguments {
                [format, value] if format.known().is_some_and(|format| matches!(format, "%s" | "%s\\n" | "%d")) => {
                    value.value.clone()
                }
                [format] if format.known().is_some_and(|format| !format.contains(['%', '\\'])) => format.value.clone(),
                _ => Value::unknown(Unknown { name: "".into(), id: 0, single: false }),
            };
        }
        if self.proc_write(around, Some(&text)) {
            return Status::SUCCESS;
        }
        if around.output.is_none() {
            text.push_str("\n");
            self.write_output(&text);
        }
        Status::SUCCESS
    }

    /// A redirection into `/proc/sys` sets a kernel parameter.
    fn proc_write(&mut self, around: &Surroundings<'_, 's>, text: Option<&Value>) -> bool {
        let Some(target) = around.output.as_ref().filter(|target| target.known_prefix().starts_with("/proc/")) else {
            return false;
        };
        let value = text.cloned().unwrap_or_else(|| self.unknown_at("", around.place));
        let word = |value: &Value| Word { value: value.clone(), place: around.place, splits: false };
        let invocation = Invocation {
            program: Program::ProcWrite,
            arguments: vec![word(target), word(&value)],
            vanished: Vec::new(),
            name: around.place,
            name_value: Value::empty(),
            table: None,
            input: Input::Inherited,
            captured: false,
        };
        self.step(Act::Run(invocation), around.place);
        true
    }

    fn run_eval(&mut self, around: &Surroundings<'_, 's>, arguments: &[Word]) -> Status {
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
        self.run_text(&words)
    }

    /// `sh -c TEXT`.
    fn run_shell(&mut self, around: &Surroundings<'_, 's>, arguments: &[Word]) -> Status {
        let position = arguments.iter().position(|word| word.known() == Some("-c"));
        match position.and_then(|at| arguments.get(at + 1)) {
            Some(word) => {
                let (state, path) = (self.state.clone(), self.path);
                self.run_text(&[(word.value.clone(), word.place)]);
                (self.state, self.path) = (state, path);
            }
            None => {
                let reads = arguments.iter().all(|word| word.known().is_some_and(|text| text.starts_with('-')));
                if let Some((span, expands)) = around.here.filter(|_| reads) {
                    self.run_here_script(around, span, expands);
                } else if reads && self.piped_in {
                    self.shells_fed.push(around.place);
                }
                self.write_unknown_output();
            }
        }
        Status::Unknown(around.unit.text(around.node.span), around.place)
    }

    /// A here-document that a shell reads as its script.
    fn run_here_script(&mut self, around: &Surroundings<'_, 's>, span: Span, expands: bool) {
        let mut word = Word::new(around.unit.text(span), around.unit.place(span));
        if expands {
            self.expand_here_word(&mut word);
        }
        let (state, path) = (self.state.clone(), self.path);
        self.run_text(&[(word.value, word.place)]);
        (self.state, self.path) = (state, path);
    }

    fn run_text(&mut self, words: &[(Value, Place)]) -> Status {
        if self.calls.len() >= 20 {
            return Status::SUCCESS;
        }
        let unit = Rc::new(Unit::made(words));
        let root = crate::syntax::parse_fragment(unit.view(), 0);
        let place = words.first().map(|(_, place)| *place).unwrap_or_default();
        self.calls.push(place);
        let status = self.run_list(&unit, root.root());
        self.calls.pop();
        status
    }

    fn run_source(&mut self, around: &Surroundings<'_, 's>, arguments: &[Word]) -> Status {
        let Some(file) = arguments.first() else { return Status::SUCCESS };
        let found = file.known().and_then(|path| self.settings.follow.and_then(|follow| follow(path)));
        if let Some(found) = found.filter(|_| self.calls.len() < 20) {
            self.calls.push(around.place);
            self.run_file(found);
            self.calls.pop();
            return Status::SUCCESS;
        }
        let base = file.known().and_then(|path| path.rsplit('/').next());
        if !base.is_some_and(|base| LIBRARIES.contains(&base)) {
            self.sources_unread.push(around.place);
            self.forget_all(around.place);
        }
        Status::Unknown(around.unit.text(around.node.span), around.place)
    }

    /// After an unread file was sourced, a variable that holds a program or a path is still what
    /// it was; any other may have been set to something else.
    fn forget_all(&mut self, place: Place) {
        let names: Vec<String> = self.state.variables.keys().cloned().collect();
        for name in names {
            let program = |value: &Value| value.known().is_some_and(|text| text.starts_with('/'));
            let keeps =
                self.state.variables.get(&name).is_some_and(|choices| choices.iter().all(|(_, value)| program(value)));
            if !keeps {
                let value =
                    Value::unknown(Unknown { name: name.as_str().into(), id: place.span.start + 1, single: false });
                self.set_variable(&name, value);
            }
        }
    }

    /// `export NAME=VALUE` and its kin.
    fn declare(&mut self, around: &Surroundings<'_, 's>, name: &str, arguments: &[Word]) {
        for array in around.node.all(Kind::ArrayAssignment) {
            self.run_assignment(&Rc::clone(&around.unit), array);
        }
        for word in arguments.iter().filter(|word| !word.value.known_prefix().starts_with('-')) {
            let prefix = word.value.known_prefix();
            let (variable, assigned) = match prefix.split_once('=') {
                Some((variable, _)) => (variable.to_owned(), Some(after_equals(&word.value))),
                None => (prefix.to_owned(), None),
            };
            if name == "local"
                && let Some(locals) = self.locals.last_mut()
                && !locals.iter().any(|(known, _)| *known == variable)
            {
                locals.push((variable.clone(), self.state.variables.get(&variable).cloned()));
            }
            match assigned {
                Some(value) => self.set_variable(&variable, value),
                None if name == "local" => self.set_variable(&variable, Value::empty()),
                None => {}
            }
        }
    }

    fn set_arguments(&mut self, arguments: &[Word]) {
        self.looping.carries = true;
        let first = arguments
            .iter()
            .position(|word| word.known().is_none_or(|text| text == "--" || !text.starts_with(['-', '+'])));
        let Some(first) = first else { return };
        let from = first + usize::from(arguments.get(first).is_some_and(|word| word.known() == Some("--")));
        let words = arguments.get(from..).unwrap_or_default().to_vec();
        self.state.arguments =
            if self.path.is_true() { Arguments::Known(words) } else { Arguments::Unknown { shifted: 2_000 } };
    }

    fn shift(&mut self, arguments: &[Word]) {
        self.looping.carries = true;
        let count = arguments
            .first()
            .map_or(Some(1), |word| word.known().and_then(|text| text.parse::<usize>().ok()))
            .unwrap_or(1);
        match &mut self.state.arguments {
            Arguments::Known(words) => drop(words.drain(..count.min(words.len()))),
            Arguments::Unknown { shifted } => *shifted += count,
        }
    }

    fn read(&mut self, around: &Surroundings<'_, 's>, arguments: &[Word]) -> Status {
        for word in arguments.iter().filter_map(Word::known).filter(|word| !word.starts_with('-')) {
            let value = Value::unknown(Unknown { name: word.into(), id: around.place.span.start + 1, single: false });
            self.set_variable(word, value);
        }
        Status::Unknown(around.unit.text(around.node.span), around.place)
    }
}

/// Leaves a function or a loop: the path joins those that left it before.
fn leave(left: &mut [Formula], path: &mut Formula, formulas: &mut crate::logic::Formulas) {
    if let Some(left) = left.last_mut() {
        *left = formulas.or(*left, *path);
    }
    *path = Formula::FALSE;
}

/// The value behind the first `=`.
fn after_equals(value: &Value) -> Value {
    let mut rest = Value::empty();
    let mut seen = false;
    for piece in value.pieces() {
        match (piece, seen) {
            (Piece::Known(text), false) => {
                if let Some((_, after)) = text.split_once('=') {
                    rest.push_str(after);
                    seen = true;
                }
            }
            (piece, true) => rest.push(&Value::Mixed(vec![piece])),
            _ => {}
        }
    }
    match rest.pieces().as_slice() {
        [Piece::Known(text)] => Value::Known(text.clone()),
        _ => rest,
    }
}

/// The position of a program of interest behind a shell prompt, as listings have it: `[root@gw /root]# ipchains`.
fn behind_prompt(words: &[Word], at: usize) -> Option<usize> {
    (at..at + 2).find_map(|prompt| {
        let text = words.get(prompt)?.known()?;
        let program = words.get(prompt + 1)?.known()?;
        let ends = text.ends_with(['#', '$', '%']) || text == ">";
        (at == 0 && ends && Program::of_word(program).is_some()).then_some(prompt + 1)
    })
}

/// The program that `exec` puts in the place of the shell.
fn replaces_shell(words: &[Word]) -> Option<&Word> {
    let at = words.iter().position(|word| !matches!(word.known(), Some("command" | "builtin")))?;
    words.get(at).filter(|word| word.known() == Some("exec"))?;
    words.get(skip_wrapper(words, at, wrapper("exec")?))
}

/// The position of the command behind a wrapper such as `nice -n 5`.
fn skip_wrapper(words: &[Word], at: usize, with_argument: &str) -> usize {
    let mut next = at + 1;
    while let Some(text) = words.get(next).and_then(Word::known) {
        if let Some(letters) = text.strip_prefix('-') {
            let takes = letters.chars().count() == 1 && letters.chars().all(|letter| with_argument.contains(letter));
            next += 1 + usize::from(takes);
        } else if text.contains('=') || text.chars().all(|c| c.is_ascii_digit()) && !text.is_empty() {
            next += 1;
        } else {
            break;
        }
    }
    next
}

/// The program that a partly unknown word names: by its known file name, or by its variable.
fn program_of_value(value: &Value) -> Option<Program> {
    match value.pieces().as_slice() {
        [Piece::Unknown(unknown)] => Program::of_variable(&unknown.name),
        [.., Piece::Known(text)] => Program::of_word(text.rsplit_once('/').map(|(_, base)| base).unwrap_or_default()),
        _ => None,
    }
}

/// Whether a filter command changes rules in a way that scripts expect to succeed.
///
/// Flushing a chain of the script's own is how scripts ask whether it is there.
fn changes_rules(arguments: &[Word]) -> bool {
    let flushes = arguments.iter().position(|word| matches!(word.known(), Some("-F" | "--flush")));
    if let Some(chain) = flushes.and_then(|at| arguments.get(at + 1)).and_then(Word::known) {
        return chain.starts_with('-')
            || matches!(
                chain.to_ascii_uppercase().as_str(),
                "INPUT" | "FORWARD" | "OUTPUT" | "PREROUTING" | "POSTROUTING"
            );
    }
    arguments.iter().filter_map(Word::known).any(|text| {
        matches!(
            text,
            "-A" | "-I" | "-P" | "-F" | "-Z" | "-R" | "--append" | "--insert" | "--policy" | "--flush" | "--replace"
        )
    })
}

/// What `seq` prints.
fn sequence(words: &[&str]) -> Option<String> {
    let numbers: Option<Vec<i64>> = words.iter().map(|word| word.parse().ok()).collect();
    let (first, step, last) = match numbers?.as_slice() {
        [last] => (1, 1, *last),
        [first, last] => (*first, 1, *last),
        [first, step, last] if *step > 0 => (*first, *step, *last),
        _ => return None,
    };
    let count = usize::try_from(last.saturating_sub(first) / step + 1).unwrap_or(0);
    let shown: Vec<String> = (0..count.min(10_000)).map(|n| (first + step * n as i64).to_string()).collect();
    Some(shown.join("\n") + "\n")
}
