//! Comments that silence findings.
//!
//! ```text
//! COMMAND  # iptlint: disable=NAME,NAME -- reason      this command, with its continuation lines
//! # iptlint: disable-next-line=NAME                    the command below
//! # iptlint: disable=NAME ... # iptlint: enable=NAME   from here to there, or to the end of the file
//! # iptlint: disable-file=NAME                         everywhere
//! ```
//!
//! In a here-document for iptables-restore lines that begin with `#` are comments, too.
//!
//! Names are those of lints and categories, and `all`. A comment that cannot be read is a finding.

use std::cell::OnceCell;

use super::Lint;
use super::selection::{Selection, Selector};
use crate::analysis::Analysis;
use crate::diag::Diagnostic;
use crate::syntax::{Kind, Tree};
use crate::text::{Place, Source, Span};

/// The name under which a suppression that silences nothing is reported.
const UNUSED: &str = "unused-suppression";
/// The name under which a comment that cannot be read is reported.
const MALFORMED: &str = "malformed-suppression";

/// One name in a comment, with what it silences.
struct Suppression {
    selector: Selector,
    /// The name as written.
    place: Place,
    /// First and last line.
    lines: (usize, usize),
    used: bool,
}

/// What a comment asks for.
#[derive(Clone, Copy, PartialEq)]
enum Verb {
    Disable,
    NextLine,
    File,
    Enable,
}

/// Takes silenced findings out of `findings`, adds what is wrong with the comments, and returns what was taken out.
pub(super) fn apply(analysis: &Analysis<'_>, selection: &Selection, findings: &mut Vec<Diagnostic>) -> Vec<Diagnostic> {
    let Some(tree) = analysis.tree() else { return Vec::new() };
    let source = analysis.sources.get(analysis.file);
    let mut reader =
        Reader { analysis, source, tree, suppressions: Vec::new(), malformed: Vec::new(), commands: OnceCell::new() };
    for node in tree.root().walk() {
        match node.kind {
            Kind::Comment => reader.comment(node.span),
            Kind::HereText | Kind::FirstHereText if reader.is_read(node.span) => reader.document(node.span),
            _ => {}
        }
    }
    let Reader { mut suppressions, malformed, .. } = reader;
    let silenced = |finding: &Diagnostic, suppressions: &mut [Suppression]| {
        let line = source.line(finding.place.span.start);
        let lint = Lint::named(finding.code);
        let mut silent = false;
        for own in suppressions.iter_mut().filter(|own| (own.lines.0..=own.lines.1).contains(&line)) {
            if finding.place.file == analysis.file && lint.is_some_and(|lint| own.selector.covers(lint)) {
                own.used = true;
                silent = true;
            }
        }
        silent
    };
    let (mut gone, mut kept) = (Vec::new(), Vec::new());
    for finding in findings.drain(..) {
        if silenced(&finding, &mut suppressions) { gone.push(finding) } else { kept.push(finding) }
    }
    *findings = kept;
    if let Some(severity) = selection.severity(MALFORMED) {
        findings.extend(malformed.into_iter().map(|(place, message)| {
            Diagnostic::new(MALFORMED, severity, place, message)
                .with_help("write `# iptlint: disable=NAME -- reason`; `iptlint lints` lists the names")
        }));
    }
    if let Some(severity) = selection.severity(UNUSED) {
        // A lint that is off could not have said anything, so its suppression is not at fault.
        let idle = suppressions.iter().filter(|own| !own.used && is_on(own.selector, selection));
        findings.extend(idle.map(|own| {
            let name = source.text(own.place.span);
            Diagnostic::new(UNUSED, severity, own.place, format!("there is no finding of `{name}` to suppress here"))
        }));
    }
    gone
}

fn is_on(selector: Selector, selection: &Selection) -> bool {
    super::LINTS.iter().any(|lint| selector.covers(lint) && selection.severity(lint.name).is_some())
}

struct Reader<'a> {
    analysis: &'a Analysis<'a>,
    source: &'a Source,
    tree: &'a Tree,
    suppressions: Vec<Suppression>,
    malformed: Vec<(Place, String)>,
    /// The first and last line of each command.
    commands: OnceCell<Vec<(usize, usize)>>,
}

impl Reader<'_> {
    /// Whether a here-document holds rules.
    fn is_read(&self, document: Span) -> bool {
        let mut places = self.analysis.evaluation.steps.iter().map(|step| step.place);
        places.any(|place| place.file == self.analysis.file && document.contains(place.span))
    }

    /// The comments in a here-document, which is no part of the shell's language.
    fn document(&mut self, document: Span) {
        let mut at = document.start;
        while at < document.end {
            let line = self.source.line_span(at);
            let text = self.source.text(line);
            let blanks = text.len() - text.trim_start().len();
            if text.trim_start().starts_with('#') {
                self.comment(Span { start: line.start + blanks as u32, ..line });
            }
            at = line.end + 1;
        }
    }

    fn comment(&mut self, comment: Span) {
        let text = self.source.text(comment).into_owned();
        let Some(said) = text.strip_prefix('#').and_then(|text| text.trim_start().strip_prefix("iptlint:")) else {
            return;
        };
        let said = said.split(" -- ").next().unwrap_or_default().trim();
        let place = Place::new(self.analysis.file, comment);
        let Some((verb, names)) = said.split_once('=').and_then(|(verb, names)| Some((verb_of(verb.trim())?, names)))
        else {
            self.malformed.push((place, format!("`{said}` is no suppression")));
            return;
        };
        for name in names.split(',').map(str::trim) {
            // The name stands behind the `=`, so that the search does not find the verb.
            let after = text.find('=').map_or(0, |at| at + 1);
            let at = text.get(after..).and_then(|rest| rest.find(name)).unwrap_or(0) + after;
            let start = comment.start as usize + at;
            let place = Place::new(self.analysis.file, Span::new(start, start + name.len()));
            match Selector::parse(name) {
                Some(selector) => self.take(verb, selector, place, comment),
                None if name.is_empty() => self.malformed.push((place, "a name is missing here".to_owned())),
                None => self.malformed.push((place, format!("there is no lint and no category `{name}`"))),
            }
        }
    }

    fn take(&mut self, verb: Verb, selector: Selector, place: Place, comment: Span) {
        let line = self.source.line(comment.start);
        let last = self.source.line_count().max(line);
        let lines = match verb {
            Verb::Enable => {
                let open = self.suppressions.iter_mut().filter(|own| own.selector == selector && own.lines.1 == last);
                for own in open {
                    own.lines.1 = line;
                }
                return;
            }
            Verb::File => (1, last),
            Verb::NextLine => self.command_lines(line + 1),
            Verb::Disable if self.stands_alone(comment) => (line, last),
            Verb::Disable => self.command_lines(line),
        };
        self.suppressions.push(Suppression { selector, place, lines, used: false });
    }

    fn stands_alone(&self, comment: Span) -> bool {
        let before = Span { start: self.source.line_span(comment.start).start, end: comment.start };
        self.source.text(before).trim().is_empty()
    }

    /// The lines of the command that has a part in `line`.
    fn command_lines(&self, line: usize) -> (usize, usize) {
        let commands = self.commands.get_or_init(|| {
            let commands = self.tree.root().walk().filter(|node| node.kind == Kind::Simple);
            let lines = commands.map(|node| {
                let end = node.span.end.saturating_sub(1).max(node.span.start);
                (self.source.line(node.span.start), self.source.line(end))
            });
            lines.collect()
        });
        let own = commands.iter().filter(|(first, last)| (*first..=*last).contains(&line));
        own.fold((line, line), |(first, last), (from, to)| (first.min(*from), last.max(*to)))
    }
}

fn verb_of(text: &str) -> Option<Verb> {
    match text {
        "disable" => Some(Verb::Disable),
        "disable-next-line" => Some(Verb::NextLine),
        "disable-file" => Some(Verb::File),
        "enable" => Some(Verb::Enable),
        _ => None,
    }
}
