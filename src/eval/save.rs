//! Save files: each line is a step.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use smol_str::SmolStr;

use super::here_rules::CONTINUATION;
use super::restoring::Restoring;
use super::{Act, Input, Invocation, Program, Step};
use crate::logic::Formula;
use crate::model::{Dialect, Family, Value, Word};
use crate::syntax::{Counters, Form, Kind, Node, counters, read_line};
use crate::text::{FileId, Place, Source, Span, both, threads};

/// Which program wrote a save file.
#[derive(Clone, Copy)]
pub(super) struct SaveKind {
    pub(super) form: Form,
    pub(super) family: Family,
}

impl SaveKind {
    /// The kind of the save file `text`: what ip6tables-save wrote says so, or holds what IPv4 rarely has. What
    /// iptables-save wrote says so as well, and an address of either family leaves no doubt.
    pub(super) fn of(form: Form, text: &str) -> Self {
        const SIGNS: [&str; 4] = ["-p icmpv6 ", "-p ipv6-icmp ", "icmp6-", "-m icmp6 "];
        let written = || text.contains("by ip6tables-");
        let has_sign = || SIGNS.iter().any(|sign| text.contains(sign)) || addresses(text).any(is_of::<Ipv6Addr>);
        let six = || has_sign() && !text.contains("by iptables-") && !addresses(text).any(is_of::<Ipv4Addr>);
        let family = if form == Form::IptablesSave && (written() || six()) { Family::V6 } else { Family::V4 };
        Self { form, family }
    }
}

/// The addresses that rules ask for.
fn addresses(text: &str) -> impl Iterator<Item = &str> {
    let after = ["-s ", "-d "].into_iter().flat_map(|option| text.split(option).skip(1));
    after.filter_map(|rest| rest.split(['/', ' ', ',', '\n', '\r']).next())
}

fn is_of<Family: FromStr>(address: &str) -> bool {
    address.parse::<Family>().is_ok()
}

/// What is done by one thread faster than two begin.
const WORTH_A_THREAD: usize = 2_000;

/// A save file that is read.
#[derive(Clone, Copy)]
pub(super) struct Reading<'s> {
    pub(super) kind: SaveKind,
    /// The file that it is, or stands in.
    pub(super) source: &'s Source,
    pub(super) file: FileId,
    /// What the restore program is told.
    pub(super) how: &'s Restoring,
    /// Carriage returns at the ends of lines count.
    pub(super) exact: bool,
}

/// The section of a save file that a line stands in.
#[derive(Clone)]
struct Section {
    table: SmolStr,
    /// Where it begins, if no `COMMIT` has ended it.
    open: Option<Place>,
}

impl Reading<'_> {
    fn text(&self, span: Span) -> SmolStr {
        self.source.text(span).into()
    }

    fn place(&self, span: Span) -> Place {
        Place::new(self.file, span)
    }

    /// The steps of the save file `root`.
    pub(super) fn steps(self, root: Node<'_>) -> Vec<Step> {
        let lines: Vec<Node<'_>> = root.named().collect();
        let section = Section { table: SmolStr::new_static("filter"), open: None };
        let mut steps = self.of_lines(&lines, section.clone(), threads());
        if let (Some(place), Form::IptablesSave) = (section.behind(&lines, &self).open, self.kind.form) {
            steps.push(step(Act::Uncommitted, place));
        }
        steps
    }

    /// The steps of lines, of which the first stands in a section, found by so many threads.
    fn of_lines(&self, lines: &[Node<'_>], mut section: Section, threads: usize) -> Vec<Step> {
        if threads < 2 || lines.len() < WORTH_A_THREAD {
            let mut steps = Vec::with_capacity(lines.len());
            for line in lines {
                section = section.at(*line, self);
                let act = self.act(*line, &section).filter(|_| self.how.reads(&section.table));
                steps.extend(act.map(|act| step(act, self.place(line.span))));
            }
            return steps;
        }
        let (here, there) = (threads - threads / 2, threads / 2);
        let (first, rest) = lines.split_at(lines.len() * here / threads);
        let behind = section.clone().behind(first, self);
        let first = || self.of_lines(first, section, here);
        let (mut steps, rest) = both(first, || self.of_lines(rest, behind.clone(), there));
        steps.extend(rest);
        steps
    }

    fn act(&self, line: Node<'_>, section: &Section) -> Option<Act> {
        let SaveKind { form, family } = self.kind;
        let name_of = |kind: Kind| line.child(kind).map(|child| self.text(child.span));
        Some(match line.kind {
            Kind::Table => Act::Table { family, name: section.table.to_string(), keep: self.how.keeps },
            Kind::Chain => Act::Chain {
                dialect: if form == Form::IpchainsSave { Dialect::Ipchains } else { Dialect::Iptables },
                family,
                table: section.table.to_string(),
                name: Value::from(name_of(Kind::ChainName).unwrap_or_default()),
                policy: name_of(Kind::ChainPolicy).map(String::from),
            },
            Kind::Commit => Act::Commit,
            Kind::Rule => Act::Run(rule(line, self, &section.table)),
            _ => return None,
        })
    }
}

impl Section {
    /// The section that a line stands in, if the lines before it end in this one.
    fn at(self, line: Node<'_>, reading: &Reading<'_>) -> Self {
        let name = || line.child(Kind::TableName).map(|name| reading.text(name.span)).unwrap_or_default();
        match line.kind {
            Kind::Table => Self { table: name(), open: Some(reading.place(line.span)) },
            Kind::Commit => Self { open: None, ..self },
            _ => self,
        }
    }

    /// The section behind some lines.
    fn behind(self, lines: &[Node<'_>], reading: &Reading<'_>) -> Self {
        lines.iter().fold(self, |section, line| section.at(*line, reading))
    }
}

fn step(act: Act, place: Place) -> Step {
    Step { act, guard: Formula::TRUE, many: false, rounds: None, uncalled: false, place, calls: Vec::new() }
}

fn rule(line: Node<'_>, reading: &Reading<'_>, table: &SmolStr) -> Invocation {
    let SaveKind { form, family } = reading.kind;
    let word = |text: SmolStr, span: Span| Word::new(text, reading.place(span));
    let mut arguments = Vec::with_capacity(line.all(Kind::Word).count());
    let read = read_line(reading.source, line.span.start);
    let mut end = read.end;
    if let Some(own) = line.child(Kind::Counters) {
        let line = reading.source.text(Span { end: read.end, ..own.span });
        let counters = counters(&line);
        if let Some(cut) = counters.and_then(|counters| counters.cut) {
            end = own.span.start + cut as u32;
        }
        // The program passes them on as an option where it is to restore them.
        let restored = counters.filter(|_| reading.how.counts);
        let words = restored.map(|Counters { packets, bytes, .. }| ["-c", packets, bytes].map(SmolStr::from));
        arguments.extend(words.into_iter().flatten().map(|text| word(text, own.span)));
    }
    // What no quote closes goes to the end of the line, which belongs to it.
    let text = reading.source.text(Span { end, ..line.span });
    let (text, line_end) = text.strip_suffix('\n').map_or((&*text, ""), |text| (text, "\n"));
    arguments.extend(line.all(Kind::Word).map(|own| word(word_text(own, line_end, reading), own.span)));
    if reading.exact && form == Form::IptablesSave && text.ends_with('\r') {
        end_with_carriage_return(&mut arguments, line, end - line_end.len() as u32, reading);
    }
    Invocation {
        program: match (form, family) {
            (Form::IpchainsSave, _) => Program::Ipchains,
            (_, Family::V4) => Program::Iptables,
            (_, Family::V6) => Program::Ip6tables,
        },
        arguments,
        vanished: Vec::new(),
        spaced: Vec::new(),
        name: reading.place(Span { start: line.span.start, end: line.span.start }),
        name_value: Value::empty(),
        table: (form == Form::IptablesSave).then(|| table.clone()),
        input: Input::Inherited,
        captured: false,
        part: None,
    }
}

/// Adds a carriage return at the end of the line, which belongs to the last word unless a blank or a quote ends that.
fn end_with_carriage_return(words: &mut Vec<Word>, line: Node<'_>, end: u32, reading: &Reading<'_>) {
    let Some((last, word)) = line.all(Kind::Word).last().zip(words.last_mut()) else { return };
    let quote = last.children().last().filter(|part| part.kind == Kind::DoubleQuoted);
    let closed = quote.is_some_and(|quote| quote.child(Kind::Missing).is_none());
    match word.known().and_then(|text| text.strip_suffix('\n')).filter(|_| quote.is_some() && !closed) {
        Some(open) => word.value = Value::from(format!("{open}\r\n")),
        None if closed || last.span.end + 1 < end => words.push(Word::new("\r", reading.place(at_end(end)))),
        None => word.value.push_str("\r"),
    }
}

/// The last byte before an end.
fn at_end(end: u32) -> Span {
    Span { start: end.saturating_sub(1), end }
}

/// A word without its quotes and backslashes; `end` is what ends a quote that nothing closes.
fn word_text(word: Node<'_>, end: &str, reading: &Reading<'_>) -> SmolStr {
    let text = |span: Span| reading.text(span);
    if word.is_leaf() {
        return text(word.span);
    }
    let part = |part: Node<'_>| match part.kind {
        Kind::DoubleQuoted => {
            let inner = part.child(Kind::DoubleText).map(|inner| text(inner.span)).unwrap_or_default();
            let end = if part.child(Kind::Missing).is_some() { end } else { "" };
            without_backslashes(&format!("{}{end}", inner.replace(CONTINUATION, "")))
        }
        _ => text(part.span).into(),
    };
    word.children().map(part).collect()
}

fn without_backslashes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        out.push(if c == '\\' { chars.next().unwrap_or('\\') } else { c });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax;

    #[test]
    fn lines_read_by_several_threads_are_those_of_one() {
        let mut text = String::new();
        for number in 0..WORTH_A_THREAD {
            text += match number % 700 {
                0 => "*filter\n:INPUT DROP [0:0]\n",
                300 => "COMMIT\n*nat\n",
                699 => "COMMIT\n",
                _ => "-A INPUT -s 10.0.0.1/32 -j ACCEPT\n",
            };
        }
        let source = Source::new("rules", text.into_bytes());
        let file = FileId::default();
        let tree = syntax::parse(&source, file, Form::IptablesSave);
        let kind = SaveKind { form: Form::IptablesSave, family: Family::V4 };
        let how = Restoring::default();
        let reading = Reading { kind, source: &source, file, how: &how, exact: true };
        let lines: Vec<Node<'_>> = tree.root().named().collect();
        let section = Section { table: SmolStr::new_static("filter"), open: None };
        let shown = |threads| {
            let steps = reading.of_lines(&lines, section.clone(), threads);
            steps.into_iter().map(|step| format!("{step:?}")).collect::<Vec<_>>()
        };
        let alone = shown(1);
        assert!(alone.iter().any(|step| step.contains("nat")) && alone.len() > WORTH_A_THREAD);
        assert_eq!(shown(3), alone);
    }
}
