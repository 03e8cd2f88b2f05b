//! Functions written out where they are called: `add input -p tcp` becomes what `add` does with these words.
//!
//! A function that hands its words on gets other ones from each call, and what becomes of them under iptables may
//! depend on the call. Where nothing in the function can stand for all calls, each call gets the commands that it
//! runs, and the function goes. The script means the same before and after; its commands can then be translated.

mod body;
mod decide;
mod given;
mod rewrite;
mod script;
mod words;

use super::Item;
use super::sites::Site;
use crate::analysis::Analysis;
use crate::syntax::{Kind, Node};
use crate::text::{Edit, Edits, Place, Source, Span, Spans};
use body::{Function, Written};
use given::Given;
use script::Script;

/// How much more may be written out.
#[derive(Clone, Copy)]
pub(super) struct Room {
    /// Functions that call each other are written out one behind the other, in so many rounds at most.
    rounds: usize,
    /// The script may grow by so many bytes.
    bytes: usize,
    /// So many steps may be looked at, all rounds together.
    steps: usize,
}

impl Room {
    /// What a script may take.
    pub(super) const ALL: Self = Self { rounds: 24, bytes: 1 << 17, steps: 50_000 };

    /// Whether there is any.
    pub(super) fn is_left(self) -> bool {
        self.rounds > 0 && self.steps > 0
    }

    /// What is left after a round that has made these edits out of a script of so many steps.
    pub(super) fn after(self, edits: &Edits, steps: usize) -> Self {
        let growth: usize = edits.iter().map(|edit| edit.text.len()).sum();
        Self {
            rounds: self.rounds - 1,
            bytes: self.bytes.saturating_sub(growth),
            steps: self.steps.saturating_sub(steps),
        }
    }
}

/// A round of changes after which a script means the same, and is migrated as it then is.
pub(super) struct Round {
    pub(super) edits: Edits,
    pub(super) notes: Vec<Item>,
    /// What is left for the next one.
    pub(super) room: Room,
}

/// Writes out the functions around the commands at `open`; `None` where there is nothing to write out.
pub(super) fn inline(
    analysis: &Analysis<'_>,
    root: Node<'_>,
    sites: &[Site<'_>],
    open: &[Span],
    room: Room,
) -> Option<Round> {
    let whole = analysis.trees.len() == 1 && analysis.evaluation.cut_short.is_none();
    (whole && room.is_left() && !open.is_empty()).then_some(())?;
    let script = Script::new(analysis, root, sites);
    let open: Spans = open.iter().copied().collect();
    let (mut edits, mut notes, mut left) = (Edits::default(), Vec::new(), room.bytes);
    for statement in root.all(Kind::Statement) {
        let Some(function) = only_command(statement).filter(|command| command.kind == Kind::Function) else { continue };
        if !open.lie_in(function.span) {
            continue;
        }
        let Some((name, own)) = script.written_out(statement, function, left) else { continue };
        let growth: usize = own.iter().map(|edit| edit.text.len()).sum();
        // Where another function is written out at the same time, this one's turn comes later.
        if edits.add_all(own).is_ok() {
            left -= growth;
            let message = format!(
                "`{name}` is written out where it is called, since its words mean another command in each call"
            );
            let place = Place::new(analysis.file, function.span);
            notes.push(Item { place, message, person: false });
        }
    }
    let room = room.after(&edits, analysis.evaluation.steps.len());
    (!edits.is_empty()).then_some(Round { edits, notes, room })
}

/// The command that a statement is, and nothing else.
pub(super) fn only_command(statement: Node<'_>) -> Option<Node<'_>> {
    let and_or = statement.child(Kind::AndOr)?;
    let mut pipelines = and_or.named();
    let (pipeline, None) = (pipelines.next()?, pipelines.next()) else { return None };
    let mut commands = pipeline.named();
    let (command, None) = (commands.next()?, commands.next()) else { return None };
    Some(command)
}

impl<'a> Script<'a> {
    /// The name of a function, and the changes that write it out everywhere; their text takes at most `room` bytes.
    fn written_out(&self, statement: Node<'a>, function: Node<'a>, room: usize) -> Option<(String, Vec<Edit>)> {
        let name = self.text(function.child(Kind::FunctionName)?.span);
        let compound = function.child(Kind::Compound)?;
        let body = compound.child(Kind::BraceGroup).filter(|_| compound.child(Kind::Redirect).is_none())?;
        let calls = self.calls(&name);
        (!calls.is_empty() && self.is_only_called(&name, function, calls)).then_some(())?;
        let function_text = self.function(function, body);
        let (mut edits, mut left) = (Vec::new(), room);
        for call in calls {
            let edit = self.call(call, &function_text, left)?;
            left = left.checked_sub(edit.text.len())?;
            edits.push(edit);
        }
        let removal = removal(self.source, statement, function);
        (removal.text.len() <= left).then_some(())?;
        edits.push(removal);
        Some((name, edits))
    }

    /// A call, written out.
    fn call(&self, call: &Site<'_>, function: &Function<'_>, room: usize) -> Option<Edit> {
        let fits = |node: Node<'_>| {
            matches!(node.kind, Kind::Word | Kind::Redirect | Kind::Continuation)
                && node.child(Kind::HereDocument).is_none()
        };
        call.node.named().all(fits).then_some(())?;
        let given: Vec<Given> = call.words().iter().skip(1).map(|word| Given::new(self.text(*word))).collect();
        let written = function.written_out(given, room)?;
        let redirects: String =
            call.node.all(Kind::Redirect).map(|redirect| format!(" {}", self.text(redirect.span))).collect();
        (written.exact || call.listed && !self.status_counts(call.node)).then_some(())?;
        Some(Edit::replace(call.extent(), self.commands(call, &written, &redirects)))
    }

    fn commands(&self, call: &Site<'_>, written: &Written, redirects: &str) -> String {
        let extent = call.extent();
        let line = self.source.line_span(extent.start);
        let before = self.text(Span { start: line.start, end: extent.start });
        let lines = written.statements.iter().map(|own| own.replace('\n', &format!("\n{before}")));
        match written.statements.as_slice() {
            [] => format!(":{redirects}"),
            [only] if written.simple => format!("{only}{redirects}"),
            all if !call.listed || !redirects.is_empty() => format!("{{ {}; }}{redirects}", all.join("; ")),
            all if before.trim().is_empty() => match all.iter().any(|own| own.contains("<<")) {
                true => all.join("\n"),
                false => lines.collect::<Vec<_>>().join(&format!("\n{before}")),
            },
            all => all.join("; "),
        }
    }
}

/// Takes a command out that is all of a statement; the comments in it and behind it stay.
pub(super) fn removal(source: &Source, statement: Node<'_>, command: Node<'_>) -> Edit {
    let text = |span: Span| source.text(span).into_owned();
    let own = text(statement.span);
    let mut lines = source.lines_around(statement.span);
    let around = text(lines);
    let comments = command.walk().filter(|node| node.kind == Kind::Comment);
    let mut comments: String = comments.map(|comment| format!("{}\n", text(comment.span))).collect();
    let behind = around.trim_start().strip_prefix(own.as_str()).map(str::trim_start);
    match behind {
        Some(behind) if behind.is_empty() || behind.starts_with('#') => {
            comments.push_str(behind);
            // Of two blank lines around it one is enough.
            let is_blank = |offset: u32| text(source.line_span(offset)).trim().is_empty();
            let next = source.lines_around(Span { start: lines.end, end: lines.end });
            let first = lines.start == 0 || is_blank(lines.start - 1);
            if comments.is_empty() && first && next.start == lines.end && !next.is_empty() && is_blank(next.start) {
                lines.end = next.end;
            }
            Edit::replace(lines, comments)
        }
        _ if comments.is_empty() => Edit::replace(statement.span, ":"),
        _ => Edit::replace(statement.span, format!(":\n{comments}")),
    }
}
