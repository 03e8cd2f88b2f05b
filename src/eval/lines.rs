//! `while read` loops over text that is known: one round for each line.

use std::collections::HashSet;
use std::rc::Rc;

use super::ending::Left;
use super::run::Evaluator;
use super::segment::{Separators, joined};
use super::unit::Unit;
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

    /// The here-document or the here-string that a compound command reads.
    pub(super) fn here_lines(&mut self, unit: &Rc<Unit<'s>>, compound: Node<'_>) -> Option<String> {
        let Some(here) = compound.all(Kind::Redirect).find_map(|redirect| redirect.child(Kind::HereDocument)) else {
            return self.here_string(unit, compound)?.known().map(|text| format!("{text}\n"));
        };
        let (text, _) = self.here_text(unit, unit.here_document(here.span)?);
        let text = text.known()?;
        let strips = unit.text(here.span).starts_with("<<-");
        let line = |line: &str| if strips { line.trim_start_matches('\t').to_owned() } else { line.to_owned() };
        Some(text.lines().map(|own| line(own) + "\n").collect())
    }

    /// The text of `<<< WORD`.
    pub(super) fn here_string(&mut self, unit: &Rc<Unit<'s>>, command: Node<'_>) -> Option<Value> {
        let is_string = |redirect: &Node<'_>| {
            redirect.child(Kind::RedirectOperator).is_some_and(|own| unit.text(own.span) == "<<<")
        };
        let redirect = command.all(Kind::Redirect).find(is_string)?;
        Some(self.expand_single(unit, redirect.child(Kind::Word)?))
    }

    /// The name of what a command writes: its words.
    pub(super) fn named_by_words(&mut self, unit: &Rc<Unit<'s>>, writer: Node<'_>) -> Option<Value> {
        let (words, steps): (Vec<Node<'_>>, _) = (writer.all(Kind::Word).collect(), self.steps.len());
        let plain =
            writer.kind == Kind::Simple && writer.named().all(|node| matches!(node.kind, Kind::Word | Kind::Redirect));
        let mut choices = if plain { self.expand_all(unit, &words) } else { Vec::new() };
        // Its substitutions have run where it did.
        self.steps.truncate(steps);
        let (_, command) = choices.pop().filter(|_| choices.is_empty())?;
        let mut name = joined(&command.words);
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

    /// Runs a loop over the lines of `text`, and says whether that is what it does; `condition` is what stands behind `while`.
    pub(super) fn run_lines(
        &mut self,
        unit: &Rc<Unit<'s>>,
        (condition, body): (Node<'_>, Node<'_>),
        text: &str,
    ) -> bool {
        let Some(reading) = Reading::of(unit, condition) else { return false };
        let separators = self.with_assignments(unit, reading.command, Self::separators);
        let lines: Vec<&str> = text.split_inclusive('\n').filter(|line| reading.rest || line.ends_with('\n')).collect();
        let lines: Option<Vec<Vec<&str>>> =
            lines.iter().map(|line| fields(line.trim_end_matches('\n'), reading.names.len(), &separators)).collect();
        let shared = self.takes_lines(unit, body, 0);
        let Some(lines) = lines.filter(|_| !shared && !text.contains('\\')) else { return false };
        self.broken.push(Left::NONE);
        let before = self.steps.len();
        for fields in lines {
            if self.is_cut_short(|| unit.place(body.span)) {
                break;
            }
            self.set_fields(&reading.names, &fields);
            self.run_round(unit, body);
        }
        self.set_fields(&reading.names, &[]);
        self.forget_dead(before);
        self.leave_loop();
        true
    }

    /// What a round only looks at behind its `continue` says nothing of a command that other rounds get to.
    fn forget_dead(&mut self, before: usize) {
        let rounds = self.steps.split_off(before.min(self.steps.len()));
        let live: HashSet<Place> = rounds.iter().filter(|step| !step.guard.is_false()).map(|step| step.place).collect();
        self.steps.extend(rounds.into_iter().filter(|step| !step.guard.is_false() || !live.contains(&step.place)));
    }

    /// `read NAME...` of a line; whether it is known what that gives.
    pub(super) fn read_line(&mut self, names: &[String], line: &str) -> bool {
        let separators = self.separators();
        let fields = fields(line, names.len(), &separators).filter(|_| !names.is_empty());
        fields.inspect(|fields| self.set_fields(names, fields)).is_some()
    }

    fn set_fields(&mut self, names: &[String], fields: &[&str]) {
        for (at, name) in names.iter().enumerate() {
            self.set_variable(name, Value::from(fields.get(at).copied().unwrap_or_default()));
        }
    }
}

/// The first fields of a line, and as the last one of `count` all that is left; `None` where that is not known.
fn fields<'l>(line: &'l str, count: usize, separators: &Separators) -> Option<Vec<&'l str>> {
    let characters = match separators {
        Separators::Usual => " \t",
        Separators::These(characters) => characters.as_str(),
        Separators::Unknown => return None,
    };
    let is_blank = |c: char| c.is_ascii_whitespace() && characters.contains(c);
    let is_mark = |c: char| !c.is_ascii_whitespace() && characters.contains(c);
    // A mark at the end ends the last field in some shells, and in others belongs to it.
    if line.ends_with(is_mark) {
        return None;
    }
    let mut rest = line.trim_matches(is_blank);
    let mut fields = Vec::new();
    for _ in 1..count {
        let end = rest.find(|c| is_blank(c) || is_mark(c)).unwrap_or(rest.len());
        let (field, behind) = rest.split_at(end);
        fields.push(field);
        let behind = behind.trim_start_matches(is_blank);
        rest = behind.strip_prefix(is_mark).unwrap_or(behind).trim_start_matches(is_blank);
    }
    fields.push(rest);
    Some(fields)
}

/// Whether a command is a loop that may read what is written for it.
pub(super) fn reads(command: Node<'_>) -> bool {
    command.kind == Kind::Compound && command.child(Kind::WhileClause).is_some()
}

/// A condition that is nothing but `read NAME...`, perhaps with an `IFS` of its own.
pub(super) struct Reading<'n> {
    pub(super) names: Vec<String>,
    command: Node<'n>,
    /// A last line without an end counts, too: `read NAME || [ -n "$NAME" ]`.
    rest: bool,
}

impl<'n> Reading<'n> {
    pub(super) fn of(unit: &Unit<'_>, condition: Node<'n>) -> Option<Self> {
        let only = |node: Node<'n>| node.named().next().filter(|_| node.named().count() == 1);
        let list = condition.walk().find(|node| node.kind == Kind::AndOr)?;
        let first = list.child(Kind::Pipeline)?;
        let rest = match list.named().filter(|node| node.kind == Kind::Pipeline).nth(1) {
            Some(second) if list.all(Kind::Pipeline).count() == 2 => is_rest(&unit.text(second.span)),
            Some(_) => return None,
            None => false,
        };
        let alone = condition.walk().filter(|node| node.kind == Kind::AndOr).count() == 1;
        let joined = list.child(Kind::Connective).map(|connective| unit.text(connective.span));
        if !alone || rest != (joined.as_deref() == Some("||")) || joined.as_deref() == Some("&&") {
            return None;
        }
        let command = only(first).filter(|command| command.kind == Kind::Simple)?;
        let is_separator = |node: &Node<'_>| {
            node.kind == Kind::Assignment && node.child(Kind::Name).is_some_and(|name| unit.text(name.span) == "IFS")
        };
        let plain = command.named().all(|node| node.kind == Kind::Word || is_separator(&node));
        let words: Vec<String> = command.all(Kind::Word).map(|word| unit.text(word.span)).collect();
        let (read, names) = words.split_first()?;
        let names = names.strip_prefix(&["-r".to_owned()]).unwrap_or(names);
        let is_name = |text: &String| text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let fits = plain && read == "read" && !names.is_empty() && names.iter().all(is_name);
        fits.then(|| Self { names: names.to_vec(), command, rest })
    }
}

/// Whether a test asks if a line without an end has been read: `[ -n "$NAME" ]`.
fn is_rest(text: &str) -> bool {
    let inner = text.strip_prefix("[[").and_then(|text| text.strip_suffix("]]"));
    let inner = inner.or_else(|| text.strip_prefix('[').and_then(|text| text.strip_suffix(']')));
    let words: Vec<&str> = inner.unwrap_or_default().split_whitespace().collect();
    matches!(words.as_slice(), ["-n", name] if name.trim_matches('"').starts_with('$'))
}

#[cfg(test)]
mod tests {
    use super::{Separators, fields};

    #[test]
    fn lines_are_cut_as_read_does_it() {
        for (characters, line, count, expected) in [
            (" \t\n", "  a  b c ", 2, Some("a|b c")),
            (":", "udp:53", 2, Some("udp|53")),
            (":", "a::b", 3, Some("a||b")),
            (":", "a:b:c", 2, Some("a|b:c")),
            (": ", " a : b  c ", 2, Some("a|b  c")),
            (":", "a b", 1, Some("a b")),
            ("", " a ", 1, Some(" a ")),
            (":", "a:", 2, None),
            (":", "a", 3, Some("a||")),
        ] {
            let separators =
                if characters == " \t\n" { Separators::Usual } else { Separators::These(characters.into()) };
            let found = fields(line, count, &separators).map(|fields| fields.join("|"));
            assert_eq!(found.as_deref(), expected, "{characters:?} {line:?}");
        }
        assert_eq!(fields("a b", 1, &Separators::Unknown), None);
    }
}
