//! The text that lays the way of forwarded packets: before the statements that need it, or in a function that they call.
//!
//! A function keeps what would be one long line out of the lines of the script, and what several places need is written
//! once.

use super::render::Renamed;
use crate::syntax::{Kind, Node};
use crate::text::{Edit, Span, Spans};

/// So many commands are worth a function.
const WORTH: usize = 4;

/// The name of the function, unless the script has it in its text.
const NAME: &str = "forwarded_packets";

/// A place where the way is laid.
pub(super) struct Laid {
    /// The statement that needs it.
    pub(super) statement: Span,
    /// The commands, with comments.
    pub(super) lines: Vec<String>,
    /// The shell that runs the statement knows the functions of the script.
    pub(super) knows_functions: bool,
}

impl Laid {
    /// Whether a function can do it: its words say there what they say here, and its targets are known.
    fn may_be_called(&self) -> bool {
        let is_open = |line: &String| {
            let mut rests = line.split('$').skip(1).map(|rest| rest.trim_start_matches('{'));
            rests.any(|rest| rest.starts_with(|c: char| !c.is_ascii_alphabetic() && c != '_'))
        };
        let commands = self.lines.iter().filter(|line| !line.trim_start().starts_with('#')).count();
        self.knows_functions && commands >= WORTH && !self.lines.iter().any(is_open)
    }
}

/// The edits that lay the way at these places, and the functions for that.
pub(super) fn edits(all: &[Laid], text: &Renamed<'_>, root: Node<'_>) -> (Vec<Edit>, Vec<String>) {
    let comments = root.walk().filter(|node| node.kind == Kind::Comment).map(|comment| comment.span).collect();
    let mut names: Vec<(&[String], String)> = Vec::new();
    let mut in_order: Vec<&Laid> = all.iter().filter(|laid| laid.may_be_called()).collect();
    in_order.sort_by_key(|laid| laid.statement);
    for laid in in_order {
        let repeated = || all.iter().filter(|other| other.may_be_called() && other.lines == laid.lines).count() > 1;
        let named = names.iter().any(|(lines, _)| *lines == laid.lines);
        if !named && (text.indentation(laid.statement.start).is_none() || repeated()) {
            names.push((&laid.lines, name(names.len(), text)));
        }
    }
    let edit = |laid: &Laid| match names.iter().find(|(lines, _)| laid.may_be_called() && *lines == laid.lines) {
        Some((_, name)) => text.before(laid.statement, std::slice::from_ref(name)),
        None => before_comment(laid, text, &comments),
    };
    let edits = all.iter().map(edit).collect();
    (edits, names.into_iter().map(|(lines, name)| function(lines, &name)).collect())
}

fn name(number: usize, text: &Renamed<'_>) -> String {
    let name = if number == 0 { NAME.to_owned() } else { format!("{NAME}_{}", number + 1) };
    if text.source.view().contains(NAME) { format!("fw_{name}") } else { name }
}

fn function(lines: &[String], name: &str) -> String {
    let body: String = lines.iter().map(|line| format!("    {line}\n")).collect();
    format!("# {name}: lays the way of forwarded packets.\n{name}() {{\n{body}}}\n")
}

/// The text without functions that have nothing to do any more, and their calls.
pub(super) fn without_empty_functions(mut text: String) -> String {
    while let Some(at) = text.find("() {\n}\n") {
        let name = text[..at].rsplit('\n').next().unwrap_or_default().to_owned();
        if !name.contains(NAME) {
            break;
        }
        text = text.replacen(&format!("\n{}", function(&[], &name)), "", 1);
        let calls = text.split_inclusive('\n').filter(|line| line.trim() != name);
        text = calls.map(|line| line.replace(&format!("{name}; "), "")).collect();
    }
    text
}

/// The lines above the comment of the statement; what a script begins with is no comment of its first statement.
fn before_comment(laid: &Laid, text: &Renamed<'_>, comments: &Spans) -> Edit {
    let source = text.source;
    let begins = |at: u32| source.line_span(at).start;
    let comment_above = |line: u32| {
        let above = begins(line.checked_sub(1)?);
        let written = source.text(Span { start: above, end: line });
        (!written.trim().is_empty()).then_some(())?;
        let start = above + (written.len() - written.trim_start().len()) as u32;
        let end = above + written.trim_end().len() as u32;
        comments.hold(Span { start, end }).then_some((above, start))
    };
    let first = begins(laid.statement.start);
    let block = std::iter::successors(comment_above(first), |(line, _)| comment_above(*line)).last();
    let own_line = text.indentation(laid.statement.start).is_some();
    match block.filter(|(line, _)| own_line && *line > 0) {
        Some((line, start)) => {
            let indentation = source.text(Span { start: line, end: start });
            let lines: String = laid.lines.iter().map(|own| format!("{own}\n{indentation}")).collect();
            let above = source.text(Span { start: begins(line - 1), end: line });
            // What stands by itself goes on doing so.
            let gap = if above.trim().is_empty() { format!("\n{indentation}") } else { String::new() };
            Edit::insert(start, format!("{lines}{gap}"))
        }
        None => text.before(laid.statement, &laid.lines),
    }
}
