//! `while read` loops over text that is known: one round for each line.

use std::collections::HashSet;
use std::rc::Rc;

use super::run::{Evaluator, Status};
use super::segment::{Separators, joined};
use super::unit::Unit;
use crate::logic::Formula;
use crate::model::Value;
use crate::syntax::{Kind, Node};
use crate::text::Place;

impl<'s> Evaluator<'s> {
    /// What a command writes, where all of it is known.
    pub(super) fn written_by(&mut self, unit: &Rc<Unit<'s>>, writer: Node<'_>) -> Option<String> {
        let written = self.captured(|own| own.run_command(unit, writer));
        match written.as_slice() {
            [(_, text)] => text.known().map(str::to_owned),
            _ => None,
        }
    }

    /// The here-document that a compound command reads.
    pub(super) fn here_lines(&mut self, unit: &Rc<Unit<'s>>, compound: Node<'_>) -> Option<String> {
        let here = compound.all(Kind::Redirect).find_map(|redirect| redirect.child(Kind::HereDocument))?;
        let (text, _) = self.here_text(unit, unit.here_document(here.span)?);
        let text = text.known()?;
        let strips = unit.text(here.span).starts_with("<<-");
        let line = |line: &str| if strips { line.trim_start_matches('\t').to_owned() } else { line.to_owned() };
        Some(text.lines().map(line).collect::<Vec<_>>().join("\n"))
    }

    /// The name of what a command writes: its words.
    pub(super) fn named_by_words(&mut self, unit: &Rc<Unit<'s>>, writer: Node<'_>) -> Option<Value> {
        let words: Vec<Node<'_>> = writer.all(Kind::Word).collect();
        let plain =
            writer.kind == Kind::Simple && writer.named().all(|node| matches!(node.kind, Kind::Word | Kind::Redirect));
        let mut choices = if plain { self.expand_all(unit, &words) } else { Vec::new() };
        let (_, (words, _)) = choices.pop().filter(|_| choices.is_empty())?;
        let mut name = joined(&words);
        name.push_str(" |");
        Some(name)
    }

    /// The name of the file that a compound command reads.
    pub(super) fn file_read(&mut self, unit: &Rc<Unit<'s>>, compound: Node<'_>) -> Option<Value> {
        let reads =
            |redirect: &Node<'_>| redirect.child(Kind::RedirectOperator).is_some_and(|own| unit.text(own.span) == "<");
        let redirect = compound.all(Kind::Redirect).find(reads)?;
        let mut name = Value::from("< ");
        name.push(&self.expand_single(unit, redirect.child(Kind::Word)?));
        Some(name)
    }

    /// Runs a loop over the lines of `text`, if that is what it does; `condition` is what stands behind `while`.
    pub(super) fn run_lines(
        &mut self,
        unit: &Rc<Unit<'s>>,
        (condition, body): (Node<'_>, Node<'_>),
        text: &str,
    ) -> Option<Status> {
        let names = names_read(unit, condition)?;
        if text.contains('\\') || self.separators() != Separators::Usual {
            return None;
        }
        self.broken.push(Formula::FALSE);
        let before = self.steps.len();
        for line in text.lines() {
            if self.is_cut_short(|| unit.place(body.span)) {
                break;
            }
            self.set_fields(&names, line);
            self.run_round(unit, body);
        }
        self.set_fields(&names, "");
        self.forget_dead(before);
        let broken = self.broken.pop().unwrap_or(Formula::FALSE);
        self.path = self.conditions.formulas.or(self.path, broken);
        Some(Status::SUCCESS)
    }

    /// What a round only looks at behind its `continue` says nothing of a command that other rounds get to.
    fn forget_dead(&mut self, before: usize) {
        let rounds = self.steps.split_off(before.min(self.steps.len()));
        let live: HashSet<Place> = rounds.iter().filter(|step| !step.guard.is_false()).map(|step| step.place).collect();
        self.steps.extend(rounds.into_iter().filter(|step| !step.guard.is_false() || !live.contains(&step.place)));
    }

    /// Gives each variable a field of the line, and the last one all that is left.
    fn set_fields(&mut self, names: &[String], line: &str) {
        let blank = |c: char| c == ' ' || c == '\t';
        let mut rest = line.trim_matches(blank);
        for (at, name) in names.iter().enumerate() {
            let last = at + 1 == names.len();
            let end = if last { rest.len() } else { rest.find(blank).unwrap_or(rest.len()) };
            let (field, behind) = rest.split_at(end);
            self.set_variable(name, Value::from(field));
            rest = behind.trim_start_matches(blank);
        }
    }
}

/// Whether a command is a loop that may read what is written for it.
pub(super) fn reads(command: Node<'_>) -> bool {
    command.kind == Kind::Compound && command.child(Kind::WhileClause).is_some()
}

/// The variables of a condition that is nothing but `read NAME...`.
pub(super) fn names_read(unit: &Unit<'_>, condition: Node<'_>) -> Option<Vec<String>> {
    let only =
        |node: Node<'_>| node.named().next().filter(|_| node.named().count() == 1).map(|node| (node.kind, node.span));
    let mut simple = condition.walk().filter(|node| node.kind == Kind::Simple);
    let (command, None) = (simple.next()?, simple.next()) else { return None };
    let pipeline = condition.walk().find(|node| node.kind == Kind::Pipeline)?;
    only(pipeline).filter(|(kind, _)| *kind == Kind::Simple)?;
    let words: Vec<String> = command.named().map(|word| unit.text(word.span)).collect();
    let plain = command.named().all(|word| word.kind == Kind::Word);
    let (first, names) = words.split_first()?;
    let names = names.strip_prefix(&["-r".to_owned()]).unwrap_or(names);
    let is_name = |text: &String| text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    (plain && first == "read" && !names.is_empty() && names.iter().all(is_name)).then(|| names.to_vec())
}
