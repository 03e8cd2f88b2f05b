//! How functions, shells of their own and loops are left before their end, and what their success is then.

use super::Question;
use super::run::{Evaluator, Status};
use super::shell::Shell;
use super::state::{Arguments, Choices};
use super::unit::Unit;
use crate::logic::{Formula, Formulas};
use crate::model::Word;
use crate::syntax::Node;
use crate::text::Place;

/// How `return` leaves a function, or `exit` a shell.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ending {
    /// The paths on which it does.
    pub(super) path: Formula,
    /// Those of them with success; `None` where not all say so.
    succeeded: Option<Formula>,
}

impl Ending {
    /// Nothing is left so.
    pub(super) const NONE: Self = Self { path: Formula::FALSE, succeeded: Some(Formula::FALSE) };

    /// `path` is left with a success that holds, or does not, or is not known.
    fn leave(&mut self, path: Formula, success: Option<bool>, formulas: &mut Formulas) {
        self.path = formulas.or(self.path, path);
        self.succeeded = match (self.succeeded, success) {
            (Some(before), Some(true)) => Some(formulas.or(before, path)),
            (before, Some(false)) => before,
            (_, None) if path.is_false() => self.succeeded,
            _ => None,
        };
    }
}

/// How `break` leaves a loop, or `continue` a round of it.
#[derive(Clone)]
pub(super) struct Left {
    /// The paths on which it does.
    pub(super) path: Formula,
    /// What the arguments are on each of them.
    arguments: Choices<Arguments>,
}

impl Left {
    /// Nothing is left so.
    pub(super) const NONE: Self = Self { path: Formula::FALSE, arguments: Vec::new() };

    /// What the arguments are where it is left so.
    pub(super) fn arguments(&self) -> impl Iterator<Item = &Arguments> {
        self.arguments.iter().map(|(_, arguments)| arguments)
    }

    pub(super) fn leave(&mut self, path: Formula, arguments: &Arguments, formulas: &mut Formulas) {
        if !path.is_false() {
            self.path = formulas.or(self.path, path);
            self.arguments.push((path, arguments.clone()));
        }
    }
}

impl<'s> Evaluator<'s> {
    /// `return`. Where there is no function to leave, it ends the present shell, or fails and nothing else.
    pub(super) fn leave_function(&mut self, arguments: &[Word], place: Place) -> Status {
        let stays = if self.returns > 0 { Formula::FALSE } else { self.goes_on_in_bash("return", place) };
        let (goes_on, ends) = self.split_path(stays);
        let success = self.told_success(arguments);
        if let Some(function) = self.returned.last_mut() {
            function.leave(ends, success, &mut self.conditions.formulas);
        }
        self.path = goes_on;
        Status::Is(Formula::FALSE)
    }

    /// When the script goes on behind what bash complains of, and what ends the present shell in other shells.
    fn goes_on_in_bash(&mut self, command: &str, place: Place) -> Formula {
        match self.shell {
            Shell::Bash => Formula::TRUE,
            Shell::Dash => Formula::FALSE,
            Shell::Any => {
                let ends = self.conditions.fresh(Question::Ends(command.to_owned()), place);
                self.conditions.formulas.not(ends)
            }
        }
    }

    /// `exit`.
    pub(super) fn leave_shell(&mut self, arguments: &[Word]) {
        let success = self.told_success(arguments);
        self.exited.leave(self.path, success, &mut self.conditions.formulas);
        self.path = Formula::FALSE;
    }

    /// The shell ends with a failure where `when` holds: `${NAME:?}`.
    pub(super) fn fail_where(&mut self, when: Formula) {
        let (ends, goes_on) = self.split_path(when);
        self.exited.leave(ends, Some(false), &mut self.conditions.formulas);
        self.path = goes_on;
    }

    /// The success that `return` and `exit` tell. Of what a round of a loop over something unknown tells, nobody knows
    /// whether it is the first.
    fn told_success(&self, arguments: &[Word]) -> Option<bool> {
        let in_round = self.looping.is_within() && !self.broken.is_empty();
        let number = arguments.first().and_then(Word::known).and_then(|number| number.parse::<i64>().ok());
        number.filter(|_| !in_round).map(|number| number.rem_euclid(256) == 0)
    }

    /// The success of what ended with `status` on the present path, and before on others; `None` where it is unknown.
    pub(super) fn success(&mut self, status: Status, before: &[Ending]) -> Option<Status> {
        let mut statuses = vec![(self.path, status)];
        for ending in before {
            statuses.push((ending.path, Status::Is(ending.succeeded?)));
        }
        self.success_of_one(statuses)
    }

    /// The success of the one of several that is run, each with the paths behind it; `None` where it is unknown.
    pub(super) fn success_of_one(&mut self, mut statuses: Vec<(Formula, Status)>) -> Option<Status> {
        statuses.retain(|(path, _)| !path.is_false());
        if statuses.len() < 2 {
            return Some(statuses.pop().map_or(Status::SUCCESS, |(_, status)| status));
        }
        let formulas = &mut self.conditions.formulas;
        let (mut all, mut succeeded) = (Formula::FALSE, Formula::FALSE);
        for (path, status) in statuses {
            let Status::Is(holds) = status else { return None };
            let here = formulas.and(path, holds);
            (all, succeeded) = (formulas.or(all, path), formulas.or(succeeded, here));
        }
        Some(if formulas.implies(all, succeeded) { Status::SUCCESS } else { Status::Is(succeeded) })
    }

    /// The success of a loop, which is that of its last round; without one it succeeds.
    pub(super) fn run_loop(&mut self, (word, place): (&str, Place), run: impl FnOnce(&mut Self)) -> Status {
        let outer = self.last_round.replace(Formula::TRUE);
        run(self);
        let succeeded = std::mem::replace(&mut self.last_round, outer);
        succeeded.map_or_else(|| Status::Unknown(word.to_owned(), place), Status::Is)
    }

    /// Runs something of which the script keeps neither what it sets nor where it ends.
    pub(super) fn in_subshell<T>(&mut self, run: impl FnOnce(&mut Self) -> T) -> T {
        let (state, path) = (self.state.clone(), self.path);
        let locals = self.locals.last().cloned();
        let loops = (self.broken.clone(), self.continued.clone());
        let exited = std::mem::replace(&mut self.exited, Ending::NONE);
        self.returned.push(Ending::NONE);
        let given = run(self);
        self.returned.pop();
        self.exited = exited;
        (self.broken, self.continued) = loops;
        self.locals.last_mut().zip(locals).into_iter().for_each(|(own, locals)| *own = locals);
        (self.state, self.path) = (state, path);
        given
    }

    /// Runs the command `node` in a shell of its own, and gives its success.
    pub(super) fn run_apart(
        &mut self,
        unit: &Unit<'s>,
        node: Node<'_>,
        run: impl FnOnce(&mut Self) -> Status,
    ) -> Status {
        let outer = std::mem::replace(&mut self.outer_loops, self.broken.len());
        let status = self.run_alone(run);
        self.outer_loops = outer;
        status.unwrap_or_else(|| Status::Unknown(unit.text(node.span), unit.place(node.span)))
    }

    /// Runs something in a shell of its own, and gives its success where that is known.
    pub(super) fn run_alone(&mut self, run: impl FnOnce(&mut Self) -> Status) -> Option<Status> {
        self.in_subshell(|own| {
            let status = run(own);
            let left = [own.returned.last().copied().unwrap_or(Ending::NONE), own.exited];
            own.success(status, &left)
        })
    }

    /// `break`, and `continue` where `next` says so; where there is no loop, the shell goes on.
    pub(super) fn leave_round(&mut self, next: bool, arguments: &[Word], place: Place) {
        let number = arguments.first().and_then(Word::known).and_then(|number| number.parse().ok()).unwrap_or(1);
        let count = if next { self.continued.len() } else { self.broken.len() };
        // With a number the so manieth loop from the innermost on is meant, and the outermost if there are not so many.
        let levels = usize::max(number, 1).min(count);
        let own = count - self.outer_loops.min(count);
        if levels <= own {
            return self.leave_loops(next, levels);
        }
        // Loops around a shell of its own are none for bash; in others the shell ends.
        let (here, ends) = match self.goes_on_in_bash(if next { "continue" } else { "break" }, place) {
            Formula::TRUE => (self.path, Formula::FALSE),
            bash => self.split_path(bash),
        };
        self.path = here;
        self.leave_loops(next, own);
        let goes_on = std::mem::replace(&mut self.path, ends);
        self.leave_loops(next, levels);
        self.path = goes_on;
    }

    /// Leaves so many loops, if any.
    fn leave_loops(&mut self, next: bool, levels: usize) {
        let loops = if next { &mut self.continued } else { &mut self.broken };
        let Some(left) = loops.len().checked_sub(levels).and_then(|at| loops.get_mut(at)).filter(|_| levels > 0) else {
            return;
        };
        left.leave(self.path, &self.state.arguments, &mut self.conditions.formulas);
        self.path = Formula::FALSE;
    }

    /// The runs that have left a loop or a round meet the others.
    pub(super) fn meet_left(&mut self, left: Option<Left>) {
        let Some(left) = left.filter(|left| !left.path.is_false()) else { return };
        let own = self.state.arguments.clone();
        let ends = std::iter::once((self.path, own.clone())).chain(left.arguments);
        self.state.arguments = Arguments::meeting(own, ends, &mut self.conditions.formulas);
        self.path = self.conditions.formulas.or(self.path, left.path);
    }
}
