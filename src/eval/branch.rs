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
            let run = |own: &mut Self| arm.child(Kind::List).map_or(Status::SUCCESS, |list| own.run_list(unit, list));
            if arm.kind == Kind::ElsePart {
                let status = run(self);
                statuses.push((self.path, status));
                break;
            }
            let tested = self.while_tested(run);
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

    /// Runs something on the part of the path on which `when` holds; where that ends, nothing goes on.
    pub(super) fn where_holds<T>(&mut self, when: Formula, run: impl FnOnce(&mut Self) -> T) -> T {
        if when.is_true() {
            return run(self);
        }
        let (here, _) = self.split_path(when);
        let path = std::mem::replace(&mut self.path, here);
        let given = run(self);
        let ended = self.conditions.formulas.and_not(here, self.path);
        self.path = self.conditions.formulas.and_not(path, ended);
        given
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
        // Runs that come to the next arm if it fits, with the success of what they have run so far.
        let mut rest = (self.path, before.clone());
        let mut success = Some(Status::SUCCESS);
        // Runs that come to the next arm from the one before, whatever it asks for.
        let mut falls: Option<((Formula, Arguments), Status)> = None;
        for item in clause.all(Kind::CaseItem) {
            (self.path, self.state.arguments) = rest.clone();
            let mut matches = Formula::FALSE;
            for pattern in item.all(Kind::Pattern) {
                let one = self.pattern_matches(unit, &subjects, pattern);
                matches = self.conditions.formulas.or(matches, one);
            }
            (self.path, rest.0) = self.split_path(matches);
            if let Some((fallen, _)) = falls.take() {
                self.meet(before.clone(), fallen);
            }
            let status = item.child(Kind::List).map_or(Status::SUCCESS, |list| self.run_list(unit, list));
            let end = (self.path, self.state.arguments.clone());
            match item.child(Kind::CaseEnd).map(|end| unit.text(end.span)).as_deref() {
                Some(";&") => falls = Some((end, status)),
                Some(";;&") => {
                    let waiting = success.take();
                    success = waiting.and_then(|own| self.success_of_one(vec![(end.0, status), (rest.0, own)]));
                    self.meet(before.clone(), rest);
                    rest = (self.path, self.state.arguments.clone());
                }
                _ => {
                    statuses.push((end.0, status));
                    ends.push(end);
                }
            }
        }
        let unknown = || Status::Unknown("case".to_owned(), unit.place(clause.span));
        if let Some((end, status)) = falls {
            statuses.push((end.0, status));
            ends.push(end);
        }
        statuses.push((rest.0, success.unwrap_or_else(unknown)));
        ends.push(rest);
        self.path = ends.iter().fold(Formula::FALSE, |all, (path, _)| self.conditions.formulas.or(all, *path));
        self.state.arguments = Arguments::meeting(before, ends, &mut self.conditions.formulas);
        self.success_of_one(statuses).unwrap_or_else(unknown)
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
