//! Findings with the lines they are about, for people at a terminal.

use std::ops::Range;

use codespan_reporting::diagnostic::{self, Label};
use codespan_reporting::files::{self, Error, Files};
use codespan_reporting::term::{self, termcolor};

use super::visible::picture;
use super::{Checked, count, visible};
use crate::diag::{Diagnostic, Severity};
use crate::text::{Source, Sources, Span};

/// Longer lines are not shown: they say nothing to people, and one may have thousands of findings.
const MAX_LINE: usize = 2_000;

/// The findings of `checked` with their lines, and a last line that counts them; nothing where there are none.
pub fn human(checked: &[Checked], colour: bool) -> String {
    let mut buffer = if colour { termcolor::Buffer::ansi() } else { termcolor::Buffer::no_color() };
    for file in checked.iter().filter(|file| !file.findings.is_empty()) {
        let shown = Shown::all(&file.sources);
        for finding in &file.findings {
            let own = converted(finding, &shown);
            let display_style = if own.labels.iter().all(|label| shown.is_short(label)) {
                term::DisplayStyle::Rich
            } else {
                term::DisplayStyle::Medium
            };
            let config = term::Config { display_style, ..term::Config::default() };
            // Writing to memory fails only where a place is none of the file, and then the rest still stands.
            let _ = term::emit_to_write_style(&mut buffer, &config, &shown, &own);
        }
    }
    let text = String::from_utf8_lossy(&buffer.into_inner()).into_owned();
    text + &summary(checked)
}

fn summary(checked: &[Checked]) -> String {
    let severities = [Severity::Error, Severity::Warning, Severity::Info, Severity::Hint];
    let counted = severities.into_iter().map(|severity| (count(checked, severity), severity.name()));
    let parts: Vec<String> =
        counted.filter(|(number, _)| *number > 0).map(|(number, name)| plural(number, name)).collect();
    let files = checked.iter().filter(|file| !file.findings.is_empty()).count();
    if parts.is_empty() { String::new() } else { format!("{} in {}\n", parts.join(", "), plural(files, "file")) }
}

fn plural(number: usize, name: &str) -> String {
    format!("{number} {name}{}", if number == 1 { "" } else { "s" })
}

fn converted(finding: &Diagnostic, shown: &Shown) -> diagnostic::Diagnostic<usize> {
    let severity = match finding.severity {
        Severity::Error => diagnostic::Severity::Error,
        Severity::Warning => diagnostic::Severity::Warning,
        Severity::Info => diagnostic::Severity::Note,
        Severity::Hint => diagnostic::Severity::Help,
    };
    let number = |place: crate::text::Place| place.file.0 as usize;
    let primary = Label::primary(number(finding.place), shown.range(number(finding.place), finding.place.span));
    let related = finding.related.iter().map(|related| {
        let file = number(related.place);
        Label::secondary(file, shown.range(file, related.place.span)).with_message(visible(&related.message))
    });
    let help = finding.help.iter().map(|help| format!("help: {}", visible(help)));
    diagnostic::Diagnostic::new(severity)
        .with_code(finding.code)
        .with_message(visible(&finding.message))
        .with_labels(std::iter::once(primary).chain(related).collect())
        .with_notes(help.collect())
}

/// Files as they are shown: text that drives no terminal.
struct Shown {
    files: Vec<ShownFile>,
}

struct ShownFile {
    path: String,
    text: String,
    line_starts: Vec<usize>,
    /// Where the text has grown or shrunk: the offset behind it in the file, and by how much in all until there.
    grown: Vec<(usize, isize)>,
}

impl Shown {
    fn all(sources: &Sources) -> Self {
        Self { files: sources.iter().map(|(_, source)| ShownFile::new(source)).collect() }
    }

    fn file(&self, number: usize) -> Result<&ShownFile, Error> {
        self.files.get(number).ok_or(Error::FileMissing)
    }

    /// Whether the lines of a label are short enough to be shown.
    fn is_short(&self, label: &Label<usize>) -> bool {
        let length = |offset| {
            let line = self.line_index(label.file_id, offset)?;
            self.line_range(label.file_id, line).map(|line| line.len())
        };
        [label.range.start, label.range.end].into_iter().all(|end| length(end).is_ok_and(|length| length <= MAX_LINE))
    }

    fn range(&self, number: usize, span: Span) -> Range<usize> {
        let shift = |offset: u32| self.file(number).map_or(0, |file| file.shifted(offset as usize));
        shift(span.start)..shift(span.end)
    }
}

impl ShownFile {
    fn new(source: &Source) -> Self {
        let mut text = String::with_capacity(source.view().len());
        let mut grown = Vec::new();
        let (mut by, view) = (0isize, source.view());
        for (at, c) in view.char_indices() {
            let kept = matches!(c, '\n' | '\t') || c == '\r' && view.as_bytes().get(at + 1) == Some(&b'\n');
            let shown = if kept { c } else { picture(c) };
            text.push(shown);
            if shown.len_utf8() != c.len_utf8() {
                by += shown.len_utf8() as isize - c.len_utf8() as isize;
                grown.push((at + c.len_utf8(), by));
            }
        }
        let line_starts = files::line_starts(&text).collect();
        Self { path: visible(source.path()), text, line_starts, grown }
    }

    fn shifted(&self, offset: usize) -> usize {
        let before = self.grown.partition_point(|(behind, _)| *behind <= offset);
        let by = before.checked_sub(1).and_then(|at| self.grown.get(at)).map_or(0, |(_, by)| *by);
        offset.saturating_add_signed(by)
    }
}

impl<'a> Files<'a> for Shown {
    type FileId = usize;
    type Name = &'a str;
    type Source = &'a str;

    fn name(&'a self, number: usize) -> Result<&'a str, Error> {
        Ok(&self.file(number)?.path)
    }

    fn source(&'a self, number: usize) -> Result<&'a str, Error> {
        Ok(&self.file(number)?.text)
    }

    fn line_index(&'a self, number: usize, offset: usize) -> Result<usize, Error> {
        Ok(self.file(number)?.line_starts.partition_point(|start| *start <= offset).saturating_sub(1))
    }

    fn line_range(&'a self, number: usize, line: usize) -> Result<Range<usize>, Error> {
        let file = self.file(number)?;
        let start = |line: usize| file.line_starts.get(line).copied();
        let max = file.line_starts.len().saturating_sub(1);
        let from = start(line).ok_or(Error::LineTooLarge { given: line, max })?;
        Ok(from..start(line + 1).unwrap_or(file.text.len()))
    }
}
