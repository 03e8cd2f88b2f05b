//! `test`, `[` and `[[`.

use std::rc::Rc;

use super::Question;
use super::run::{Evaluator, Status};
use super::unit::Unit;
use crate::logic::Formula;
use crate::model::{Value, Word};
use crate::syntax::{Kind, Node};
use crate::text::Place;

/// A test with more words that may vanish is taken as if none did.
const MAX_OPEN: usize = 3;

/// What is asked of files.
const FILES: [&str; 18] =
    ["-a", "-b", "-c", "-d", "-e", "-f", "-g", "-h", "-k", "-p", "-r", "-s", "-u", "-w", "-x", "-L", "-O", "-S"];

/// What compares numbers.
const NUMBERS: [&str; 6] = ["-eq", "-ne", "-lt", "-le", "-gt", "-ge"];

impl<'s> Evaluator<'s> {
    /// `[ WORDS ]` or `test WORDS`.
    pub(super) fn run_test(&mut self, words: &[Word], name: &str, place: Place) -> Status {
        let words = match (name, words.split_last()) {
            ("[", Some((last, rest))) if last.known() == Some("]") => rest,
            _ => words,
        };
        match self.test_words(words, place) {
            Some(formula) => Status::Is(formula),
            // Too few words, or too many, are a failure.
            None if words.len() < 4 && words.iter().all(|word| word.known().is_some()) => Status::Is(Formula::FALSE),
            None => {
                let text: Vec<String> = words.iter().map(|word| word.value.to_string()).collect();
                Status::Is(self.conditions.named(Question::Test(text.join(" ")), place))
            }
        }
    }

    /// When a test of these words holds; `None` where it is none.
    ///
    /// What is not quoted is no word at all where it is empty, and otherwise taken for one.
    fn test_words(&mut self, words: &[Word], place: Place) -> Option<Formula> {
        let open = |word: &Word| word.splits && word.value.pieces().len() == 1;
        let last = words.iter().rposition(open).filter(|_| words.iter().filter(|word| open(word)).count() < MAX_OPEN);
        let Some(at) = last else {
            let terms: Vec<Term> = words.iter().map(|word| Term::Word(word.value.clone())).collect();
            return self.parse_test(&terms, place, true);
        };
        let with = |value: Value| {
            let mut words = words.to_vec();
            words.iter_mut().skip(at).take(1).for_each(|word| (word.value, word.splits) = (value.clone(), false));
            words
        };
        let value = words.get(at)?.value.clone();
        let there = self.test_words(&with(value.clone()), place)?;
        let empty = self.test_words(&with(Value::empty()), place);
        let without = [words.get(..at)?, words.get(at + 1..)?].concat();
        let without = self.test_words(&without, place).unwrap_or(Formula::FALSE);
        if empty == Some(without) {
            return Some(there);
        }
        let vanishes = self.conditions.equal(&value, &Value::empty(), place);
        let formulas = &mut self.conditions.formulas;
        Some(formulas.choose(vanishes, without, there))
    }

    /// `[[ ... ]]`.
    pub(super) fn run_double_bracket(&mut self, unit: &Rc<Unit<'s>>, node: Node<'_>) -> Status {
        let mut terms = Vec::new();
        let mut compares = false;
        for part in node.named() {
            let behind = terms.iter().any(|term| matches!(term, Term::Operator(_)));
            // What stands before may say that this is not even looked at.
            let looked_at = match behind && sets_something(unit, part) {
                true => self.conditions.fresh(Question::Test(unit.text(part.span)), unit.place(part.span)),
                false => Formula::TRUE,
            };
            terms.extend(self.where_holds(looked_at, |own| own.term(unit, part, compares)));
            compares = matches!(unit.text(part.span).as_str(), "=" | "==" | "!=");
        }
        self.test(&terms, unit.place(node.span))
    }

    /// A part of `[[`, which is a pattern where it is compared with something.
    fn term(&mut self, unit: &Rc<Unit<'s>>, part: Node<'_>, compared: bool) -> Option<Term> {
        match part.kind {
            Kind::ConditionOperator => Some(Term::Operator(unit.text(part.span))),
            Kind::Word if compared => {
                let mut patterns = self.expand_pattern(unit, part.children());
                let pattern = patterns.pop().filter(|_| patterns.is_empty()).map(|(_, pattern)| pattern);
                let unknown = || self.unknown_at(unit.text(part.span), unit.place(part.span));
                Some(Term::Pattern(pattern.unwrap_or_else(unknown)))
            }
            Kind::Word => Some(Term::Word(self.expand_single(unit, part))),
            _ => None,
        }
    }

    fn parse_test(&mut self, terms: &[Term], place: Place, plain: bool) -> Option<Formula> {
        let mut parser = Parser { terms, at: 0, place, plain, depth: 0 };
        match terms {
            [] => return Some(Formula::FALSE),
            [Term::Word(value)] => {
                let empty = self.conditions.equal(value, &Value::empty(), place);
                return Some(self.conditions.formulas.not(empty));
            }
            _ => {}
        }
        parser.any(self).filter(|_| parser.at == terms.len())
    }

    fn test(&mut self, terms: &[Term], place: Place) -> Status {
        match self.parse_test(terms, place, false) {
            Some(formula) => Status::Is(formula),
            None => {
                let text: Vec<String> = terms.iter().map(Term::to_string).collect();
                Status::Is(self.conditions.named(Question::Test(text.join(" ")), place))
            }
        }
    }
}

/// A part of a condition.
enum Term {
    Word(Value),
    /// The right side of `=` in `[[`.
    Pattern(Value),
    Operator(String),
}

impl std::fmt::Display for Term {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Word(value) | Self::Pattern(value) => value.fmt(f),
            Self::Operator(text) => f.write_str(text),
        }
    }
}

struct Parser<'t> {
    terms: &'t [Term],
    at: usize,
    place: Place,
    /// It is no `[[`, which computes what it compares.
    plain: bool,
    depth: usize,
}

impl Parser<'_> {
    /// Alternatives joined by `-o` or `||`.
    fn any(&mut self, run: &mut Evaluator<'_>) -> Option<Formula> {
        self.depth += 1;
        if self.depth > 50 {
            return None;
        }
        let mut result = self.all(run)?;
        while self.take("-o") || self.take("||") {
            let next = self.all(run)?;
            result = run.conditions.formulas.or(result, next);
        }
        self.depth -= 1;
        Some(result)
    }

    fn all(&mut self, run: &mut Evaluator<'_>) -> Option<Formula> {
        let mut result = self.one(run)?;
        while self.take("-a") || self.take("&&") {
            let next = self.one(run)?;
            result = run.conditions.formulas.and(result, next);
        }
        Some(result)
    }

    fn one(&mut self, run: &mut Evaluator<'_>) -> Option<Formula> {
        // Two operands with an operator between them win over everything, even `[ ! = x ]`.
        if let Some(operator) = self.peek(1).filter(|text| is_binary(text)).map(str::to_owned)
            && self.terms.get(self.at + 2).is_some()
        {
            let (left, right) = (self.value(0), self.value(2));
            let is_pattern = matches!(self.terms.get(self.at + 2), Some(Term::Pattern(_)));
            self.at += 3;
            if is_pattern {
                let fits = run.fits(&left, &right, self.place);
                return Some(if operator == "!=" { run.conditions.formulas.not(fits) } else { fits });
            }
            return Some(self.compare(run, &left, &operator, &right));
        }
        if self.take("!") {
            self.depth += 1;
            let inner = if self.depth > 50 { None } else { self.one(run) };
            return inner.map(|formula| run.conditions.formulas.not(formula));
        }
        if self.take("(") {
            let inner = self.any(run)?;
            return self.take(")").then_some(inner);
        }
        let unary = self.peek(0).filter(|text| text.len() == 2 && text.starts_with('-')).map(str::to_owned);
        if let Some(operator) = unary.filter(|_| self.terms.get(self.at + 1).is_some()) {
            let operand = self.value(1);
            self.at += 2;
            return Some(self.ask(run, &operator, &operand));
        }
        self.terms.get(self.at)?;
        let value = self.value(0);
        self.at += 1;
        let empty = run.conditions.equal(&value, &Value::empty(), self.place);
        Some(run.conditions.formulas.not(empty))
    }

    /// A question about one operand.
    fn ask(&self, run: &mut Evaluator<'_>, operator: &str, operand: &Value) -> Formula {
        match operator {
            "-z" => run.conditions.equal(operand, &Value::empty(), self.place),
            "-n" => {
                let empty = run.conditions.equal(operand, &Value::empty(), self.place);
                run.conditions.formulas.not(empty)
            }
            // No file has an empty name.
            _ if operand.is("") && FILES.contains(&operator) => Formula::FALSE,
            _ => run.conditions.named(Question::Test(format!("{operator} {operand}")), self.place),
        }
    }

    fn compare(&self, run: &mut Evaluator<'_>, left: &Value, operator: &str, right: &Value) -> Formula {
        let negated = matches!(operator, "!=" | "-ne" | "-ge" | "-gt");
        let formula = match operator {
            "=" | "==" | "!=" => run.conditions.equal(left, right, self.place),
            _ => return self.compare_numbers(run, left, operator, right),
        };
        if negated { run.conditions.formulas.not(formula) } else { formula }
    }

    fn compare_numbers(&self, run: &mut Evaluator<'_>, left: &Value, operator: &str, right: &Value) -> Formula {
        // Opposite questions share one condition.
        let (positive, negated) = match operator {
            "-ne" => ("-eq", true),
            "-ge" => ("-lt", true),
            "-gt" => ("-le", true),
            other => (other, false),
        };
        let texts = left.known().zip(right.known());
        if self.plain && NUMBERS.contains(&operator) && texts.is_some_and(|(left, right)| !are_numbers(left, right)) {
            return Formula::FALSE;
        }
        let known = texts.and_then(|(left, right)| numbers_compare(left, positive, right));
        let formula = match known {
            Some(holds) => truth(holds),
            None => run.conditions.named(Question::Test(format!("{left} {positive} {right}")), self.place),
        };
        if negated { run.conditions.formulas.not(formula) } else { formula }
    }

    fn take(&mut self, text: &str) -> bool {
        let found = self.peek(0) == Some(text);
        self.at += usize::from(found);
        found
    }

    fn peek(&self, ahead: usize) -> Option<&str> {
        match self.terms.get(self.at + ahead)? {
            Term::Word(value) | Term::Pattern(value) => value.known(),
            Term::Operator(text) => Some(text),
        }
    }

    fn value(&self, ahead: usize) -> Value {
        match self.terms.get(self.at + ahead) {
            Some(Term::Word(value) | Term::Pattern(value)) => value.clone(),
            Some(Term::Operator(text)) => Value::from(text.as_str()),
            None => Value::empty(),
        }
    }
}

/// Whether the expansions of a word may set variables.
fn sets_something(unit: &Unit<'_>, word: Node<'_>) -> bool {
    let assigns = |node: Node<'_>| match node.kind {
        Kind::ParameterOperator => unit.text(node.span).trim_start_matches(':') == "=",
        Kind::ArithmeticText => !super::arithmetic::assigned(&unit.text(node.span)).is_empty(),
        _ => false,
    };
    word.walk().any(assigns)
}

fn is_binary(text: &str) -> bool {
    matches!(
        text,
        "=" | "==" | "!=" | "=~" | "<" | ">" | "-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge" | "-nt" | "-ot" | "-ef"
    )
}

/// Whether both texts are numbers as `[` takes them.
fn are_numbers(left: &str, right: &str) -> bool {
    [left, right].iter().all(|text| {
        text.trim().trim_start_matches(['-', '+']).bytes().all(|byte| byte.is_ascii_digit()) && !text.trim().is_empty()
    })
}

/// Whether two texts compare as numbers; `None` where one of them is no number, or the operator is for something else.
pub fn numbers_compare(left: &str, operator: &str, right: &str) -> Option<bool> {
    let number = |text: &str| text.trim().parse::<i64>().ok();
    let (left, right) = (number(left)?, number(right)?);
    Some(match operator {
        "-eq" => left == right,
        "-ne" => left != right,
        "-lt" => left < right,
        "-le" => left <= right,
        "-gt" => left > right,
        "-ge" => left >= right,
        _ => return None,
    })
}

fn truth(holds: bool) -> Formula {
    if holds { Formula::TRUE } else { Formula::FALSE }
}
