//! Assignments.

use std::rc::Rc;

use super::run::{Evaluator, Status};
use super::state::Choices;
use super::unit::Unit;
use crate::logic::Formula;
use crate::model::Value;
use crate::syntax::{Kind, Node};

impl<'s> Evaluator<'s> {
    pub(super) fn run_assignments(&mut self, unit: &Rc<Unit<'s>>, node: Node<'_>) -> Status {
        for assignment in node.named() {
            if matches!(assignment.kind, Kind::Assignment | Kind::ArrayAssignment) {
                self.run_assignment(unit, assignment);
            }
        }
        let substitutes = node.walk().any(|node| matches!(node.kind, Kind::CommandSubstitution | Kind::Backquoted));
        if substitutes { Status::Unknown(unit.text(node.span), unit.place(node.span)) } else { Status::SUCCESS }
    }

    pub(super) fn run_assignment(&mut self, unit: &Rc<Unit<'s>>, node: Node<'_>) {
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
        self.note_assigned(name);
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
}
