//! Functions: their definitions and calls.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::ending::Ending;
use super::run::{Evaluator, PARSED, Status};
use super::state::{Arguments, Function, State};
use super::unit::Unit;
use super::{Question, looping};
use crate::logic::Formula;
use crate::model::{Value, Word};
use crate::syntax::{Kind, Node, Nodes};
use crate::text::Place;

/// Functions, sourced files and `eval` are nested at most so deeply.
const MAX_CALLS: usize = 24;

/// A function that calls itself with words that are not known is followed so deeply.
const MAX_RECURSION: usize = 3;

/// A function that is being run.
pub(super) struct Running<'s> {
    body: *const Nodes,
    /// What was known when it was called, where that was from within itself.
    state: Option<State<'s>>,
}

/// The function of migrated scripts that redirects what rules of INPUT ask for.
pub const REDIRECTIONS: &str = include_str!("redirections.sh");

/// The function of migrated scripts that makes chains for targets that log.
pub const LOGGED: &str = include_str!("logged.sh");

/// Whether a function is the one that migrated scripts have under this name.
fn is(function: &Function<'_>, own: &str, name: &str) -> bool {
    let text = || function.unit.text(function.body.root().span);
    function.name == name && own.ends_with(&format!("\n{name}() {}\n", text()))
}

impl<'s> Evaluator<'s> {
    pub(super) fn define(&mut self, unit: &Rc<Unit<'s>>, function: Node<'_>) -> Status {
        let (Some(name), Some(body)) = (function.child(Kind::FunctionName), function.child(Kind::Compound)) else {
            return Status::SUCCESS;
        };
        let function = Function { name: unit.text(name.span), body: Rc::new(body.to_tree()), unit: Rc::clone(unit) };
        if function.name.starts_with("from_ipchains") {
            return Status::SUCCESS;
        }
        self.spend(function.body.root().span.len() / PARSED);
        self.looping.carries = true;
        self.defined.push((self.path, function.clone()));
        let choices = Rc::make_mut(&mut self.state.functions).entry(function.name.clone()).or_default();
        let path = if self.path.is_false() { return Status::SUCCESS } else { self.path };
        super::state::assign(choices, function, path, &mut self.conditions);
        Status::SUCCESS
    }

    /// `unset -f`.
    pub(super) fn undefine(&mut self, name: &str) {
        self.looping.carries = true;
        let (path, formulas) = (self.path, &mut self.conditions.formulas);
        if let Some(choices) = Rc::make_mut(&mut self.state.functions).get_mut(name) {
            choices.iter_mut().for_each(|(guard, _)| *guard = formulas.and_not(*guard, path));
            choices.retain(|(guard, _)| !guard.is_false());
        }
    }

    /// What a call of `masqueraded_from` writes.
    fn devices_asked(&mut self, function: &Function<'s>) -> Option<Value> {
        let Arguments::Known(words) = &self.state.arguments else { return None };
        let text = function.unit.text(function.body.root().span);
        looping::is_masqueraded_from(&function.name, &text)
            .then(|| self.looping.ask(words, &self.settings.devices))
            .flatten()
    }

    /// Whether `trap` calls the function of migrated scripts that redirects what rules of INPUT ask for. It does nothing
    /// unless a target that is only read when the script runs is REDIRECT, and a proof of the migration says of which
    /// targets it holds.
    pub(super) fn redirects_at_the_end(&mut self, action: &Word) -> bool {
        let name = "redirections";
        if action.value.known_prefix().split(' ').next() != Some(name) {
            return false;
        }
        let [(_, function)] = self.state.functions.get(name).map(Vec::as_slice).unwrap_or_default() else {
            return false;
        };
        let is_own = is(function, REDIRECTIONS, name);
        if is_own {
            self.called.insert(Rc::as_ptr(&function.body));
        }
        is_own
    }

    /// Notes that no run gets to this call of the function `name`, if there is one.
    pub(super) fn pass_over(&mut self, name: &str) {
        let functions = self.state.functions.get(name).into_iter().flatten();
        self.unreached.extend(functions.map(|(_, function)| Rc::as_ptr(&function.body)));
    }

    /// Calls the function `name`, if there is one; `None` where no function of that name is defined.
    pub(super) fn call(&mut self, name: &str, arguments: &[Word], place: Place) -> Option<Status> {
        let choices = self.state.functions.get(name).filter(|choices| !choices.is_empty())?.clone();
        if self.calls.len() >= MAX_CALLS {
            self.work = 0;
            return self.is_cut_short(|| place).then_some(Status::Unknown(name.to_owned(), place));
        }
        let outer = std::mem::replace(&mut self.state.arguments, Arguments::Known(arguments.to_vec()));
        if choices.iter().any(|(_, function)| self.repeats(function)) {
            self.state.arguments = outer;
            return None;
        }
        let path = self.path;
        let (mut after, mut undefined) = (Formula::FALSE, path);
        let mut statuses = Vec::new();
        self.calls.push(place);
        for (guard, function) in &choices {
            self.path = self.conditions.formulas.and(path, *guard);
            if self.path.is_false() {
                continue;
            }
            self.called.insert(Rc::as_ptr(&function.body));
            let body = Rc::as_ptr(&function.body);
            let recurs = self.running.iter().any(|running| running.body == body);
            self.running.push(Running { body, state: recurs.then(|| self.state.clone()) });
            let status = self.call_body(function);
            statuses.push((self.path, status));
            self.running.pop();
            if choices.len() > 1 {
                // Another body gets them as they were given.
                self.state.arguments = Arguments::Known(arguments.to_vec());
            }
            after = self.conditions.formulas.or(after, self.path);
            undefined = self.conditions.formulas.and_not(undefined, *guard);
        }
        self.calls.pop();
        self.state.arguments = outer;
        // Where it is not defined, the call fails, or runs a program of that name.
        self.path = self.conditions.formulas.or(after, undefined);
        let known = if undefined.is_false() { self.success_of_one(statuses) } else { None };
        Some(known.unwrap_or_else(|| Status::Unknown(name.to_owned(), place)))
    }

    /// Whether a call of `function` from within itself would show nothing new.
    fn repeats(&self, function: &Function<'s>) -> bool {
        let body = Rc::as_ptr(&function.body);
        let mut running = self.running.iter().rev().filter(|running| running.body == body);
        let same = running.next().and_then(|last| last.state.as_ref()).is_some_and(|state| self.state.holds_as(state));
        same || running.count() + 1 >= MAX_RECURSION && !self.state.arguments.are_known()
    }

    fn call_body(&mut self, function: &Function<'s>) -> Status {
        // It is called for targets that the proof of a migration says nothing of.
        if is(function, LOGGED, "logged") || is(function, REDIRECTIONS, "redirections") {
            return Status::SUCCESS;
        }
        if let Some(answer) = self.devices_asked(function) {
            self.write_output(&answer);
            return Status::SUCCESS;
        }
        self.returned.push(Ending::NONE);
        self.locals.push(Vec::new());
        let path = self.path;
        let loops = (std::mem::take(&mut self.broken), std::mem::take(&mut self.continued));
        let outer_loops = std::mem::take(&mut self.outer_loops);
        self.returns += 1;
        let (body, unit) = (Rc::clone(&function.body), Rc::clone(&function.unit));
        let body = body.root();
        let status = self.run_command(&unit, body);
        self.returns -= 1;
        (self.broken, self.continued, self.outer_loops) = (loops.0, loops.1, outer_loops);
        for local in self.locals.pop().unwrap_or_default().into_iter().rev() {
            self.restore_on(local, path);
        }
        let returned = self.returned.pop().unwrap_or(Ending::NONE);
        let status = self.success(status, &[returned]);
        self.path = self.conditions.formulas.or(self.path, returned.path);
        status.unwrap_or_else(|| Status::Unknown(function.name.clone(), unit.place(body.span)))
    }

    /// Functions that nothing called are looked at as well: those that no other one calls, in their order, and what
    /// is left then.
    pub(super) fn run_uncalled(&mut self) {
        self.uncalled = true;
        self.run_traps();
        let all = std::mem::take(&mut self.defined);
        let mut callers: HashMap<String, Vec<usize>> = HashMap::new();
        for (at, (_, function)) in all.iter().enumerate() {
            for name in commands_of(function) {
                callers.entry(name).or_default().push(at);
            }
        }
        let (inner, outer): (Vec<_>, Vec<_>) = all.iter().enumerate().partition(|(at, (_, function))| {
            callers.get(&function.name).is_some_and(|callers| callers.iter().any(|caller| caller != at))
        });
        for (_, (defined, function)) in outer.into_iter().chain(inner.into_iter().rev()) {
            if self.called.contains(&Rc::as_ptr(&function.body)) {
                continue;
            }
            let place = function.unit.place(function.body.root().span);
            // Those that the file has for itself, but calls in other runs, are called by nobody else.
            let called = match self.unreached.contains(&Rc::as_ptr(&function.body)) {
                true => Formula::FALSE,
                false => self.conditions.fresh(Question::Called(function.name.clone()), place),
            };
            let possible = if defined.is_false() { Formula::TRUE } else { *defined };
            self.path = self.conditions.formulas.and(called, possible);
            self.state.arguments = Arguments::Unknown { shifted: 0 };
            self.call_body(function);
        }
    }
}

/// The names of the commands in a function.
fn commands_of(function: &Function<'_>) -> HashSet<String> {
    let commands = function.body.root();
    let words = commands.walk().filter(|node| node.kind == Kind::Simple).filter_map(|node| node.child(Kind::Word));
    words.map(|word| function.unit.text(word.span)).collect()
}
