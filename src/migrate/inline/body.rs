//! The body of a function as it reads with the words of one call.
//!
//! What the words decide is decided: `shift` and the variables that hold them are gone, and of a `case` or a test of
//! theirs the statements remain that run. What cannot be told is refused, so that the function stays.

use std::collections::{BTreeMap, BTreeSet};

use super::given::{Given, Said};
use super::words::Words;
use crate::migrate::roles::unquoted;
use crate::syntax::{Kind, Node};
use crate::text::{Source, Span};

/// Commands that would mean something else outside of the function, or by which its words change.
const BOUND: [&str; 5] = ["return", "set", "shift", "getopts", "unset"];

/// Commands that make variables of the function's own.
pub(super) const DECLARING: [&str; 3] = ["local", "declare", "typeset"];

/// What is known of a function.
pub(super) struct Function<'a> {
    pub(super) source: &'a Source,
    pub(super) body: Node<'a>,
    /// The variables that it sets, as often as it does.
    pub(super) assigned: Vec<String>,
    /// The variables that it and the functions that it calls set.
    pub(super) changed: BTreeSet<String>,
    /// Variables that are read elsewhere.
    pub(super) shared: BTreeSet<String>,
    /// It calls other functions, which see its variables.
    pub(super) calls_others: bool,
}

/// A body written out.
pub(super) struct Written {
    pub(super) statements: Vec<String>,
    /// It is one simple command.
    pub(super) simple: bool,
    /// Its status is that of the function.
    pub(super) exact: bool,
}

/// Writes one body out.
pub(super) struct Writer<'a> {
    pub(super) function: &'a Function<'a>,
    pub(super) words: Words,
    /// Variables whose value stands in their place.
    pub(super) bound: BTreeMap<String, Given>,
    /// Variables that were read before they were set.
    pub(super) read: BTreeSet<String>,
    /// Variables that nobody sees behind the call.
    locals: BTreeSet<String>,
    pub(super) written: Written,
    /// So many more bytes may be written.
    room: usize,
    /// So often all words were written.
    pub(super) passed: usize,
    /// Nothing runs any more.
    returned: bool,
    /// The function tells by its status how it went.
    told: bool,
}

impl Function<'_> {
    /// The body with these words in the place of its parameters; `None` where that is not known to do the same, or takes
    /// more than `room` bytes.
    pub(super) fn written_out(&self, given: Vec<Given>, room: usize) -> Option<Written> {
        let read: BTreeSet<String> = given.iter().flat_map(Given::variables).collect();
        let runs = given.iter().any(Given::runs);
        let words = Words::new(given);
        let written = Written { statements: Vec::new(), simple: false, exact: true };
        let mut writer = Writer {
            function: self,
            words,
            bound: BTreeMap::new(),
            read: BTreeSet::new(),
            locals: BTreeSet::new(),
            written,
            room,
            passed: 0,
            returned: false,
            told: false,
        };
        writer.list(self.body.child(Kind::List)?)?;
        let own = |name: &&String| !writer.bound.contains_key(*name) && read.contains(*name);
        if self.changed.iter().any(|name| own(&name)) {
            return None;
        }
        let Writer { mut written, passed, told, .. } = writer;
        written.exact &= !told;
        // What runs for a word of the call runs once, before all else.
        (!runs || written.simple && passed <= 1 && written.statements.len() == 1).then_some(written)
    }
}

impl<'a> Writer<'a> {
    pub(super) fn text(&self, span: Span) -> String {
        self.function.source.text(span).into_owned()
    }

    fn head(&self, command: Node<'_>) -> String {
        command.child(Kind::Word).map(|word| self.text(word.span)).unwrap_or_default()
    }

    fn list(&mut self, list: Node<'a>) -> Option<()> {
        for child in list.named() {
            match child.kind {
                Kind::Statement if self.returned => {}
                Kind::Statement => self.statement(child)?,
                Kind::Comment | Kind::Newline | Kind::Continuation => {}
                _ => return None,
            }
        }
        Some(())
    }

    fn statement(&mut self, statement: Node<'a>) -> Option<()> {
        if statement.child(Kind::Terminator).is_some_and(|end| self.text(end.span) == "&") {
            return None;
        }
        let and_or = statement.child(Kind::AndOr)?;
        let mut parts: Vec<Node<'a>> =
            and_or.named().filter(|part| matches!(part.kind, Kind::Pipeline | Kind::Connective)).collect();
        while let [first, connective, ..] = parts.as_slice() {
            let Some(holds) = self.decided(*first) else { break };
            let goes_on = holds == (self.text(connective.span) == "&&");
            parts.drain(if goes_on { 0..2 } else { 1..3.min(parts.len()) });
            self.written.exact = false;
        }
        // What returns at the end only tells the caller how it went.
        while let [.., connective, last] = parts.as_slice()
            && self.is_last(statement)
            && let Some(status) = self.returned_by(*last)
        {
            let fails = !matches!(status.as_str(), "0" | "$?");
            self.told |= status == "$?" || fails != (self.text(connective.span) == "||");
            parts.truncate(parts.len() - 2);
        }
        match parts.as_slice() {
            [only] if self.decided(*only).is_some() => {
                self.written.exact = false;
                Some(())
            }
            [only] => match only.named().collect::<Vec<_>>().as_slice() {
                [command] => self.command(*command),
                _ => self.as_it_stands(*only, only.span),
            },
            [first, .., last] => self.as_it_stands(and_or, first.span.cover(last.span)),
            [] => None,
        }
    }

    /// The word behind `return`, if that is the command.
    fn returned_by(&self, node: Node<'_>) -> Option<String> {
        let command = node.walk().find(|inner| inner.kind == Kind::Simple)?;
        let text = self.text(node.span);
        let status = text.trim().strip_prefix("return")?.trim();
        (self.head(command) == "return").then(|| status.to_owned())
    }

    /// Whether nothing of the function comes behind a statement.
    fn is_last(&self, statement: Node<'_>) -> bool {
        let list = self.function.body.child(Kind::List);
        list.and_then(|list| list.all(Kind::Statement).last()).is_some_and(|last| last.span == statement.span)
    }

    fn command(&mut self, command: Node<'a>) -> Option<()> {
        match command.kind {
            Kind::Simple => self.simple(command),
            Kind::Compound if command.child(Kind::Redirect).is_none() => {
                let clause = command.named().next()?;
                match clause.kind {
                    Kind::CaseClause => match self.chosen(clause) {
                        Some(Some(list)) => self.list(list),
                        Some(None) => Some(()),
                        None => self.as_it_stands(command, command.span),
                    },
                    Kind::IfClause => self.if_clause(command, clause),
                    Kind::BraceGroup => self.list(clause.child(Kind::List)?),
                    _ => self.as_it_stands(command, command.span),
                }
            }
            _ => self.as_it_stands(command, command.span),
        }
    }

    fn simple(&mut self, command: Node<'a>) -> Option<()> {
        let words: Vec<Node<'a>> = command.all(Kind::Word).collect();
        let head = self.head(command);
        if let Some(status) = self.returned_by(command) {
            self.written.exact &= status.is_empty();
            self.returned = true;
            return Some(());
        }
        if head.is_empty() {
            return self.assignments(command);
        }
        if head == "shift" {
            let count = words.get(1).map_or(Some(1), |count| self.text(count.span).parse().ok())?;
            self.written.exact = false;
            return self.words.shift(count);
        }
        if DECLARING.contains(&head.as_str()) {
            self.written.exact = false;
            return words.iter().skip(1).try_for_each(|word| self.declared(*word));
        }
        self.as_it_stands(command, command.span)
    }

    /// `local NAME=VALUE`.
    fn declared(&mut self, word: Node<'a>) -> Option<()> {
        let text = self.text(word.span);
        let (name, sets) = text.split_once('=').map_or((text.as_str(), false), |(name, _)| (name, true));
        (!name.starts_with('-')).then_some(())?;
        self.locals.insert(name.to_owned());
        if !sets {
            return Some(());
        }
        let rewritten = self.word(word)?;
        let (name, value) = rewritten.split_once('=')?;
        self.set(name, whole(value))
    }

    fn assignments(&mut self, command: Node<'a>) -> Option<()> {
        let all: Vec<Node<'a>> = command.named().collect();
        for assignment in all {
            let plain = assignment.kind == Kind::Assignment && assignment.child(Kind::Subscript).is_none();
            (plain && assignment.child(Kind::Array).is_none()).then_some(())?;
            let operator = assignment.child(Kind::AssignOperator)?;
            (self.text(operator.span) == "=").then_some(())?;
            let name = self.text(assignment.child(Kind::Name)?.span);
            let value = assignment.child(Kind::Word).map_or(Some(String::new()), |word| self.word(word))?;
            self.set(&name, whole(&value))?;
        }
        self.written.exact = false;
        Some(())
    }

    /// A variable gets a value: it is written in the place of the variable, if that is set once.
    fn set(&mut self, name: &str, value: Given) -> Option<()> {
        self.room = self.room.checked_sub(value.text.len())?;
        let once = self.function.assigned.iter().filter(|own| *own == name).count() == 1;
        let stays = value.variable() == Some(name);
        let shared = self.function.shared.contains(name) && !stays;
        let before = self.read.contains(name);
        let seen = before || shared && (!self.locals.contains(name) || self.function.calls_others);
        let lasts = value.variables().iter().all(|name| !self.function.changed.contains(name) || stays);
        let known = once && lasts && matches!(value.said, Said::Pieces(_));
        if !known || seen {
            // Outside of the function it would not be one of its own.
            (!before && !shared || !self.locals.contains(name)).then_some(())?;
            self.written.statements.push(format!("{name}={}", value.text));
        }
        if known && !seen {
            self.bound.insert(name.to_owned(), value);
        }
        Some(())
    }

    fn if_clause(&mut self, command: Node<'a>, clause: Node<'a>) -> Option<()> {
        let condition = clause.child(Kind::List)?;
        let Some(holds) = self.decided(condition) else { return self.as_it_stands(command, command.span) };
        self.written.exact = false;
        let then = clause.child(Kind::ThenPart)?.child(Kind::List)?;
        match (holds, clause.child(Kind::ElifPart), clause.child(Kind::ElsePart)) {
            (true, ..) => self.list(then),
            (false, Some(_), _) => None,
            (false, None, Some(other)) => self.list(other.child(Kind::List)?),
            (false, None, None) => Some(()),
        }
    }

    /// A statement with only its parameters written out.
    fn as_it_stands(&mut self, node: Node<'a>, span: Span) -> Option<()> {
        let bound = |command: Node<'_>| {
            let head = self.head(command);
            // A text that is run may ask for the words again, or set variables.
            let asks = || self.text(command.span).contains(['\\', '\'']) || !self.function.assigned.is_empty();
            BOUND.contains(&head.as_str()) || DECLARING.contains(&head.as_str()) || head == "eval" && asks()
        };
        if node.walk().any(|inner| inner.kind == Kind::Simple && bound(inner)) {
            return None;
        }
        let whole = match node.span == span {
            true => self.rewritten(node, false)?,
            false => {
                let parts = node.children().filter(|part| span.contains(part.span));
                parts.map(|part| self.rewritten(part, false)).collect::<Option<String>>()?
            }
        };
        self.room = self.room.checked_sub(whole.len())?;
        self.written.simple = node.kind == Kind::Simple;
        self.written.exact = true;
        self.written.statements.push(self.dedented(span, whole.trim_end()));
        Some(())
    }

    /// The lines of a statement without the indentation that its first line has.
    fn dedented(&self, span: Span, text: &str) -> String {
        let line = self.text(self.function.source.line_span(span.start));
        let indentation = &line[..line.len() - line.trim_start().len()];
        text.replace(&format!("\n{indentation}"), "\n")
    }
}

/// The value of an assignment, in which blanks part no words.
fn whole(text: &str) -> Given {
    let parted = text.contains(' ') && unquoted(text) == text;
    Given::new(if parted { format!("\"{text}\"") } else { text.to_owned() })
}
