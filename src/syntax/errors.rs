//! From the tree to `syntax-error` diagnostics: what is missing, stray or unclosed, said for people.

use super::counters::counters;
use super::pieces::read_line;
use super::quotes::quote_span;
use super::tree::{Kind, Node};
use crate::diag::{Diagnostic, Severity};
use crate::text::{FileId, Place, Source, Span};

/// The name of the lint.
const CODE: &str = "syntax-error";

/// All that is wrong with the form of the tree `root`.
pub(super) fn find(root: Node<'_>, source: &Source, file: FileId, unclosed: &[u32]) -> Vec<Diagnostic> {
    let mut finder = Finder { source, file, saved: root.kind == Kind::File, found: Vec::new() };
    for quote in unclosed {
        finder.say(quote_span(*quote), "this quote is never closed", Some("close it, or put a backslash before it"));
    }
    finder.visit(root);
    finder.found.sort_by_key(|problem| problem.place);
    if !finder.saved {
        // What is wrong in one place of a line of a script seems to be wrong in others.
        finder.found.dedup_by_key(|problem| source.line(problem.place.span.start));
    }
    finder.found
}

struct Finder<'s> {
    source: &'s Source,
    file: FileId,
    /// The file is a save file.
    saved: bool,
    found: Vec<Diagnostic>,
}

impl Finder<'_> {
    fn visit(&mut self, root: Node<'_>) {
        root.walk().for_each(|node| self.check(node));
    }

    fn check(&mut self, node: Node<'_>) {
        match node.kind {
            Kind::Stray => self.stray(node),
            Kind::Bad => self.unexpected(node.span, "no command stands before it"),
            Kind::OpenQuote => self.say(first_char(node.span), "this quote is never closed", None),
            Kind::BadSubstitution => self.say(node.span, "this is no parameter expansion that a shell knows", None),
            Kind::List | Kind::Script => self.glued(node),
            Kind::Rule => self.cut(node),
            Kind::File => self.lines(node),
            Kind::Unread => self.warn(
                first_char(node.span),
                "iptables-restore reads no further in this line than up to the NUL byte",
                "remove the byte",
            ),
            _ if node.child(Kind::Missing).is_some() => self.missing(node),
            _ => {}
        }
    }

    fn stray(&mut self, node: Node<'_>) {
        let text = self.source.text(node.span).into_owned();
        let opener = match text.as_str() {
            "fi" | "then" | "else" | "elif" => "no `if` is open here",
            "done" | "do" => "no `for` or `while` is open here",
            "esac" | ";;" | ";&" | ";;&" => "no `case` is open here",
            "}" => "no `{` is open here",
            ")" => "no `(` is open here",
            _ if text.contains('\n') => {
                let line = self.source.line_span(node.span.start);
                return self.say(line, "this line is nested too deeply to be read", None);
            }
            _ => "nothing is open here that it could belong to",
        };
        self.unexpected(node.span, opener);
    }

    fn unexpected(&mut self, span: Span, why: &str) {
        let text = self.source.text(span).into_owned();
        self.say(span, &format!("unexpected `{text}`: {why}"), None);
    }

    /// A construct lacks a part; the place is the word that opens it.
    fn missing(&mut self, node: Node<'_>) {
        let (what, place) = match node.kind {
            Kind::IfClause => ("this `if` has no `fi`", self.opening(node, 2)),
            Kind::ThenPart => ("`then` is missing before this place", first_char(node.span)),
            Kind::WhileClause if has_group(node) => return,
            Kind::WhileClause => ("this loop has no `do`", self.opening(node, 5)),
            Kind::ForClause => ("this `for` has no `do`", self.opening(node, 3)),
            Kind::DoGroup => ("this `do` has no `done`", self.opening(node, 2)),
            Kind::CaseClause => ("this `case` has no `esac`", self.opening(node, 4)),
            Kind::Subshell => ("this `(` has no `)`", self.opening(node, 1)),
            Kind::BraceGroup => ("this `{` has no `}`", self.opening(node, 1)),
            Kind::ArithmeticCommand => ("this `((` has no `))`", self.opening(node, 2)),
            Kind::DoubleBracket => ("this `[[` has no `]]`", self.opening(node, 2)),
            Kind::Function => ("this function has no body", node.span),
            Kind::AndOr | Kind::Pipeline => ("a command is missing at the end", node.span),
            Kind::Array => ("this list has no `)`", self.opening(node, 1)),
            Kind::Redirect => ("this redirection names no file", node.span),
            Kind::HereBody => ("the delimiter of this here-document never comes", first_char(node.span)),
            Kind::CommandSubstitution => ("this `$(` has no `)`", self.opening(node, 2)),
            Kind::ProcessSubstitution => ("this substitution has no `)`", self.opening(node, 2)),
            Kind::Arithmetic if self.source.text(node.span).starts_with("$[") => {
                ("this `$[` has no `]`", self.opening(node, 2))
            }
            Kind::Arithmetic => ("this `$((` has no `))`", self.opening(node, 3)),
            Kind::DoubleQuoted if self.saved => {
                let message = "this quote is never closed, so the end of the line belongs to the word";
                return self.warn(self.opening(node, 1), message, "close it");
            }
            Kind::DoubleQuoted => ("this quote is never closed", self.opening(node, 1)),
            _ => ("something is missing here", node.span),
        };
        self.say(place, what, None);
    }

    /// Lines of a save file that have no form, or are too long to be one.
    fn lines(&mut self, file: Node<'_>) {
        let mut broken = false;
        for line in file.named() {
            let too_long = "iptables-restore finds this line too long, and takes what begins here for another one";
            let help = "make the line shorter than 10 kB";
            match (broken, line.kind) {
                (true, Kind::UnknownLine) => self.say(line.span, too_long, Some(help)),
                (true, _) => self.warn(line.span, too_long, help),
                (false, Kind::UnknownLine) => {
                    self.say(line.span, "this line is none that iptables-restore or ipchains-restore knows", None)
                }
                _ => {}
            }
            broken = line.kind == Kind::Break;
        }
    }

    /// The counters before a rule let it end before its line does.
    fn cut(&mut self, rule: Node<'_>) {
        let Some(own) = rule.child(Kind::Counters) else { return };
        let line = self.source.text(Span { end: read_line(self.source, own.span.start).end, ..own.span });
        if let Some(end) = counters(&line).and_then(|counters| counters.cut) {
            let read = line.get(own.span.len()..end).unwrap_or_default().trim();
            let message =
                format!("iptables-restore looks for the end of these counters in the rule, and reads `{read}`");
            self.warn(own.span, &message, "write packets and bytes, as in `[0:0]`, or leave the counters out");
        }
    }

    /// Two commands without `;` or a line end between them.
    fn glued(&mut self, list: Node<'_>) {
        let open = |node: Node<'_>| node.kind == Kind::Statement && node.child(Kind::Terminator).is_none();
        let pairs = list.children().zip(list.children().skip(1));
        let glued = pairs.filter(|(first, second)| open(*first) && second.kind == Kind::Statement);
        for (_, second) in glued {
            let text: String = self.source.text(second.span).chars().take(1).collect();
            self.say(
                first_char(second.span),
                &format!("unexpected `{text}`: a command has already begun on this line"),
                None,
            );
        }
    }

    fn opening(&self, node: Node<'_>, len: u32) -> Span {
        Span { start: node.span.start, end: node.span.end.min(node.span.start + len) }
    }

    /// Says what the program takes, though nobody means it.
    fn warn(&mut self, span: Span, message: &str, help: &str) {
        self.say(span, message, Some(help));
        self.found.last_mut().into_iter().for_each(|problem| problem.severity = Severity::Warning);
    }

    fn say(&mut self, span: Span, message: &str, help: Option<&str>) {
        let mut problem = Diagnostic::new(CODE, Severity::Error, Place::new(self.file, span), message);
        problem.help = help.map(str::to_owned);
        self.found.push(problem);
    }
}

fn has_group(node: Node<'_>) -> bool {
    node.child(Kind::DoGroup).is_some()
}

fn first_char(span: Span) -> Span {
    Span { start: span.start, end: span.end.min(span.start + 1) }
}
