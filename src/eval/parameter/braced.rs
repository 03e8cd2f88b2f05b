//! `${...}`: lists, elements, and what the operators make of a value.

use std::rc::Rc;

use crate::eval::Question;
use crate::eval::glob;
use crate::eval::run::Evaluator;
use crate::eval::segment::{Segment, join};
use crate::eval::state::{Arguments, Choices};
use crate::eval::unit::Unit;
use crate::logic::Formula;
use crate::model::{Unknown, Value, Word};
use crate::syntax::{Kind, Node};
use crate::text::Place;

/// Patterns are only tried on texts of at most so many bytes, since the work grows with the square.
const MAX_PATTERN_TEXT: usize = 1_024;

impl<'s> Evaluator<'s> {
    /// `${...}`.
    pub(in crate::eval) fn parameter_braced(
        &mut self,
        unit: &Rc<Unit<'s>>,
        part: Node<'_>,
        quoted: bool,
    ) -> Choices<Vec<Segment>> {
        let name = part.child(Kind::ParameterName).map(|name| unit.text(name.span)).unwrap_or_default();
        let place = unit.place(part.span);
        let subscript = self.subscript(unit, part);
        if let Some(list) = self.list_of(unit, part, (&name, subscript.as_deref())) {
            let joined = quoted && (name == "*" || subscript.as_deref() == Some("[*]"));
            return self.whole_list(list, joined, quoted);
        }
        if let (Some("[@]" | "[*]"), Some(count)) = (subscript.as_deref(), self.count_of(part, &name)) {
            return vec![(
                Formula::TRUE,
                vec![Segment::Text { value: Value::from(count.to_string()), split: !quoted }],
            )];
        }
        let values = match &subscript {
            Some(subscript) => vec![(Formula::TRUE, self.element(&name, subscript, place))],
            None => self.lookup(unit, &name, place),
        };
        let operator = part.child(Kind::ParameterOperator).map(|operator| unit.text(operator.span)).unwrap_or_default();
        let operator = if part.child(Kind::LengthSign).is_some() { "length".to_owned() } else { operator };
        if !operator.trim_start_matches(':').starts_with(['-', '=', '?', '+']) {
            match &subscript {
                Some(subscript) => self.end_without_element(&name, subscript),
                None => self.end_if_unset(&name),
            }
        }
        let mut result = Vec::new();
        for (guard, value) in values {
            for (inner, value) in
                self.where_holds(guard, |own| own.operate((unit, part, quoted), &name, &operator, value))
            {
                let guard = self.conditions.formulas.and(guard, inner);
                if !guard.is_false() {
                    result.push((guard, vec![Segment::Text { value, split: !quoted }]));
                }
            }
        }
        result
    }

    /// The number that `${#name[@]}` is, where it is known.
    fn count_of(&self, part: Node<'_>, name: &str) -> Option<usize> {
        part.child(Kind::LengthSign)?;
        let words = self.state.arrays.get(name)?.as_ref()?;
        words.iter().all(|word| !word.splits).then_some(words.len())
    }

    /// The fields of `${@}`, `${name[@]}`.
    fn list_of(&self, unit: &Unit<'s>, part: Node<'_>, (name, subscript): (&str, Option<&str>)) -> Option<Vec<Word>> {
        if part.child(Kind::LengthSign).is_some() {
            return None;
        }
        let operator = part.child(Kind::ParameterOperator).map(|operator| unit.text(operator.span));
        let operand = part.child(Kind::Operand).map(|operand| unit.text(operand.span));
        let slice = |words: &[Word], first: usize| slice(words, first, operand.as_deref().unwrap_or_default());
        match (subscript, operator.as_deref()) {
            (Some("[@]" | "[*]"), None) if name.starts_with('!') => {
                let elements = self.state.arrays.get(&name[1..]).and_then(Option::as_ref);
                let elements = elements.filter(|words| words.iter().all(|word| !word.splits));
                let index = |at: usize| Word {
                    value: Value::from(at.to_string()),
                    place: unit.place(part.span),
                    splits: false,
                };
                Some(elements.map_or_else(
                    || {
                        let value = self.unknown_at(unit.text(part.span), unit.place(part.span));
                        vec![Word { value, place: unit.place(part.span), splits: true }]
                    },
                    |words| (0..words.len()).map(index).collect(),
                ))
            }
            (Some("[@]" | "[*]"), operator) => {
                let elements = self.state.arrays.get(name).and_then(Option::as_ref);
                let known = match operator {
                    None => elements.cloned(),
                    Some(":") => elements.and_then(|words| slice(words, 0)),
                    Some(_) => None,
                };
                Some(known.unwrap_or_else(|| {
                    let value = Value::unknown(Unknown { name: name.into(), id: 0, single: false });
                    vec![Word { value, place: unit.place(part.span), splits: true }]
                }))
            }
            (None, None) => self.all_arguments(name),
            (None, Some(":")) => match &self.state.arguments {
                // `${@:0}` begins with the name of the script.
                Arguments::Known(words) if matches!(name, "@" | "*") => slice(words, 1),
                _ => None,
            },
            _ => None,
        }
    }

    /// When what `${name-default}` or `${name[1]-default}` asks for is not set.
    fn lacks(&mut self, unit: &Unit<'s>, part: Node<'_>, name: &str, value: &Value) -> Formula {
        let place = unit.place(part.span);
        let Some(subscript) = self.subscript(unit, part) else {
            return self.unset_when(name, value, place);
        };
        match self.has_element(name, &subscript) {
            Some(true) => Formula::FALSE,
            Some(false) => Formula::TRUE,
            None => {
                let empty = self.conditions.equal(value, &Value::empty(), place);
                let unset = self.conditions.fresh(Question::Test(format!("-z ${{{name}{subscript}+set}}")), place);
                self.conditions.formulas.and(empty, unset)
            }
        }
    }

    /// The subscript of an element in its brackets, worked out where it is arithmetic over known numbers.
    fn subscript(&mut self, unit: &Unit<'s>, part: Node<'_>) -> Option<String> {
        let node = part.child(Kind::Subscript)?;
        let written = unit.text(node.span);
        let inner = written.trim_start_matches('[').trim_end_matches(']').replace("${", "$").replace('}', "");
        // What sets a variable is worked out once, and not here.
        if inner.contains(['=', '@', '`', '(']) || inner.contains("++") || inner.contains("--") || inner == "*" {
            return Some(written);
        }
        let number = self.compute_text(unit, &inner.replace('$', ""), unit.place(node.span));
        Some(number.map_or(written, |number| format!("[{number}]")))
    }

    /// Whether an array has this element, where that is known.
    pub(in crate::eval) fn has_element(&self, name: &str, subscript: &str) -> Option<bool> {
        let index = subscript.trim_matches(['[', ']']).parse::<usize>().ok()?;
        let words = self.state.arrays.get(name).and_then(Option::as_ref)?;
        words.iter().all(|word| !word.splits).then_some(index < words.len())
    }

    fn element(&mut self, name: &str, subscript: &str, place: Place) -> Value {
        let index = subscript.trim_matches(['[', ']']).parse::<usize>().ok();
        match (self.state.arrays.get(name), index) {
            (Some(Some(words)), Some(index)) if words.iter().take(index + 1).all(|word| !word.splits) => {
                words.get(index).map_or(Value::empty(), |word| word.value.clone())
            }
            _ => self.unknown_at(format!("{name}{subscript}"), place),
        }
    }

    fn operate(
        &mut self,
        (unit, part, quoted): (&Rc<Unit<'s>>, Node<'_>, bool),
        name: &str,
        operator: &str,
        value: Value,
    ) -> Choices<Value> {
        let place = unit.place(part.span);
        if operator.is_empty() {
            return vec![(Formula::TRUE, value)];
        }
        let operand_node = part.child(Kind::Operand);
        match operator {
            ":-" | "-" | ":=" | "=" | ":?" | "?" | ":+" | "+" => {
                let lacks = match operator.starts_with(':') {
                    true => self.conditions.equal(&value, &Value::empty(), place),
                    false => self.lacks(unit, part, name, &value),
                };
                let (when_lacking, when_not) = match operator.trim_start_matches(':') {
                    "+" => {
                        let there = self.conditions.formulas.not(lacks);
                        (vec![(Formula::TRUE, Value::empty())], self.default(unit, operand_node, (there, quoted)))
                    }
                    "?" => {
                        self.default(unit, operand_node, (lacks, quoted));
                        self.fail_where(lacks);
                        (vec![(Formula::TRUE, Value::empty())], vec![(Formula::TRUE, value)])
                    }
                    _ => (self.default(unit, operand_node, (lacks, quoted)), vec![(Formula::TRUE, value)]),
                };
                let result = self.alternatives(lacks, when_lacking, when_not);
                if operator.ends_with('=') {
                    self.store(name, &result);
                }
                result
            }
            _ => {
                let operand = self.operand(unit, operator, operand_node);
                if let (Value::Mixed(pieces), Some(literal)) = (&value, operand.known().and_then(glob::literal))
                    && pieces.len() == 1
                    && operator.starts_with('#')
                    && literal.starts_with('-')
                {
                    return self.without(&value, &literal, || unit.text(part.span), place);
                }
                let computed = match (value.known(), operand.known()) {
                    (Some(text), Some(operand)) => {
                        self.spend(text.len());
                        transform(text, operator, operand)
                    }
                    _ => None,
                };
                let result = computed.map(Value::from).unwrap_or_else(|| self.unknown_at(unit.text(part.span), place));
                vec![(Formula::TRUE, result)]
            }
        }
    }

    /// What stands behind an operator in place of a value, which is only looked at where `when` holds. Several arguments
    /// in it (`"${1+$@}"`) are not known, unless they are split at the same places again.
    fn default(
        &mut self,
        unit: &Rc<Unit<'s>>,
        operand: Option<Node<'_>>,
        (when, quoted): (Formula, bool),
    ) -> Choices<Value> {
        let Some(operand) = operand else { return vec![(Formula::TRUE, Value::empty())] };
        let unknown = self.unknown_at(unit.text(operand.span), unit.place(operand.span));
        let blank = |word: &Word| word.known().is_none_or(|text| text.is_empty() || text.contains([' ', '\t', '\n']));
        let comes_apart = |segment: &Segment| match segment {
            Segment::Fields(words) => words.len() > 1 && (quoted || words.iter().any(blank)),
            Segment::Text { .. } => false,
        };
        let value = |segments: Vec<Segment>| match segments.iter().any(comes_apart) {
            true => unknown.clone(),
            false => join(&segments),
        };
        let choices = self.where_holds(when, |own| own.segments(unit, operand.children(), true));
        choices.into_iter().map(|(guard, segments)| (guard, value(segments))).collect()
    }

    /// What stands behind an operator: a pattern, or text.
    fn operand(&mut self, unit: &Rc<Unit<'s>>, operator: &str, operand: Option<Node<'_>>) -> Value {
        let Some(operand) = operand else { return Value::empty() };
        if !operator.starts_with(['#', '%']) {
            return self.expand_single(unit, operand);
        }
        let mut patterns = self.expand_pattern(unit, operand.children());
        match (patterns.len(), patterns.pop()) {
            (1, Some((_, pattern))) => pattern,
            _ => self.unknown_at(unit.text(operand.span), unit.place(operand.span)),
        }
    }

    /// A word that is not known, without the `flag` at its beginning: nothing where it is empty or no more than that.
    /// Of other texts scripts do not expect that nothing is left.
    fn without(&mut self, value: &Value, flag: &str, text: impl Fn() -> String, place: Place) -> Choices<Value> {
        let empty = self.conditions.equal(value, &Value::empty(), place);
        let whole = self.conditions.equal(value, &flag.into(), place);
        let nothing = self.conditions.formulas.or(empty, whole);
        let rest = self.unknown_at(text(), place);
        self.alternatives(nothing, vec![(Formula::TRUE, Value::empty())], vec![(Formula::TRUE, rest)])
    }

    fn alternatives(&mut self, condition: Formula, yes: Choices<Value>, no: Choices<Value>) -> Choices<Value> {
        let otherwise = self.conditions.formulas.not(condition);
        let mut result = Vec::new();
        for (outer, choices) in [(condition, yes), (otherwise, no)] {
            for (guard, value) in choices {
                let guard = self.conditions.formulas.and(outer, guard);
                if !guard.is_false() {
                    result.push((guard, value));
                }
            }
        }
        result
    }
}

/// `${list:FIRST}` and `${list:FIRST:COUNT}` of a list that is known, whose elements are counted from `lowest` on.
fn slice(words: &[Word], lowest: usize, operand: &str) -> Option<Vec<Word>> {
    let numbers: Option<Vec<usize>> = operand.split(':').map(|number| number.trim().parse().ok()).collect();
    let (first, count) = match numbers?.as_slice() {
        [first] => (first.checked_sub(lowest)?, usize::MAX),
        [first, count] => (first.checked_sub(lowest)?, *count),
        _ => return None,
    };
    let known = words.iter().all(|word| !word.splits);
    known.then(|| words.iter().skip(first).take(count).cloned().collect())
}

/// The operators that work on known text.
fn transform(text: &str, operator: &str, operand: &str) -> Option<String> {
    if text.len() > MAX_PATTERN_TEXT || glob::is_extended(operand) {
        return None;
    }
    let chars: Vec<char> = text.chars().collect();
    let slice = |range: std::ops::Range<usize>| chars.get(range).map(|part| part.iter().collect::<String>());
    let len = chars.len();
    let fits = |part: Option<String>| part.is_some_and(|part| glob::matches(operand, &part));
    match operator {
        "length" => Some(len.to_string()),
        "#" => slice((0..=len).find(|end| fits(slice(0..*end))).unwrap_or(0)..len),
        "##" => slice((0..=len).rev().find(|end| fits(slice(0..*end))).unwrap_or(0)..len),
        "%" => slice(0..(0..=len).rev().find(|start| fits(slice(*start..len))).unwrap_or(len)),
        "%%" => slice(0..(0..=len).find(|start| fits(slice(*start..len))).unwrap_or(len)),
        "/" | "//" => {
            let (pattern, replacement) = operand.split_once('/').unwrap_or((operand, ""));
            // At the beginning these marks say where it has to stand.
            let plain = !glob::is_pattern(pattern) && !pattern.is_empty() && !pattern.starts_with(['#', '%']);
            plain.then(|| {
                if operator == "/" {
                    text.replacen(pattern, replacement, 1)
                } else {
                    text.replace(pattern, replacement)
                }
            })
        }
        ":" => {
            let (from, count) = operand.split_once(':').map_or((operand, None), |(from, count)| (from, Some(count)));
            let from = from.trim().parse::<usize>().ok()?.min(len);
            let count = count.map_or(Some(len), |count| count.trim().parse::<usize>().ok())?;
            slice(from..len.min(from.saturating_add(count)))
        }
        "^^" => Some(text.to_uppercase()),
        ",," => Some(text.to_lowercase()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::transform;

    #[test]
    fn prefixes_and_suffixes_are_cut() {
        let cases = [
            ("eth0:1", "%%", ":*", "eth0"),
            ("a.b.c", "%", ".*", "a.b"),
            ("a.b.c", "%%", ".*", "a"),
            ("/x/y", "##", "*/", "y"),
            ("/x/y", "#", "*/", "x/y"),
            ("ab", "%", "z", "ab"),
        ];
        for (text, operator, operand, expected) in cases {
            assert_eq!(transform(text, operator, operand).as_deref(), Some(expected), "${{{text}{operator}{operand}}}");
        }
        assert_eq!(transform("a-b-c", "//", "-/_",).as_deref(), Some("a_b_c"));
        assert_eq!(transform("abcdef", ":", "1:3").as_deref(), Some("bcd"));
    }
}
