//! Functions written out where they are called: `add input -p tcp` becomes what `add` does with these words.
//!
//! A function that hands its words on gets other ones from each call, and what becomes of them under iptables may
//! depend on the call. Where nothing in the function can stand for all calls, each call gets the commands that it
//! runs, and the function goes. The script means the same before and after; its commands can then be translated.

mod body;
mod decide;
mod given;
mod rewrite;
mod words;

use std::collections::BTreeSet;

use super::Item;
use super::roles::unquoted;
use super::sites::Site;
use super::wrappers::SETTING;
use crate::analysis::Analysis;
use crate::syntax::{Kind, Node};
use crate::text::{Edit, Edits, Place, Source, Span};
use body::{Function, Written};
use given::Given;

/// The script may grow by so many bytes in one round.
const MAX_GROWTH: usize = 1 << 17;

/// Commands that run what their words say.
const RUNNING: [&str; 7] = ["eval", "trap", "exec", "command", "time", "export", "unset"];

/// Writes out the functions around the commands at `open`; `None` where there is nothing to write out.
pub(super) fn inline(
    analysis: &Analysis<'_>,
    root: Node<'_>,
    sites: &[Site<'_>],
    open: &[Span],
) -> Option<(Edits, Vec<Item>)> {
    let source = analysis.sources.get(analysis.file);
    let script = Script { analysis, source, root, sites };
    let (mut edits, mut items) = (Edits::default(), Vec::new());
    for statement in root.all(Kind::Statement) {
        let Some(function) = only_command(statement).filter(|command| command.kind == Kind::Function) else { continue };
        if !open.iter().any(|open| function.span.contains(*open)) {
            continue;
        }
        let Some((name, own)) = script.written_out(statement, function) else { continue };
        // Where another function is written out at the same time, this one's turn comes later.
        if edits.add_all(own).is_ok() {
            let message = format!(
                "`{name}` is written out where it is called, since its words mean another command in each call"
            );
            let place = Place::new(analysis.file, function.span);
            items.push(Item { place, message, person: false });
        }
    }
    let growth: usize = edits.iter().map(|edit| edit.text.len()).sum();
    (!edits.is_empty() && growth < MAX_GROWTH).then_some((edits, items))
}

/// The command that a statement is, and nothing else.
fn only_command(statement: Node<'_>) -> Option<Node<'_>> {
    let and_or = statement.child(Kind::AndOr)?;
    let mut pipelines = and_or.named();
    let (pipeline, None) = (pipelines.next()?, pipelines.next()) else { return None };
    let mut commands = pipeline.named();
    let (command, None) = (commands.next()?, commands.next()) else { return None };
    Some(command)
}

struct Script<'a> {
    analysis: &'a Analysis<'a>,
    source: &'a Source,
    root: Node<'a>,
    sites: &'a [Site<'a>],
}

impl<'a> Script<'a> {
    fn text(&self, span: Span) -> String {
        self.source.text(span).into_owned()
    }

    fn head(&self, simple: Node<'_>) -> String {
        simple.child(Kind::Word).map(|word| unquoted(&self.text(word.span)).to_owned()).unwrap_or_default()
    }

    /// The name of a function, and the changes that write it out everywhere.
    fn written_out(&self, statement: Node<'a>, function: Node<'a>) -> Option<(String, Vec<Edit>)> {
        let name = self.text(function.child(Kind::FunctionName)?.span);
        let compound = function.child(Kind::Compound)?;
        let body = compound.child(Kind::BraceGroup).filter(|_| compound.child(Kind::Redirect).is_none())?;
        let assigned = self.assigned(body);
        let shared = assigned.iter().filter(|variable| self.is_read_outside(variable, function)).cloned().collect();
        let calls: Vec<&Site<'a>> = self.sites.iter().filter(|site| self.head(site.node) == name).collect();
        (!calls.is_empty() && self.is_only_called(&name, function, &calls)).then_some(())?;
        let called = self.called(body);
        let changed = called.iter().chain([&body]).flat_map(|own| self.assigned(*own)).collect();
        let calls_others = !called.is_empty();
        let function_text = Function { source: self.source, body, assigned, changed, shared, calls_others };
        let mut edits: Vec<Edit> =
            calls.iter().map(|call| self.call(call, &function_text)).collect::<Option<Vec<Edit>>>()?;
        edits.push(self.removal(statement, function));
        Some((name, edits))
    }

    /// Whether a function is defined once, and known calls are all that becomes of it.
    fn is_only_called(&self, name: &str, function: Node<'_>, calls: &[&Site<'_>]) -> bool {
        let definitions = self.root.walk().filter(|node| node.kind == Kind::FunctionName);
        let once = definitions.filter(|own| self.text(own.span) == name).count() == 1;
        let inside = |span: Span| function.span.contains(span);
        let calls_fit = calls.iter().all(|call| call.string.is_none() && !inside(call.node.span));
        let late =
            calls.iter().all(|call| call.node.span.start > function.span.end || self.is_in_function(call.node.span));
        let known = |place: &Place| {
            let holds = |call: &&Site<'_>| call.node.span.contains(place.span);
            place.file == self.analysis.file && calls.iter().any(holds)
        };
        let mut steps = self.analysis.evaluation.steps.iter();
        let seen = steps.all(|step| {
            step.place.file != self.analysis.file
                || !inside(step.place.span)
                || step.uncalled
                || step.calls.iter().any(known)
        });
        once && calls_fit && late && seen && !self.is_run_otherwise(name)
    }

    /// The functions that a piece of the script calls, and those that they call.
    fn called(&self, body: Node<'a>) -> Vec<Node<'a>> {
        let all: Vec<Node<'a>> = self.root.walk().filter(|node| node.kind == Kind::Function).collect();
        let name = |function: &Node<'a>| function.child(Kind::FunctionName).map(|name| self.text(name.span));
        let (mut found, mut pending): (Vec<Node<'a>>, Vec<Node<'a>>) = (Vec::new(), vec![body]);
        while let Some(body) = pending.pop() {
            let heads: BTreeSet<String> =
                body.walk().filter(|node| node.kind == Kind::Simple).map(|node| self.head(node)).collect();
            let new =
                all.iter().filter(|own| name(own).is_some_and(|name| heads.contains(&name)) && !found.contains(own));
            let new: Vec<Node<'a>> = new.copied().collect();
            found.extend(&new);
            pending.extend(new);
        }
        found
    }

    fn is_in_function(&self, span: Span) -> bool {
        self.root.walk().any(|node| node.kind == Kind::Function && node.span.contains(span))
    }

    /// Whether the name of a function stands where it may be run from.
    fn is_run_otherwise(&self, name: &str) -> bool {
        let word = |c: char| !c.is_ascii_alphanumeric() && !"_-.:+".contains(c);
        let says = |node: Node<'_>| self.text(node.span).split(word).any(|part| part == name);
        self.root.walk().any(|node| match node.kind {
            Kind::Assignment => says(node),
            Kind::Simple if RUNNING.contains(&self.head(node).as_str()) => says(node),
            _ => false,
        })
    }

    /// The variables that a piece of the script sets, as often as it does.
    fn assigned(&self, node: Node<'_>) -> Vec<String> {
        let mut names = Vec::new();
        for own in node.walk() {
            match own.kind {
                Kind::Assignment | Kind::ForClause | Kind::ArrayAssignment => {
                    names.extend(own.child(Kind::Name).map(|name| self.text(name.span)));
                }
                Kind::ParameterBraced if own.child(Kind::ParameterOperator).is_some() => {
                    let assigns =
                        own.child(Kind::ParameterOperator).is_some_and(|own| self.text(own.span).ends_with('='));
                    names.extend(own.child(Kind::ParameterName).filter(|_| assigns).map(|name| self.text(name.span)));
                }
                Kind::Simple if self.head(own) != "eval" && SETTING.contains(&self.head(own).as_str()) => {
                    let words = own.all(Kind::Word).skip(1).map(|word| self.text(word.span));
                    // `local NAME` alone sets nothing.
                    let sets =
                        |word: &String| word.contains('=') || !body::DECLARING.contains(&self.head(own).as_str());
                    names.extend(words.filter(sets).filter_map(|word| word.split('=').next().map(str::to_owned)));
                }
                _ => {}
            }
        }
        names
    }

    /// Whether a variable is read outside of a function, and not only behind where it is set there.
    fn is_read_outside(&self, variable: &str, function: Node<'_>) -> bool {
        let reads = |node: &Node<'_>| {
            let names = [Kind::Name, Kind::ParameterName];
            matches!(node.kind, Kind::Parameter | Kind::ParameterBraced)
                && !function.span.contains(node.span)
                && node.named().any(|own| names.contains(&own.kind) && self.text(own.span) == variable)
        };
        let around = |span: Span| {
            let functions = self.root.walk().filter(|node| node.kind == Kind::Function && node.span.contains(span));
            functions.min_by_key(|node| node.span.len()).unwrap_or(self.root)
        };
        let set_before = |read: Node<'_>| {
            let around = around(read.span);
            around.kind == Kind::Function
                && around.walk().any(|node| {
                    node.span.end <= read.span.start
                        && (node.kind == Kind::Assignment || node.kind == Kind::Word)
                        && self.text(node.span).split('=').next() == Some(variable)
                        && self.text(node.span).contains('=')
                })
        };
        self.root.walk().filter(reads).any(|read| !set_before(read))
    }

    /// A call, written out.
    fn call(&self, call: &Site<'_>, function: &Function<'_>) -> Option<Edit> {
        let fits = |node: Node<'_>| {
            matches!(node.kind, Kind::Word | Kind::Redirect | Kind::Continuation)
                && node.child(Kind::HereDocument).is_none()
        };
        call.node.named().all(fits).then_some(())?;
        let given: Vec<Given> = call.words().iter().skip(1).map(|word| Given::new(self.text(*word))).collect();
        let written = function.written_out(given)?;
        let redirects: String =
            call.node.all(Kind::Redirect).map(|redirect| format!(" {}", self.text(redirect.span))).collect();
        (written.exact || call.listed && !self.status_counts(call)).then_some(())?;
        Some(Edit::replace(call.extent(), self.commands(call, &written, &redirects)))
    }

    /// Whether something may ask how a statement went: it ends a function or a condition.
    fn status_counts(&self, call: &Site<'_>) -> bool {
        let mut around: Vec<Node<'_>> = self.root.walk().filter(|node| node.span.contains(call.node.span)).collect();
        around.reverse();
        let mut inner = call.node;
        for node in around {
            let last = || node.all(Kind::Statement).last().is_some_and(|last| last.span.contains(inner.span));
            match node.kind {
                Kind::List | Kind::Script if !last() => return false,
                Kind::Function | Kind::CommandSubstitution => return true,
                Kind::IfClause | Kind::ElifPart | Kind::WhileClause if inner.kind == Kind::List => return true,
                _ => {}
            }
            inner = node;
        }
        false
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

    /// Takes a function out; the comments in it and behind it stay.
    fn removal(&self, statement: Node<'_>, function: Node<'_>) -> Edit {
        let own = self.text(statement.span);
        let mut lines = self.source.lines_around(statement.span);
        let around = self.text(lines);
        let comments = function.walk().filter(|node| node.kind == Kind::Comment);
        let mut comments: String = comments.map(|comment| format!("{}\n", self.text(comment.span))).collect();
        let behind = around.trim_start().strip_prefix(own.as_str()).map(str::trim_start);
        match behind {
            Some(behind) if behind.is_empty() || behind.starts_with('#') => {
                comments.push_str(behind);
                // Of two blank lines around it one is enough.
                let is_blank = |offset: u32| self.text(self.source.line_span(offset)).trim().is_empty();
                let next = self.source.lines_around(Span { start: lines.end, end: lines.end });
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
}
