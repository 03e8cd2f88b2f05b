//! Where scripts compute: `$((...))`, `((...))`, `let`.

use std::rc::Rc;

use super::arithmetic;
use super::run::{Evaluator, Status};
use super::segment::{Segment, join};
use super::simple::Surroundings;
use super::state::Choices;
use super::unit::Unit;
use crate::logic::Formula;
use crate::model::{Value, Word};
use crate::syntax::{Kind, Node};
use crate::text::Place;

impl<'s> Evaluator<'s> {
    /// `$((...))`.
    pub(super) fn arithmetic(&mut self, unit: &Rc<Unit<'s>>, part: Node<'_>) -> Choices<Vec<Segment>> {
        let inner = part.child(Kind::ArithmeticText);
        let value = inner.and_then(|inner| self.compute(unit, inner));
        let value = match value {
            Some(number) => Value::from(number.to_string()),
            None => self.unknown_at(unit.text(part.span), unit.place(part.span)),
        };
        vec![(Formula::TRUE, vec![Segment::Text { value, split: false }])]
    }

    /// The value of an arithmetic text, where all of it is known; what it sets is set.
    pub(super) fn compute(&mut self, unit: &Rc<Unit<'s>>, text: Node<'_>) -> Option<i64> {
        let written = self.arithmetic_text(unit, text);
        let place = unit.place(text.span);
        match written {
            Some(written) => self.compute_text(unit, &written, place),
            None => self.forget_computed(&unit.text(text.span), place),
        }
    }

    /// An arithmetic text with the values of its parameters in it.
    pub(super) fn arithmetic_text(&mut self, unit: &Rc<Unit<'s>>, text: Node<'_>) -> Option<String> {
        let mut written = String::new();
        for part in text.children() {
            match part.kind {
                Kind::Token => written.push_str(&unit.text(part.span)),
                _ => match self.segments(unit, std::iter::once(part), true).as_slice() {
                    [(_, segments)] => written.push_str(join(segments).known()?),
                    _ => return None,
                },
            }
        }
        Some(written)
    }

    pub(super) fn compute_text(&mut self, unit: &Unit<'s>, written: &str, place: Place) -> Option<i64> {
        self.may_end_in(written, place);
        let computed = arithmetic::evaluate(written, &mut |name| match self.lookup(unit, name, place).as_slice() {
            [(_, value)] => arithmetic::number(value.known()?.trim()),
            _ => None,
        });
        let Some(computed) = computed else { return self.forget_computed(written, place) };
        for (name, value) in &computed.set {
            self.set_variable(name, Value::from(value.to_string()));
        }
        Some(computed.value)
    }

    /// What an arithmetic text that is not known may have set is not known either.
    pub(super) fn forget_computed(&mut self, text: &str, place: Place) -> Option<i64> {
        if arithmetic::sets_any(text) {
            self.forget_all(place);
        }
        for name in arithmetic::assigned(text) {
            let value = self.unknown_at(name.as_str(), place);
            self.set_variable(&name, value);
        }
        None
    }

    /// `let`.
    pub(super) fn compute_words(&mut self, around: &Surroundings<'_, 's>, arguments: &[Word]) -> Status {
        let mut last = None;
        for word in arguments {
            last = self.compute_text(&around.unit, &word.value.to_string(), around.place);
        }
        match last {
            Some(value) => Status::Is(if value == 0 { Formula::FALSE } else { Formula::TRUE }),
            None => Status::Unknown(around.unit.text(around.node.span), around.place),
        }
    }
}
