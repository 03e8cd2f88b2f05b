//! Statements: lists, conditions, loops, functions, and the path that leads through them.
//!
//! The evaluator holds the *path*: the formula under which the present statement
//! runs. A condition splits it, `exit` and `return` end it, and what follows an `if`
//! runs where either arm got through. On a path that no run takes everything is
//! still looked at once, with the guard false, since such commands are migrated and
//! checked for their form too.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::conditions::Conditions;
use super::expand::Fields;
use super::glob;
use super::looping::{self, Looping, Over};
use super::state::{Arguments, Choices, Function, State};
use super::unit::Unit;
use super::{Act, Evaluation, Input, Question, Settings, Step};
use crate::logic::Formula;
use crate::model::{Rounds, Unknown, Value, Word};
use crate::syntax::{Kind, Node, Nodes, Tree};
use crate::text::{FileId, Place, Sources};

/// So much work is done before the evaluation is cut short: words put together, alternatives looked at.
const MAX_WORK: usize = 3_000_000;

/// A loop is unrolled at most so many times.
pub(super) const MAX_ROUNDS: usize = 1_024;

/// Functions, sourced files and `eval` are nested at most so deeply.
const MAX_CALLS: usize = 24;

/// A function that calls itself is followed so deeply; firewall scripts do not compute by recursion.
const MAX_RECURSION: usize = 3;

/// Output that is put together from more pieces is taken for unknown.
const MAX_PIECES: usize = 32;

/// How a command ended.
pub(super) enum Status {
    /// It succeeds where this holds.
    Is(Formula),
    /// Its success is known to nobody; the text says what was asked.
    Unknown(String, Place),
}

impl Status {
    pub(super) const SUCCESS: Self = Self::Is(Formula::TRUE);
}

/// Runs scripts symbolically.
pub(super) struct Evaluator<'s> {
    pub(super) sources: &'s Sources,
    pub(super) trees: &'s [Tree],
    pub(super) settings: &'s Settings<'s>,
    pub(super) state: State<'s>,
    pub(super) arrays: HashMap<String, Vec<Word>>,
    pub(super) conditions: Conditions,
    pub(super) path: Formula,
    /// Paths that left the present function, innermost last.
    pub(super) returned: Vec<Formula>,
    /// Paths that left the present loop for good or for its next round.
    pub(super) broken: Vec<Formula>,
    pub(super) continued: Vec<Formula>,
    /// Variables that are local to the present functions, with what they held before.
    pub(super) locals: Vec<Vec<(String, Option<Choices<Value>>)>>,
    pub(super) many: bool,
    pub(super) looping: Looping,
    pub(super) uncalled: bool,
    pub(super) calls: Vec<Place>,
    /// What the present command substitution has written so far.
    pub(super) output: Option<Choices<Value>>,
    /// The text that the next loop reads, where it is known.
    pub(super) lines: Option<String>,
    pub(super) piped_in: bool,
    pub(super) piped_out: bool,
    pub(super) steps: Vec<Step>,
    pub(super) assigned: HashSet<String>,
    pub(super) unassigned: Vec<(String, Place)>,
    pub(super) sources_unread: Vec<Place>,
    pub(super) shells_fed: Vec<Place>,
    pub(super) cut_short: Option<Place>,
    pub(super) work: usize,
    defined: Vec<Function<'s>>,
    called: HashSet<*const Nodes>,
    /// The bodies of the functions that are being run, innermost last.
    running: Vec<*const Nodes>,
}

/// Evaluates the script `file`.
pub(super) fn script(sources: &Sources, trees: &[Tree], file: FileId, settings: &Settings<'_>) -> Evaluation {
    let arguments = match &settings.arguments {
        Some(words) => Arguments::Known(words.iter().map(|word| Word::new(word.as_str(), Place::default())).collect()),
        None => Arguments::Unknown { shifted: 0 },
    };
    let mut evaluator = Evaluator {
        sources,
        trees,
        settings,
        state: State::new(arguments),
        arrays: HashMap::new(),
        conditions: Conditions::default(),
        path: Formula::TRUE,
        returned: Vec::new(),
        broken: Vec::new(),
        continued: Vec::new(),
        locals: Vec::new(),
        many: false,
        looping: Looping::default(),
        uncalled: false,
        calls: Vec::new(),
        output: None,
        lines: None,
        piped_in: false,
        piped_out: false,
        steps: Vec::new(),
        assigned: HashSet::new(),
        unassigned: Vec::new(),
        sources_unread: Vec::new(),
        shells_fed: Vec::new(),
        cut_short: None,
        work: 0,
        defined: Vec::new(),
        called: HashSet::new(),
        running: Vec::new(),
    };
    evaluator.run_file(file);
    evaluator.run_uncalled();
    let assigned = evaluator.assigned;
    evaluator.unassigned.retain(|(name, _)| !assigned.contains(name));
    Evaluation {
        steps: evaluator.steps,
        conditions: evaluator.conditions,
        unassigned: evaluator.unassigned,
        sources_unread: evaluator.sources_unread,
        shells_fed: evaluator.shells_fed,
        cut_short: evaluator.cut_short,
    }
}

impl<'s> Evaluator<'s> {
    pub(super) fn run_file(&mut self, file: FileId) -> Status {
        let (sources, trees) = (self.sources, self.trees);
        let Some(tree) = trees.get(file.0 as usize) else { return Status::SUCCESS };
        let unit = Rc::new(Unit::file(sources.get(file), file, tree.root()));
        self.run_list(&unit, tree.root())
    }

    /// Functions that nothing called are looked at as well, from the last one, which calls the others.
    fn run_uncalled(&mut self) {
        self.uncalled = true;
        for function in std::mem::take(&mut self.defined).into_iter().rev() {
            if self.called.contains(&Rc::as_ptr(&function.body)) {
                continue;
            }
            let place = function.unit.place(function.body.root().span);
            self.path = self.conditions.fresh(Question::Called(function.name.clone()), place);
            self.state.arguments = Arguments::Unknown { shifted: 0 };
            self.call_body(&function);
        }
    }

    pub(super) fn run_list(&mut self, unit: &Rc<Unit<'s>>, list: Node<'_>) -> Status {
        let mut status = Status::SUCCESS;
        for child in list.children() {
            match child.kind {
                Kind::Statement => status = self.run_statement(unit, child),
                Kind::Stray | Kind::List => status = self.run_list(unit, child),
                _ => {}
            }
        }
        status
    }

    fn run_statement(&mut self, unit: &Rc<Unit<'s>>, statement: Node<'_>) -> Status {
        match statement.child(Kind::AndOr) {
            Some(list) => self.run_and_or(unit, list),
            None => Status::SUCCESS,
        }
    }

    /// `a && b || c`.
    fn run_and_or(&mut self, unit: &Rc<Unit<'s>>, list: Node<'_>) -> Status {
        let mut status = Status::SUCCESS;
        let mut connective: Option<bool> = None;
        for child in list.children() {
            match (child.kind, connective) {
                (Kind::Connective, _) => connective = Some(unit.text(child.span) == "&&"),
                (Kind::Pipeline, None) => status = self.run_pipeline(unit, child),
                (Kind::Pipeline, Some(and)) => {
                    let before = self.decide(status);
                    let (run, skip) = self.split_path(before);
                    self.path = if and { run } else { skip };
                    let second = self.run_pipeline(unit, child);
                    let second = self.decide(second);
                    let formulas = &mut self.conditions.formulas;
                    self.path = formulas.or(self.path, if and { skip } else { run });
                    status = Status::Is(if and { formulas.and(before, second) } else { formulas.or(before, second) });
                }
                _ => {}
            }
        }
        status
    }

    fn run_pipeline(&mut self, unit: &Rc<Unit<'s>>, pipeline: Node<'_>) -> Status {
        let commands: Vec<Node<'_>> = pipeline
            .named()
            .filter(|node| matches!(node.kind, Kind::Simple | Kind::Compound | Kind::Function))
            .collect();
        let mut status = match commands.as_slice() {
            [command] => self.run_command(unit, *command),
            commands => self.run_stages(unit, commands),
        };
        if pipeline.child(Kind::Negation).is_some() {
            let formula = self.decide(status);
            status = Status::Is(self.conditions.formulas.not(formula));
        }
        status
    }

    /// The commands of a pipeline; each runs in a shell of its own.
    fn run_stages(&mut self, unit: &Rc<Unit<'s>>, commands: &[Node<'_>]) -> Status {
        let mut status = Status::SUCCESS;
        let (piped_in, piped_out) = (self.piped_in, self.piped_out);
        for (at, command) in commands.iter().enumerate() {
            let last = at + 1 == commands.len();
            self.piped_in = piped_in || at > 0;
            self.piped_out = piped_out || !last;
            let output = if last { None } else { self.output.take().map(Some) };
            let state = self.state.clone();
            let path = self.path;
            let reader = commands.get(at + 1).filter(|_| at == 0 && commands.len() == 2);
            match reader.filter(|reader| super::lines::reads(**reader)) {
                Some(_) => self.lines = self.written_by(unit, *command),
                None => status = self.run_command(unit, *command),
            }
            self.state = state;
            self.path = path;
            if let Some(output) = output {
                self.output = output;
            }
        }
        (self.piped_in, self.piped_out) = (piped_in, piped_out);
        status
    }

    pub(super) fn run_command(&mut self, unit: &Rc<Unit<'s>>, command: Node<'_>) -> Status {
        match command.kind {
            Kind::Function => self.define(unit, command),
            Kind::Compound => {
                self.lines = self.here_lines(unit, command).or_else(|| self.lines.take());
                let inner = command.named().find(|node| node.kind != Kind::Redirect);
                let status = inner.map_or(Status::SUCCESS, |inner| self.run_compound(unit, inner));
                self.lines = None;
                status
            }
            _ if self.spend(unit, command) => self.run_simple(unit, command),
            _ => Status::SUCCESS,
        }
    }

    /// Counts a command; false once there has been too much work.
    fn spend(&mut self, unit: &Unit<'s>, command: Node<'_>) -> bool {
        self.work += 10;
        if self.work > MAX_WORK && self.cut_short.is_none() {
            self.cut_short = Some(unit.place(command.span));
        }
        self.cut_short.is_none()
    }

    fn run_compound(&mut self, unit: &Rc<Unit<'s>>, compound: Node<'_>) -> Status {
        match compound.kind {
            Kind::IfClause => self.run_if(unit, compound),
            Kind::ForClause => self.run_for(unit, compound),
            Kind::WhileClause => self.run_while(unit, compound),
            Kind::CaseClause => self.run_case(unit, compound),
            Kind::BraceGroup => compound.child(Kind::List).map_or(Status::SUCCESS, |list| self.run_list(unit, list)),
            Kind::Subshell => self.run_subshell(unit, compound),
            Kind::DoubleBracket => self.run_double_bracket(unit, compound),
            Kind::ArithmeticCommand => {
                let value = compound.child(Kind::ArithmeticText).and_then(|text| self.compute(unit, text));
                match value {
                    Some(value) => Status::Is(if value == 0 { Formula::FALSE } else { Formula::TRUE }),
                    None => {
                        self.forget(unit, compound);
                        Status::Unknown(unit.text(compound.span), unit.place(compound.span))
                    }
                }
            }
            _ => Status::SUCCESS,
        }
    }

    fn run_subshell(&mut self, unit: &Rc<Unit<'s>>, compound: Node<'_>) -> Status {
        let (state, path) = (self.state.clone(), self.path);
        let status = compound.child(Kind::List).map_or(Status::SUCCESS, |list| self.run_list(unit, list));
        self.state = state;
        self.path = path;
        status
    }

    fn run_if(&mut self, unit: &Rc<Unit<'s>>, clause: Node<'_>) -> Status {
        let condition = clause.child(Kind::List).map_or(Status::SUCCESS, |list| self.run_list(unit, list));
        let condition = self.decide(condition);
        let (yes, no) = self.split_path(condition);
        self.path = yes;
        let mut status = Status::SUCCESS;
        if let Some(list) = clause.child(Kind::ThenPart).and_then(|part| part.child(Kind::List)) {
            status = self.run_list(unit, list);
        }
        let taken = self.path;
        self.path = no;
        let mut arms: Vec<Node<'_>> = clause.all(Kind::ElifPart).chain(clause.all(Kind::ElsePart)).collect();
        arms.reverse();
        self.run_arms(unit, &mut arms);
        self.path = self.conditions.formulas.or(self.path, taken);
        match status {
            Status::Is(formula) if formula.is_true() => Status::SUCCESS,
            _ => Status::Unknown("if".to_owned(), unit.place(clause.span)),
        }
    }

    /// The `elif` and `else` parts, the next one last.
    fn run_arms(&mut self, unit: &Rc<Unit<'s>>, arms: &mut Vec<Node<'_>>) {
        let Some(arm) = arms.pop() else { return };
        let status = arm.child(Kind::List).map_or(Status::SUCCESS, |list| self.run_list(unit, list));
        if arm.kind == Kind::ElsePart {
            return;
        }
        let condition = self.decide(status);
        let (yes, no) = self.split_path(condition);
        self.path = yes;
        if let Some(list) = arm.child(Kind::ThenPart).and_then(|part| part.child(Kind::List)) {
            self.run_list(unit, list);
        }
        let taken = self.path;
        self.path = no;
        self.run_arms(unit, arms);
        self.path = self.conditions.formulas.or(self.path, taken);
    }

    fn run_case(&mut self, unit: &Rc<Unit<'s>>, clause: Node<'_>) -> Status {
        let Some(word) = clause.child(Kind::Word) else { return Status::SUCCESS };
        let subjects = self.expand_text(unit, word.children());
        let mut done = Formula::FALSE;
        for item in clause.all(Kind::CaseItem) {
            let mut matches = Formula::FALSE;
            for pattern in item.all(Kind::Pattern) {
                let one = self.pattern_matches(unit, &subjects, pattern);
                matches = self.conditions.formulas.or(matches, one);
            }
            let (path, rest) = self.split_path(matches);
            self.path = path;
            if let Some(list) = item.child(Kind::List) {
                self.run_list(unit, list);
            }
            done = self.conditions.formulas.or(done, self.path);
            self.path = rest;
        }
        self.path = self.conditions.formulas.or(done, self.path);
        Status::SUCCESS
    }

    fn pattern_matches(&mut self, unit: &Rc<Unit<'s>>, subjects: &Choices<Value>, pattern: Node<'_>) -> Formula {
        let quoted = pattern.named().all(|part| part.kind != Kind::Literal && part.kind != Kind::Parameter);
        let patterns = self.expand_text(unit, pattern.children());
        let mut result = Formula::FALSE;
        for (first, subject) in subjects {
            for (second, pattern_value) in &patterns {
                let place = unit.place(pattern.span);
                let one = match (subject.known(), pattern_value.known()) {
                    (_, Some("*")) if !quoted => Formula::TRUE,
                    (Some(text), Some(pattern)) => {
                        if glob::matches(pattern, text) {
                            Formula::TRUE
                        } else {
                            Formula::FALSE
                        }
                    }
                    (None, Some(text)) if quoted || !glob::is_pattern(text) => {
                        self.conditions.equal(subject, &text.into(), place)
                    }
                    _ => self.conditions.named(Question::Fits(subject.clone(), pattern_value.to_string()), place),
                };
                let formulas = &mut self.conditions.formulas;
                let guard = formulas.and(*first, *second);
                let one = formulas.and(guard, one);
                result = formulas.or(result, one);
            }
        }
        result
    }

    fn run_for(&mut self, unit: &Rc<Unit<'s>>, clause: Node<'_>) -> Status {
        let body = clause
            .child(Kind::DoGroup)
            .or_else(|| clause.child(Kind::BraceGroup))
            .and_then(|group| group.child(Kind::List));
        let (Some(name), Some(body)) = (clause.child(Kind::Name), body) else {
            if let Some(body) = body {
                self.forget(unit, body);
                self.run_many((unit, clause), body, None);
            }
            return Status::SUCCESS;
        };
        let name = unit.text(name.span);
        let lists: Choices<Fields> = if clause.child(Kind::InWord).is_some() {
            let words: Vec<Node<'_>> = clause.all(Kind::Word).collect();
            self.expand_all(unit, &words)
                .into_iter()
                .map(|(guard, (words, _))| (guard, Fields { words, vanished: None }))
                .collect()
        } else {
            vec![(Formula::TRUE, Fields { words: self.all_arguments("@").unwrap_or_default(), vanished: None })]
        };
        let path = self.path;
        let mut after = Formula::FALSE;
        for (guard, list) in lists {
            self.path = self.conditions.formulas.and(path, guard);
            self.run_rounds((unit, clause), &name, &list.words, body);
            after = self.conditions.formulas.or(after, self.path);
        }
        self.path = after;
        Status::SUCCESS
    }

    fn run_rounds(&mut self, (unit, clause): (&Rc<Unit<'s>>, Node<'_>), name: &str, words: &[Word], body: Node<'_>) {
        let place = unit.place(clause.span);
        self.broken.push(Formula::FALSE);
        if words.is_empty() {
            // No run gets into the body; it is looked at once all the same.
            let path = std::mem::replace(&mut self.path, Formula::FALSE);
            let one = Unknown { name: name.into(), id: place.span.start + 1, single: true };
            self.set_variable(name, Value::unknown(one));
            self.run_round(unit, body);
            self.path = path;
        }
        for word in words.iter().take(MAX_ROUNDS) {
            let files = word.known().is_some_and(|text| text.contains('*'));
            if word.splits || files {
                // What field splitting gave is neither empty nor holds a blank.
                let one = Unknown { name: name.into(), id: place.span.start + 1, single: !files };
                let over = self.looping.over(&word.value, &one);
                self.set_variable(name, Value::unknown(one));
                self.forget(unit, body);
                self.run_many((unit, clause), body, Some(over));
            } else {
                self.set_variable(name, word.value.clone());
                self.run_round(unit, body);
            }
        }
        if words.len() > MAX_ROUNDS && self.cut_short.is_none() {
            self.cut_short = Some(place);
        }
        let broken = self.broken.pop().unwrap_or(Formula::FALSE);
        self.path = self.conditions.formulas.or(self.path, broken);
    }

    /// One round of a loop; `continue` ends it.
    pub(super) fn run_round(&mut self, unit: &Rc<Unit<'s>>, body: Node<'_>) {
        self.continued.push(Formula::FALSE);
        self.run_list(unit, body);
        let continued = self.continued.pop().unwrap_or(Formula::FALSE);
        self.path = self.conditions.formulas.or(self.path, continued);
    }

    /// A body that runs any number of times: once, for all of them.
    fn run_many(&mut self, (unit, clause): (&Rc<Unit<'s>>, Node<'_>), body: Node<'_>, over: Option<Over>) {
        let (many, path) = (std::mem::replace(&mut self.many, true), self.path);
        let outer = self.looping.enter(over, path);
        let first = self.steps.len();
        self.broken.push(Formula::FALSE);
        self.run_round(unit, body);
        let broken = self.broken.pop().unwrap_or(Formula::FALSE);
        self.looping.carries |= self.path != path || !broken.is_false() || path == Formula::UNDECIDED;
        let steps = self.steps.get_mut(first..).unwrap_or_default();
        self.looping.leave(outer, steps, self.calls.len());
        self.many = many;
        let stays = self.returned.last().map_or(broken, |returned| self.conditions.formulas.or(broken, *returned));
        let stays = self.conditions.formulas.or(self.path, stays);
        self.path = path;
        if !self.conditions.formulas.and_not(path, stays).is_false() {
            let question = Question::Ends(unit.text(clause.span));
            let ends = self.conditions.fresh(question, unit.place(clause.span));
            self.path = self.conditions.formulas.and_not(path, ends);
        }
        self.forget(unit, body);
    }

    /// The rounds in which the present command runs.
    pub(super) fn rounds(&self) -> Option<Rounds> {
        self.looping.rounds(self.path)
    }

    fn run_while(&mut self, unit: &Rc<Unit<'s>>, clause: Node<'_>) -> Status {
        let (Some(list), Some(body)) =
            (clause.child(Kind::List), clause.child(Kind::DoGroup).and_then(|group| group.child(Kind::List)))
        else {
            if let Some(list) = clause.child(Kind::List) {
                self.run_list(unit, list);
            }
            return Status::SUCCESS;
        };
        let until = clause.child(Kind::UntilWord).is_some();
        if let Some(text) = self.lines.take().filter(|_| !until)
            && let Some(status) = self.run_lines(unit, (list, body), &text)
        {
            return status;
        }
        self.broken.push(Formula::FALSE);
        for round in 0.. {
            let before = self.path;
            let status = self.run_list(unit, list);
            let mut condition = match status {
                Status::Is(formula) => formula,
                Status::Unknown(..) => Formula::UNDECIDED,
            };
            if until {
                condition = self.conditions.formulas.not(condition);
            }
            let formulas = &mut self.conditions.formulas;
            let (goes_on, ends) = (formulas.implies(before, condition), !formulas.compatible(before, condition));
            if ends || before.is_false() && round > 0 {
                if round == 0 {
                    self.path = Formula::FALSE;
                    self.run_round(unit, body);
                    self.path = before;
                }
                break;
            }
            if !goes_on || round >= MAX_ROUNDS || self.cut_short.is_some() || before.is_false() {
                self.forget(unit, list);
                self.forget(unit, body);
                self.forget_arguments(body, unit);
                self.run_many((unit, clause), body, None);
                break;
            }
            self.run_round(unit, body);
        }
        let broken = self.broken.pop().unwrap_or(Formula::FALSE);
        self.path = self.conditions.formulas.or(self.path, broken);
        Status::SUCCESS
    }

    /// After a `shift` in a loop of unknown length nobody knows which arguments are left.
    fn forget_arguments(&mut self, body: Node<'_>, unit: &Unit<'s>) {
        let shifts =
            body.walk().any(|node| node.kind == Kind::Simple && unit.text(node.span).trim_end().starts_with("shift"));
        if shifts {
            self.state.arguments = Arguments::Unknown { shifted: 1_000 };
        }
    }

    /// Variables that `body` assigns may hold anything before one of its rounds.
    fn forget(&mut self, unit: &Unit<'s>, body: Node<'_>) {
        for node in body.walk().filter(|node| node.kind == Kind::Assignment) {
            if let Some(name) = node.child(Kind::Name) {
                let value = self.unknown_at(unit.text(name.span), unit.place(node.span));
                self.set_variable(&unit.text(name.span), value);
            }
        }
    }

    fn define(&mut self, unit: &Rc<Unit<'s>>, function: Node<'_>) -> Status {
        let (Some(name), Some(body)) = (function.child(Kind::FunctionName), function.child(Kind::Compound)) else {
            return Status::SUCCESS;
        };
        let function = Function { name: unit.text(name.span), body: Rc::new(body.to_tree()), unit: Rc::clone(unit) };
        if function.name.starts_with("from_ipchains") {
            return Status::SUCCESS;
        }
        self.looping.carries = true;
        self.defined.push(function.clone());
        let choices = self.state.functions.entry(function.name.clone()).or_default();
        let path = if self.path.is_false() { return Status::SUCCESS } else { self.path };
        super::state::assign(choices, function, path, &mut self.conditions);
        Status::SUCCESS
    }

    /// What a call of `masqueraded_from` writes.
    fn devices_asked(&mut self, function: &Function<'s>) -> Option<Value> {
        let Arguments::Known(words) = &self.state.arguments else { return None };
        let text = function.unit.text(function.body.root().span);
        looping::is_masqueraded_from(&function.name, &text).then(|| self.looping.ask(words)).flatten()
    }

    /// Calls the function `name`, if there is one; `None` where no function of that name is defined.
    pub(super) fn call(&mut self, name: &str, arguments: Vec<Word>, place: Place) -> Option<Status> {
        let choices = self.state.functions.get(name).filter(|choices| !choices.is_empty())?.clone();
        let running =
            |function: &Function<'s>| self.running.iter().filter(|body| **body == Rc::as_ptr(&function.body)).count();
        if self.calls.len() >= MAX_CALLS || choices.iter().any(|(_, function)| running(function) >= MAX_RECURSION) {
            return None;
        }
        let path = self.path;
        let mut after = Formula::FALSE;
        let mut status = Status::SUCCESS;
        let outer = std::mem::replace(&mut self.state.arguments, Arguments::Known(arguments));
        self.calls.push(place);
        for (guard, function) in &choices {
            self.path = self.conditions.formulas.and(path, *guard);
            if self.path.is_false() {
                continue;
            }
            self.called.insert(Rc::as_ptr(&function.body));
            self.running.push(Rc::as_ptr(&function.body));
            status = self.call_body(function);
            self.running.pop();
            after = self.conditions.formulas.or(after, self.path);
        }
        self.calls.pop();
        self.state.arguments = outer;
        self.path = after;
        let single = choices.len() == 1;
        Some(if single { status } else { Status::Unknown(name.to_owned(), place) })
    }

    fn call_body(&mut self, function: &Function<'s>) -> Status {
        if let Some(answer) = self.devices_asked(function) {
            self.write_output(&answer);
            return Status::SUCCESS;
        }
        self.returned.push(Formula::FALSE);
        self.locals.push(Vec::new());
        let loops = (std::mem::take(&mut self.broken), std::mem::take(&mut self.continued));
        let (body, unit) = (Rc::clone(&function.body), Rc::clone(&function.unit));
        let body = body.root();
        let status = self.run_command(&unit, body);
        (self.broken, self.continued) = loops;
        for (name, held) in self.locals.pop().unwrap_or_default().into_iter().rev() {
            match held {
                Some(choices) => self.state.variables.insert(name, choices),
                None => self.state.variables.remove(&name),
            };
        }
        let returned = self.returned.pop().unwrap_or(Formula::FALSE);
        let status =
            if returned.is_false() { status } else { Status::Unknown(function.name.clone(), unit.place(body.span)) };
        self.path = self.conditions.formulas.or(self.path, returned);
        status
    }

    /// Runs `list` and gives what it writes to standard output.
    pub(super) fn capture(&mut self, unit: &Rc<Unit<'s>>, list: Node<'_>) -> Choices<Value> {
        self.captured(|own| own.run_list(unit, list))
    }

    /// What is written to standard output while `run` runs, in a shell of its own.
    pub(super) fn captured(&mut self, run: impl FnOnce(&mut Self) -> Status) -> Choices<Value> {
        let outer = self.output.replace(vec![(Formula::TRUE, Value::empty())]);
        let piped = (std::mem::take(&mut self.piped_in), std::mem::take(&mut self.piped_out));
        let (state, path) = (self.state.clone(), self.path);
        run(self);
        self.state = state;
        self.path = path;
        (self.piped_in, self.piped_out) = piped;
        let written = std::mem::replace(&mut self.output, outer).unwrap_or_default();
        let mut possible: Choices<Value> = written;
        possible.retain(|(guard, _)| path.is_false() || self.conditions.formulas.compatible(*guard, path));
        match possible.as_mut_slice() {
            [] => vec![(Formula::TRUE, Value::empty())],
            [(guard, _)] => {
                *guard = Formula::TRUE;
                possible
            }
            _ => possible,
        }
    }

    /// Adds to the output of the present command substitution, if there is one.
    pub(super) fn write_output(&mut self, text: &Value) {
        if self.piped_out {
            return;
        }
        let path = self.path;
        let Some(output) = self.output.as_mut() else { return };
        let mut result = Vec::new();
        for (guard, mut written) in output.drain(..) {
            let formulas = &mut self.conditions.formulas;
            let (here, elsewhere) = (formulas.and(guard, path), formulas.and_not(guard, path));
            if !elsewhere.is_false() {
                result.push((elsewhere, written.clone()));
            }
            if !here.is_false() {
                written.push(text);
                result.push((here, written));
            }
        }
        let long = |value: &Value| matches!(value, Value::Mixed(pieces) if pieces.len() > MAX_PIECES);
        if result.len() > super::state::MAX_CHOICES || result.iter().any(|(_, value)| long(value)) {
            result = vec![(Formula::TRUE, Value::unknown(Unknown { name: "".into(), id: 0, single: false }))];
        }
        *output = result;
    }

    /// The parts of the path on which a condition holds, and does not.
    pub(super) fn split_path(&mut self, condition: Formula) -> (Formula, Formula) {
        let formulas = &mut self.conditions.formulas;
        (formulas.and(self.path, condition), formulas.and_not(self.path, condition))
    }

    /// The formula of a status; an unknown one becomes a condition.
    pub(super) fn decide(&mut self, status: Status) -> Formula {
        match status {
            Status::Is(formula) => formula,
            Status::Unknown(text, place) => self.conditions.fresh(Question::Success(text), place),
        }
    }

    /// Records a step of the script on the present path.
    pub(super) fn step(&mut self, act: Act, place: Place) {
        self.steps.push(Step {
            act,
            guard: self.path,
            many: self.many,
            rounds: self.rounds(),
            uncalled: self.uncalled,
            place,
            calls: self.calls.clone(),
        });
    }

    /// Where a command without redirection reads from.
    pub(super) fn inherited_input(&self) -> Input {
        if self.piped_in { Input::Pipe } else { Input::Inherited }
    }
}
