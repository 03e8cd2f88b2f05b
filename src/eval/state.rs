//! What the shell remembers: variables, functions and arguments, each with the guard under which it is so.

use std::collections::HashMap;
use std::rc::Rc;

use super::conditions::Conditions;
use super::unit::Unit;
use crate::logic::Formula;
use crate::model::{Value, Word};
use crate::syntax::Nodes;

/// Alternatives whose guards exclude each other.
pub(super) type Choices<T> = Vec<(Formula, T)>;

/// So many alternatives of one value are kept apart.
pub(super) const MAX_CHOICES: usize = 24;

/// A function of the script.
#[derive(Clone)]
pub(super) struct Function<'s> {
    pub(super) name: String,
    pub(super) body: Rc<Nodes>,
    pub(super) unit: Rc<Unit<'s>>,
}

/// The positional parameters.
#[derive(Clone, PartialEq)]
pub(super) enum Arguments {
    /// Those of a function call, or of the script where the user names them.
    Known(Vec<Word>),
    /// Those of the script; so many have been shifted away.
    Unknown { shifted: usize },
}

impl Arguments {
    /// What they are where paths meet again that have left them like this; paths that no run takes do not count.
    pub(super) fn meeting(before: Self, ends: impl IntoIterator<Item = (Formula, Self)>) -> Self {
        let mut taken = ends.into_iter().filter(|(path, _)| !path.is_false()).map(|(_, arguments)| arguments);
        let Some(first) = taken.next() else { return before };
        match taken.all(|other| other == first) {
            true => first,
            false => Self::Unknown { shifted: 3_000 },
        }
    }
}

/// The state that a subshell copies; most of them set nothing, so that the copies share what it holds.
#[derive(Clone)]
pub(super) struct State<'s> {
    pub(super) variables: Rc<HashMap<String, Choices<Value>>>,
    /// On which paths the present round of a loop has set each variable.
    pub(super) settled: Rc<HashMap<String, Formula>>,
    pub(super) functions: Rc<HashMap<String, Choices<Function<'s>>>>,
    pub(super) arguments: Arguments,
}

/// A variable that is local to a function, with what it held before and where the present round had set it.
pub(super) struct Local {
    pub(super) name: String,
    pub(super) held: Option<Choices<Value>>,
    pub(super) settled: Option<Formula>,
}

impl State<'_> {
    pub(super) fn new(arguments: Arguments) -> Self {
        Self { variables: Rc::default(), settled: Rc::default(), functions: Rc::default(), arguments }
    }
}

/// Under `path` the thing is `new`; elsewhere it stays as it was.
pub(super) fn assign<T: Clone + PartialEq>(
    choices: &mut Choices<T>,
    new: T,
    path: Formula,
    conditions: &mut Conditions,
) {
    if path.is_true() {
        *choices = vec![(Formula::TRUE, new)];
        return;
    }
    let formulas = &mut conditions.formulas;
    let mut result: Choices<T> = Vec::new();
    let mut own = path;
    for (guard, value) in choices.drain(..) {
        let left = formulas.and_not(guard, path);
        if left.is_false() {
            continue;
        }
        match result.iter_mut().find(|(_, other)| *other == value) {
            Some((known, _)) => *known = formulas.or(*known, left),
            None if value == new => own = formulas.or(own, left),
            None => result.push((left, value)),
        }
    }
    result.push((own, new));
    *choices = result;
}

impl PartialEq for Function<'_> {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.body, &other.body)
    }
}
