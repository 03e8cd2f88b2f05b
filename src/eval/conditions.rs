//! Conditions that cannot be decided, as variables of formulas.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use smol_str::SmolStr;

use super::Question;
use crate::logic::{Formula, Formulas, Variable};
use crate::model::{Piece, Value};
use crate::text::Place;

/// Nodes enough for the conditions of any script a person wrote.
const BUDGET: usize = 100_000;

/// The conditions of a script and the formulas over them.
pub struct Conditions {
    /// The arena of all guards.
    pub formulas: Formulas,
    conditions: Vec<Condition>,
    known: HashMap<String, Formula>,
    /// For each unknown text the literals it was compared with: they exclude each other.
    literals: BTreeMap<Value, Literals>,
}

/// The literals that one text was compared with, in the order in which they were.
struct Literals {
    all: Vec<(String, Formula, Variable)>,
    /// The number of each.
    numbers: HashMap<String, usize>,
    /// When the text is some of them.
    any: Formula,
}

impl Default for Literals {
    fn default() -> Self {
        Self { all: Vec::new(), numbers: HashMap::new(), any: Formula::FALSE }
    }
}

/// One condition that cannot be decided.
#[derive(Clone, Debug)]
pub struct Condition {
    /// What makes it the same as another one.
    pub text: String,
    /// What is asked.
    pub question: Question,
    /// Where it is first asked.
    pub place: Place,
}

impl Default for Conditions {
    /// None so far.
    fn default() -> Self {
        Self {
            formulas: Formulas::latest_first(BUDGET),
            conditions: Vec::new(),
            known: HashMap::new(),
            literals: BTreeMap::new(),
        }
    }
}

impl Conditions {
    /// The condition that a variable of the formulas stands for.
    pub fn condition(&self, variable: Variable) -> Option<&Condition> {
        self.conditions.get(variable.0 as usize)
    }

    /// The conditions that a formula asks about, at most so many, in the order in which the script asks them first.
    pub fn asked(&self, formula: Formula, most: usize) -> impl Iterator<Item = &Condition> {
        let (mut seen, mut pending, mut found) = (HashSet::new(), vec![formula], BTreeSet::new());
        while let Some(at) = pending.pop() {
            if let Some((variable, low, high)) = self.formulas.decision(at).filter(|_| seen.insert(at)) {
                found.insert(variable);
                pending.extend([low, high]);
            }
        }
        found.into_iter().take(most).filter_map(|variable| self.condition(variable))
    }

    /// Conditions of which at most one holds: the literals that one text is compared with.
    pub fn alternatives(&self) -> impl Iterator<Item = impl DoubleEndedIterator<Item = Variable>> {
        self.literals.values().map(|literals| literals.all.iter().map(|(_, _, variable)| *variable))
    }

    /// A condition of its own, equal to no other.
    pub(super) fn fresh(&mut self, question: Question, place: Place) -> Formula {
        let variable = Variable(self.conditions.len() as u32);
        self.conditions.push(Condition { text: question.to_string(), question, place });
        self.formulas.variable(variable)
    }

    /// The answer to a question, the same each time that it is asked.
    pub(super) fn named(&mut self, question: Question, place: Place) -> Formula {
        let text = question.to_string();
        if let Some(formula) = self.known.get(&text) {
            return *formula;
        }
        let formula = self.fresh(question, place);
        self.known.insert(text, formula);
        formula
    }

    /// The literals that `value` is on a path, each with its condition; none where it may be anything else.
    pub(super) fn narrowed(&mut self, value: &Value, path: Formula) -> Vec<(Formula, String)> {
        let Ends { begin, rest, end } = Ends::of(value);
        let known = self.literals.get(&rest).map(|literals| literals.all.as_slice()).unwrap_or_default();
        let (mut any, mut found) = (Formula::FALSE, Vec::new());
        for (text, formula, _) in known {
            if self.formulas.compatible(*formula, path) {
                any = self.formulas.or(any, *formula);
                found.push((*formula, format!("{begin}{text}{end}")));
            }
        }
        if self.formulas.implies(path, any) { found } else { Vec::new() }
    }

    /// The runs in which the text `value` is `literal`, if it was compared with it.
    pub fn literal(&self, value: &Value, literal: &str) -> Option<Formula> {
        let known = self.literals.get(value)?;
        let (_, runs, _) = known.all.get(*known.numbers.get(literal)?)?;
        Some(*runs)
    }

    /// The conditions that the text `value` is one of `literals`, as far as it was compared with them.
    pub fn comparisons(&self, value: &Value, literals: &[&str]) -> Vec<Variable> {
        let known = self.literals.get(value).map(|known| known.all.as_slice()).unwrap_or_default();
        let wanted = known.iter().filter(|(text, ..)| literals.contains(&text.as_str()));
        wanted.map(|(.., variable)| *variable).collect()
    }

    /// Whether two texts are equal.
    pub fn equal(&mut self, a: &Value, b: &Value, place: Place) -> Formula {
        if a == b {
            return Formula::TRUE;
        }
        match (a, b) {
            (Value::Known(_), Value::Known(_)) => Formula::FALSE,
            (Value::Known(text), mixed) | (mixed, Value::Known(text)) => self.equals_literal(mixed, text, place),
            _ => {
                let (one, other) = if a.to_string() < b.to_string() { (a, b) } else { (b, a) };
                self.named(Question::Same(one.clone(), other.clone()), place)
            }
        }
    }

    /// Whether a text that is not all known is `literal`.
    fn equals_literal(&mut self, value: &Value, literal: &str, place: Place) -> Formula {
        let Ends { begin, rest, end } = Ends::of(value);
        let literal = literal.strip_prefix(begin.as_str()).and_then(|literal| literal.strip_suffix(end.as_str()));
        let Some(literal) = literal.map(str::to_owned) else { return Formula::FALSE };
        let known = self.literals.get(&rest);
        let number = known.and_then(|known| known.numbers.get(&literal)).copied();
        if let Some((_, formula, _)) = number.and_then(|number| known?.all.get(number)) {
            return *formula;
        }
        let any_before = known.map_or(Formula::FALSE, |known| known.any);
        let variable = Variable(self.conditions.len() as u32);
        let own = self.fresh(Question::Literal(rest.clone(), literal.clone()), place);
        let formula = self.formulas.and_not(own, any_before);
        let any = self.formulas.or(any_before, formula);
        let known = self.literals.entry(rest).or_default();
        known.any = any;
        known.numbers.insert(literal.clone(), known.all.len());
        known.all.push((literal, formula, variable));
        formula
    }
}

/// A value that is not all known, with its known beginning and end taken off.
struct Ends {
    begin: SmolStr,
    rest: Value,
    end: SmolStr,
}

impl Ends {
    fn of(value: &Value) -> Self {
        let mut pieces = value.pieces();
        let (mut begin, mut end) = (SmolStr::default(), SmolStr::default());
        if let Some(Piece::Known(text)) = pieces.first() {
            begin = text.clone();
            pieces.remove(0);
        }
        if let Some(Piece::Known(text)) = pieces.last() {
            end = text.clone();
            pieces.pop();
        }
        Self { begin, rest: Value::Mixed(pieces.into()), end }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Unknown;

    #[test]
    fn literals_exclude_each_other() {
        let mut conditions = Conditions::default();
        let value = Value::unknown(Unknown { name: "1".into(), id: 0, single: false });
        let place = Place::default();
        let start = conditions.equal(&value, &"start".into(), place);
        let stop = conditions.equal(&value, &"stop".into(), place);
        assert!(!conditions.formulas.compatible(start, stop));
        let mut prefixed = Value::from("x");
        prefixed.push(&value);
        assert_eq!(conditions.equal(&prefixed, &"xstart".into(), place), start);
        assert_eq!(conditions.equal(&prefixed, &"start".into(), place), Formula::FALSE);
    }
}
