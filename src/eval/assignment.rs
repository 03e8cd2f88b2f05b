//! Assignments.

use std::rc::Rc;

use super::run::{Evaluator, Status};
use super::state::Choices;
use super::unit::Unit;
use crate::logic::Formula;
use crate::model::{Value, Word};
use crate::syntax::{Kind, Node};

impl<'s> Evaluator<'s> {
    /// Assignments alone, whose success is that of the last command substitution in them.
    pub(super) fn run_assignments(&mut self, unit: &Rc<Unit<'s>>, node: Node<'_>) -> Status {
        self.substituted = None;
        for assignment in node.named() {
            if matches!(assignment.kind, Kind::Assignment | Kind::ArrayAssignment) {
                self.run_assignment(unit, assignment);
            }
        }
        match self.substituted.take() {
            None => Status::SUCCESS,
            Some((path, Some(succeeds))) if path == self.path => Status::Is(succeeds),
            Some(_) => Status::Unknown(unit.text(node.span), unit.place(node.span)),
        }
    }

    /// Runs a command with the assignments before its words, which are for it alone.
    pub(super) fn with_assignments<T>(
        &mut self,
        unit: &Rc<Unit<'s>>,
        command: Node<'_>,
        run: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let names: Vec<String> = command
            .all(Kind::Assignment)
            .filter_map(|assignment| assignment.child(Kind::Name))
            .map(|name| unit.text(name.span))
            .collect();
        if names.is_empty() {
            return run(self);
        }
        let kept: Vec<_> = names.iter().map(|name| (self.keep(name), self.looping.is_set(name))).collect();
        self.run_assignments(unit, command);
        let given = run(self);
        for (kept, was_set) in kept.into_iter().rev() {
            if !was_set {
                self.looping.leaves(&kept.name);
            }
            self.restore(kept);
        }
        given
    }

    pub(super) fn run_assignment(&mut self, unit: &Rc<Unit<'s>>, node: Node<'_>) {
        let Some(name) = node.child(Kind::Name).map(|name| unit.text(name.span)) else { return };
        let adds = node.child(Kind::AssignOperator).is_some_and(|operator| operator.span.len() == 2);
        if let Some(array) = node.child(Kind::Array) {
            return self.assign_array(unit, &name, array, adds);
        }
        if node.child(Kind::Subscript).is_some() {
            return self.set_array(&name, None);
        }
        let (exposed, settled) = (self.looping.is_exposed(&name), self.state.settled.get(&name).copied());
        let values = match node.child(Kind::Word) {
            Some(word) => self.expand_text(unit, word.children()),
            None => vec![(Formula::TRUE, Value::empty())],
        };
        let values = if adds { self.appended(unit, &name, values, node) } else { values };
        self.store(&name, &values);
        // A variable that is only counted on hangs on earlier rounds, which matters where something else looks at it.
        if !exposed && self.looping.overlooks(&name) {
            self.settle(name, settled);
        }
    }

    fn appended(&mut self, unit: &Rc<Unit<'s>>, name: &str, values: Choices<Value>, node: Node<'_>) -> Choices<Value> {
        let old = self.lookup(unit, name, unit.place(node.span));
        let mut result = Vec::new();
        for (first, old) in &old {
            for (second, new) in &values {
                let guard = self.conditions.formulas.and(*first, *second);
                if !guard.is_false() {
                    result.push((guard, self.sum(name, old, new)));
                }
            }
        }
        result
    }

    fn assign_array(&mut self, unit: &Rc<Unit<'s>>, name: &str, array: Node<'_>, adds: bool) {
        let words: Vec<Node<'_>> = array.all(Kind::Word).collect();
        // Elements with subscripts of their own stand in another order, and names may be their subscripts.
        let subscripts = words.iter().any(|word| unit.text(word.span).starts_with('['));
        let held = match self.state.arrays.get(name).filter(|_| adds) {
            Some(held) => held.clone(),
            None if adds && (self.state.variables.contains_key(name) || !self.sources_unread.is_empty()) => None,
            None => Some(Vec::new()),
        };
        let mut choices = self.expand_all(unit, &words);
        let given = choices.pop().filter(|_| choices.is_empty() && !subscripts);
        let elements = held.zip(given).map(|(mut held, (_, given))| {
            held.extend(given.words);
            held
        });
        self.set_array(name, elements.filter(|_| self.path.is_true()));
    }

    /// An array gets these elements, or some that are not known; it has no other value then.
    pub(super) fn set_array(&mut self, name: &str, elements: Option<Vec<Word>>) {
        self.looping.carries = true;
        self.note_assigned(name);
        let arrays = Rc::make_mut(&mut self.state.arrays);
        if self.path.is_false() {
            arrays.entry(name.to_owned()).or_insert(elements);
            return;
        }
        arrays.insert(name.to_owned(), elements);
        if self.state.variables.contains_key(name) {
            Rc::make_mut(&mut self.state.variables).remove(name);
        }
    }
}
