//! What `declare` and `readonly` make of all that is later assigned to a variable.

use std::rc::Rc;

use super::arithmetic;
use super::run::Evaluator;
use super::{Question, state::State};
use crate::model::{Piece, Unknown, Value, Word};
use crate::text::Place;

/// An attribute of a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attribute {
    /// `-i`: what is assigned is computed.
    Number,
    /// `-u`
    Upper,
    /// `-l`
    Lower,
    /// `-r`: nothing is assigned any more.
    ReadOnly,
    /// Nobody knows what becomes of it: another variable is meant (`-n`), or the attribute is there on some runs only.
    Open,
}

/// What the options of `declare` say of attributes; `None` inside where they take them away.
pub(super) fn asked(arguments: &[Word]) -> Option<Option<Attribute>> {
    let letters = [
        ('n', Attribute::Open),
        ('r', Attribute::ReadOnly),
        ('i', Attribute::Number),
        ('u', Attribute::Upper),
        ('l', Attribute::Lower),
    ];
    let named = |option: &str| letters.iter().find(|(letter, _)| option.contains(*letter)).map(|(_, own)| *own);
    let options = || arguments.iter().filter_map(Word::known);
    let given = options().filter(|option| option.starts_with('-')).find_map(named);
    let taken = || options().filter(|option| option.starts_with('+')).find_map(named);
    given.map(Some).or_else(|| taken().map(|_| None))
}

impl State<'_> {
    pub(super) fn put_attribute(&mut self, name: &str, attribute: Option<Attribute>) {
        if self.attributes.get(name).copied() == attribute {
            return;
        }
        let all = Rc::make_mut(&mut self.attributes);
        match attribute {
            Some(attribute) => all.insert(name.to_owned(), attribute),
            None => all.remove(name),
        };
    }
}

impl Evaluator<'_> {
    /// A variable gets or loses an attribute, which is `local` to the present function or not.
    pub(super) fn give_attribute(&mut self, name: &str, attribute: Option<Attribute>, local: bool) {
        if self.path.is_false() {
            return;
        }
        let sure = local || self.path.is_true();
        self.state.put_attribute(name, if sure { attribute } else { Some(Attribute::Open) });
    }

    /// What a variable holds that is assigned `value`.
    pub(super) fn by_attribute(&mut self, name: &str, value: Value) -> Value {
        let Some(attribute) = self.state.attributes.get(name).copied() else { return value };
        let made = match attribute {
            Attribute::Number => self.computed(&value),
            Attribute::Upper => value.known().map(str::to_uppercase),
            Attribute::Lower => value.known().map(str::to_lowercase),
            Attribute::ReadOnly | Attribute::Open => None,
        };
        made.map_or_else(|| Value::unknown(Unknown { name: name.into(), id: mark(&value), single: false }), Value::from)
    }

    fn computed(&self, value: &Value) -> Option<String> {
        let held = |name: &str| match self.state.variables.get(name)?.as_slice() {
            [(_, value)] => arithmetic::number(value.known()?.trim()),
            _ => None,
        };
        let text = value.known()?.trim();
        let computed = arithmetic::evaluate(if text.is_empty() { "0" } else { text }, &mut |name| held(name))?;
        computed.set.is_empty().then(|| computed.value.to_string())
    }

    /// Whether a variable takes no values any more: bash gives up the line that assigns one, others end there.
    pub(super) fn refuses(&mut self, name: &str) -> bool {
        if self.path.is_false() || self.state.attributes.get(name) != Some(&Attribute::ReadOnly) {
            return false;
        }
        let ends = self.conditions.fresh(Question::Ends(format!("{name}=")), Place::default());
        let (ended, goes_on) = self.split_path(ends);
        self.path = ended;
        self.leave_shell(&[]);
        self.path = goes_on;
        true
    }

    /// What `+=` makes of an old and a new value.
    pub(super) fn sum(&self, name: &str, old: &Value, new: &Value) -> Value {
        let mut value = old.clone();
        if self.state.attributes.get(name) != Some(&Attribute::Number) {
            value.push(new);
            return value;
        }
        let mut sum = Value::from(if old.is("") { "0+(" } else { "" });
        sum.push(old);
        sum.push_str(if old.is("") { "" } else { "+(" });
        sum.push(new);
        sum.push_str(")");
        sum
    }
}

/// Tells what a variable holds apart from the value that it is made of.
fn mark(value: &Value) -> u32 {
    match value.pieces().as_slice() {
        [Piece::Unknown(own)] if own.id != 0 => own.id,
        _ => u32::MAX,
    }
}
