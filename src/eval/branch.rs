//! Conditions: `if` and `case`.

use std::rc::Rc;

use super::placeholder::has_placeholder;
use super::run::{Evaluator, Status};
use super::state::{Arguments, Choices};
use super::unit::Unit;
use super::{Question, glob};
use crate::logic::Formula;
use crate::model::Value;
use crate::syntax::{Kind, Node};
use crate::text::Place;

impl<'s> Evaluator<'s> {
    pub(super) fn run_if(&mut self, unit: &Rc<Unit<'s>>, clause: Node<'_>) -> Status {
        let arms = std::iter::once(clause).chain(clause.all(Kind::ElifPart)).chain(clause.all(Kind::ElsePart));
        let (mut statuses, mut parted) = (Vec::new(), Vec::new());
        for arm in arms {
            let tested = arm.child(Kind::List).map_or(Status::SUCCESS, |list| self.run_list(unit, list));
            if arm.kind == Kind::ElsePart {
                statuses.push((self.path, tested));
                break;
            }
            let condition = self.decide(tested);
            let (yes, no) = self.split_path(condition);
            let before = self.state.arguments.clone();
            self.path = yes;
            let list = arm.child(Kind::ThenPart).and_then(|part| part.child(Kind::List));
            let ended = list.map_or(Status::SUCCESS, |list| self.run_list(unit, list));
            statuses.push((self.path, ended));
            let end = std::mem::replace(&mut self.state.arguments, before.clone());
            parted.push((before, (self.path, end)));
            self.path = no;
        }
        if clause.child(Kind::ElsePart).is_none() {
            statuses.push((self.path, Status::SUCCESS));
        }
        for (before, taken) in parted.into_iter().rev() {
            self.meet(before, taken);
        }
        self.success_of_one(statuses).unwrap_or_else(|| Status::Unknown("if".to_owned(), unit.place(clause.span)))
    }

    /// The present path and another one, which ended with these arguments, meet; `before` they parted.
    pub(super) fn meet(&mut self, before: Arguments, (path, arguments): (Formula, Arguments)) {
        let own = std::mem::replace(&mut self.state.arguments, Arguments::Unknown { shifted: 0 });
        self.state.arguments =
            Arguments::meeting(before, [(self.path, own), (path, arguments)], &mut self.conditions.formulas);
        self.path = self.conditions.formulas.or(self.path, path);
    }

    /// Runs something for each choice, on the paths on which that is the one; then they meet.
    pub(super) fn on_each<T>(&mut self, choices: Choices<T>, mut run: impl FnMut(&mut Self, Formula, T)) {
        let path = self.path;
        // The arguments may be many, and are the same for all commands but a few.
        let before = (choices.len() > 1).then(|| self.state.arguments.clone());
        let (mut after, mut ends) = (Formula::FALSE, Vec::new());
        for (guard, choice) in choices {
            self.path = self.conditions.formulas.and(path, guard);
            if self.path.is_false() && !path.is_false() {
                continue;
            }
            run(self, guard, choice);
            after = self.conditions.formulas.or(after, self.path);
            if let Some(before) = &before {
                ends.push((self.path, std::mem::replace(&mut self.state.arguments, before.clone())));
            }
        }
        if let Some(before) = before {
            self.state.arguments = Arguments::meeting(before, ends, &mut self.conditions.formulas);
        }
        self.path = after;
    }

    pub(super) fn run_case(&mut self, unit: &Rc<Unit<'s>>, clause: Node<'_>) -> Status {
        let Some(word) = clause.child(Kind::Word) else { return Status::SUCCESS };
        let subjects = self.expand_text(unit, word.children());
        let before = self.state.arguments.clone();
        let (mut ends, mut statuses) = (Vec::new(), Vec::new());
        let mut done = Formula::FALSE;
        // Runs that come to the next arm from the one before, whatever it asks for.
        let mut falls = Formula::FALSE;
        for item in clause.all(Kind::CaseItem) {
            let mut matches = Formula::FALSE;
            for pattern in item.all(Kind::Pattern) {
                let one = self.pattern_matches(unit, &subjects, pattern);
                matches = self.conditions.formulas.or(matches, one);
            }
            let (path, rest) = self.split_path(matches);
            self.path = self.conditions.formulas.or(path, std::mem::replace(&mut falls, Formula::FALSE));
            let status = item.child(Kind::List).map_or(Status::SUCCESS, |list| self.run_list(unit, list));
            match item.child(Kind::CaseEnd).map(|end| unit.text(end.span)).as_deref() {
                Some(";&") => {
                    falls = self.path;
                    self.path = rest;
                }
                Some(";;&") => {
                    // What the arms behind say is not held apart.
                    statuses.push((self.path, Status::Unknown("case".to_owned(), unit.place(clause.span))));
                    self.path = self.conditions.formulas.or(self.path, rest);
                }
                _ => {
                    statuses.push((self.path, status));
                    done = self.conditions.formulas.or(done, self.path);
                    ends.push((self.path, std::mem::replace(&mut self.state.arguments, before.clone())));
                    self.path = rest;
                }
            }
        }
        let fallen = Status::Unknown("case".to_owned(), unit.place(clause.span));
        statuses.extend([(falls, fallen), (self.path, Status::SUCCESS)]);
        self.path = self.conditions.formulas.or(self.path, falls);
        ends.push((self.path, before.clone()));
        self.state.arguments = Arguments::meeting(before, ends, &mut self.conditions.formulas);
        self.path = self.conditions.formulas.or(done, self.path);
        self.success_of_one(statuses).unwrap_or_else(|| Status::Unknown("case".to_owned(), unit.place(clause.span)))
    }

    /// Where a subject is what the pattern says, if the pattern is text that stands for itself, as most are.
    fn literal_matches(
        &mut self,
        unit: &Rc<Unit<'s>>,
        subjects: &Choices<Value>,
        pattern: Node<'_>,
    ) -> Option<Formula> {
        let mut parts = pattern.children();
        let literal = parts.next().filter(|part| part.kind == Kind::Literal)?;
        let text = unit.written(literal.span);
        let stands_for_itself = parts.next().is_none() && !glob::is_pattern(&text) && !has_placeholder(&text);
        if !stands_for_itself || subjects.iter().any(|(_, subject)| subject.known().is_none()) {
            return None;
        }
        self.spend(1);
        let equal = subjects.iter().filter(|(_, subject)| subject.is(&text));
        Some(equal.fold(Formula::FALSE, |all, (guard, _)| self.conditions.formulas.or(all, *guard)))
    }

    fn pattern_matches(&mut self, unit: &Rc<Unit<'s>>, subjects: &Choices<Value>, pattern: Node<'_>) -> Formula {
        if let Some(known) = self.literal_matches(unit, subjects, pattern) {
            return known;
        }
        let patterns = self.expand_pattern(unit, pattern.children());
        let mut result = Formula::FALSE;
        for (first, subject) in subjects {
            for (second, pattern_value) in &patterns {
                let one = self.fits(subject, pattern_value, unit.place(pattern.span));
                let formulas = &mut self.conditions.formulas;
                let guard = formulas.and(*first, *second);
                let one = formulas.and(guard, one);
                result = formulas.or(result, one);
            }
        }
        result
    }

    /// Whether a text fits a pattern.
    pub(super) fn fits(&mut self, subject: &Value, pattern: &Value, place: Place) -> Formula {
        let Some(known) = pattern.known().filter(|pattern| !glob::is_extended(pattern)) else {
            return self.conditions.named(Question::Fits(subject.clone(), pattern.to_string()), place);
        };
        match (subject.known(), glob::literal(known)) {
            (Some(text), _) if glob::matches(known, text) => Formula::TRUE,
            (Some(_), _) => Formula::FALSE,
            (None, Some(literal)) => self.conditions.equal(subject, &literal.into(), place),
            (None, None) if known == "*" => Formula::TRUE,
            (None, None) => self.conditions.named(Question::Fits(subject.clone(), pattern.to_string()), place),
        }
    }
}
