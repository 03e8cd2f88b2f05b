//! What gives variables their values.

use std::collections::HashMap;

use crate::eval::DECLARING;
use crate::migrate::inline::only_command;
use crate::syntax::{Kind, Node};
use crate::text::{Source, Span};

/// A place that gives a variable a value: an assignment, a word of `local`, or the list of a `for`.
pub(super) struct Setting {
    /// All of it, but for the body of a loop.
    pub(super) place: Span,
    /// The values, of which a list has one for each round.
    pub(super) values: Vec<Span>,
}

/// All settings of each variable, in the order of the text.
pub(super) fn all(root: Node<'_>, source: &Source) -> HashMap<String, Vec<Setting>> {
    let mut all: HashMap<String, Vec<Setting>> = HashMap::new();
    let mut add = |name: String, place, values| all.entry(name).or_default().push(Setting { place, values });
    for node in root.walk() {
        let name = node.child(Kind::Name).map(|name| source.text(name.span).into_owned());
        let words = || node.all(Kind::Word).map(|word| word.span);
        match node.kind {
            Kind::Assignment => add(name.unwrap_or_default(), node.span, words().collect()),
            Kind::ForClause => {
                let last = words().last().or_else(|| node.child(Kind::Name).map(|name| name.span));
                let end = last.map_or(node.span.end, |last| last.end);
                add(name.unwrap_or_default(), Span { end, ..node.span }, words().collect());
            }
            Kind::Simple if declares(node, source) => {
                for word in words().skip(1) {
                    if let Some((name, value)) = source.text(word).split_once('=') {
                        let value = Span { start: word.end - value.len() as u32, end: word.end };
                        add(name.to_owned(), word, vec![value]);
                    }
                }
            }
            _ => {}
        }
    }
    all
}

fn declares(command: Node<'_>, source: &Source) -> bool {
    let head = command.child(Kind::Word).map(|word| source.text(word.span));
    head.is_some_and(|head| DECLARING.contains(&head.as_ref()))
}

/// A statement that sets a variable which nothing but the shell that runs it sees, and does nothing else.
pub(super) struct Alone<'a> {
    pub(super) name: String,
    pub(super) statement: Node<'a>,
    pub(super) command: Node<'a>,
    /// It is the only one of its list.
    pub(super) only: bool,
}

/// Those statements of a list.
pub(super) fn alone<'a>(list: Node<'a>, source: &Source) -> impl Iterator<Item = Alone<'a>> {
    let only = list.all(Kind::Statement).count() == 1;
    list.all(Kind::Statement).filter_map(move |statement| {
        let command = only_command(statement).filter(|command| command.kind == Kind::Simple)?;
        let name = match command.named().collect::<Vec<_>>().as_slice() {
            [assignment] if assignment.kind == Kind::Assignment => source.text(assignment.child(Kind::Name)?.span),
            [local, word] if source.text(local.span) == "local" => source.text(word.span),
            _ => return None,
        };
        let name = name.split('=').next()?.to_owned();
        Some(Alone { name, statement, command, only })
    })
}
