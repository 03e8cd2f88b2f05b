//! Outcomes as edits of the script, and what is to be said about them.

use std::collections::{BTreeMap, BTreeSet};

use super::command::Line;
use super::outcome::{Found, Outcome};
use super::program::default_program;
use super::render::{Command, Renamed, comment_above};
use super::rule::Token;
use super::sites::Site;
use super::surrounding::RESTORE_NOTE;
use super::{Item, runtime};
use crate::analysis::Analysis;
use crate::eval::Program;
use crate::text::{Edit, Place, Span};

/// Turns outcomes into edits.
pub(super) struct Writer<'a> {
    analysis: &'a Analysis<'a>,
    sites: &'a [Site<'a>],
    text: &'a Renamed<'a>,
    default_program: String,
    edits: Vec<Edit>,
    items: Vec<Item>,
    needs_function: bool,
    /// The commands whose first word holds the program beside arguments.
    prefixed: BTreeSet<usize>,
    /// Whether rules depend on the addresses of devices.
    pub(super) asks_devices: bool,
    /// Rules for the end of a chain, with the place and order of the command that wants them.
    tails: Vec<(Vec<Token>, usize, usize)>,
    /// For each chain of the output the last command that appends to it, by order.
    last_append: BTreeMap<String, (usize, usize)>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(analysis: &'a Analysis<'a>, sites: &'a [Site<'a>], text: &'a Renamed<'a>) -> Self {
        let default_program = default_program(analysis);
        Self {
            analysis,
            sites,
            text,
            default_program,
            edits: Vec::new(),
            items: Vec::new(),
            needs_function: false,
            prefixed: BTreeSet::new(),
            asks_devices: false,
            tails: Vec::new(),
            last_append: BTreeMap::new(),
        }
    }

    pub(super) fn write(&mut self, at: usize, found: &Found) {
        let Some(site) = self.sites.get(at) else { return };
        let words = site.words();
        let head_end =
            found.first.checked_sub(1).and_then(|last| words.get(last)).map_or(site.node.span.start, |word| word.end);
        let program = self.text.text(Span {
            start: words.first().map_or(site.node.span.start, |word| word.start).min(head_end),
            end: head_end,
        });
        let before_words = self.text.text(Span {
            start: site.node.span.start,
            end: words.first().map_or(site.node.span.start, |word| word.start),
        });
        let program = match found.prefix {
            Some(_) => self.default_program.clone(),
            None => format!("{before_words}{program}"),
        };
        self.prefixed.extend(found.prefix.as_ref().map(|_| at));
        let brings_program = found.prefix.is_some();
        let command = Command { text: self.text, site, first: found.first, program, brings_program };
        let replacement = match &found.outcome {
            Outcome::Keep => return,
            Outcome::Lines(lines) => {
                self.note_appends(lines, at, found.order);
                command.lines(lines)
            }
            Outcome::ByValue(_) => return,
            Outcome::Choice(choice) => {
                choice.lines().for_each(|lines| self.note_appends(lines, at, found.order));
                command.choice(choice)
            }
            Outcome::Commands(commands, note) => {
                let noted: Vec<Item> =
                    note.iter().map(|note| self.item(site, note.clone(), note == RESTORE_NOTE)).collect();
                self.items.extend(noted);
                if commands.is_empty() {
                    return;
                }
                command.join(commands)
            }
            Outcome::Rewritten(text) => text.clone(),
            Outcome::Doubtful { person } => {
                let reason = "in some runs this is about a thing that the kernel no longer has";
                self.items.push(self.item(site, reason.to_owned(), *person));
                return;
            }
            Outcome::Arms { arms, .. }
                if arms.iter().all(|(_, commands)| commands == &[self.text.text(site.extent())]) =>
            {
                return;
            }
            Outcome::Arms { subject, arms } => {
                self.items.push(self.item(
                    site,
                    "what takes the place of a module depends on its name".to_owned(),
                    false,
                ));
                let arm = |(value, commands): &(String, Vec<String>)| {
                    format!("{}) {} ;;", quoted(value), commands.join("; "))
                };
                let subject = format!("\"{}\"", subject.replace('"', ""));
                let otherwise = format!("*) {} ;;", runtime::no_translation(&subject));
                let arms: Vec<String> = arms.iter().map(arm).chain([otherwise]).collect();
                format!("case {subject} in {} esac", arms.join(" "))
            }
            Outcome::Nothing(note) => {
                self.items.push(self.item(site, note.clone(), false));
                self.remark(site, note);
                ":".to_owned()
            }
            Outcome::Never => {
                let note = "this rule can match no packet, so it is left out".to_owned();
                self.items.push(self.item(site, note.clone(), false));
                self.remark(site, &note);
                ":".to_owned()
            }
            Outcome::Person(reason) => {
                self.items.push(self.item(site, reason.clone(), true));
                self.remark(site, &format!("NOT MIGRATED: {reason}"));
                ":".to_owned()
            }
            Outcome::RunTime(names) => {
                self.needs_function = true;
                let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
                let note = match names.as_slice() {
                    [] => "this command differs from run to run; from_ipchains translates it while the script runs"
                        .to_owned(),
                    names => format!(
                        "from_ipchains translates this command while the script runs, since it depends on {}",
                        names.join(", ")
                    ),
                };
                self.items.push(self.item(site, note, false));
                self.at_run_time(site, &command, found.prefix.as_deref())
            }
        };
        self.edits.push(Edit::replace(site.extent(), replacement));
    }

    fn item(&self, site: &Site<'_>, message: String, person: bool) -> Item {
        Item { place: Place::new(self.analysis.file, site.extent()), message, person }
    }

    /// The old command as a comment, beside a marker.
    fn remark(&mut self, site: &Site<'_>, note: &str) {
        let old = self.text.source.text(site.extent()).into_owned();
        self.edits.push(comment_above(self.text, site.statement, &format!("iptmigrate: {note}"), &old));
    }

    /// The command as it stands, but for the function that translates it.
    fn at_run_time(&self, site: &Site<'_>, command: &Command<'_, '_>, prefix: Option<&str>) -> String {
        let words = site.words();
        let extent = site.extent();
        if let (Some(prefix), Some(word)) = (prefix, words.get(command.first)) {
            let rest = self.text.source.text(Span { start: word.end, end: extent.end });
            return format!("from_ipchains {prefix}{rest}");
        }
        let program_at = (0..words.len()).find(|at| words.get(*at).is_some_and(|word| is_call(self.analysis, *word)));
        let (start, end) = match (command.first, program_at) {
            (0, Some(at)) => (
                words.first().map_or(extent.start, |word| word.start),
                words.get(at).map_or(extent.end, |word| word.end),
            ),
            (0, None) => (extent.start, extent.start),
            (first, _) => (
                words.first().map_or(extent.start, |word| word.start),
                words.get(first - 1).map_or(extent.end, |word| word.end),
            ),
        };
        let program = self.text.text(Span { start, end });
        let call = if program == self.default_program {
            "from_ipchains".to_owned()
        } else {
            format!("FROM_IPCHAINS=\"{}\" from_ipchains", program.replace('"', ""))
        };
        let old = self.text.source;
        // The words of the old dialect stay: only the program changes.
        format!(
            "{}{call}{}",
            old.text(Span { start: extent.start, end: start }),
            old.text(Span { start: end, end: extent.end })
        )
    }

    fn note_appends(&mut self, lines: &[Line], at: usize, order: usize) {
        for line in lines {
            match line {
                Line::Tail(tokens) => self.tails.push((tokens.clone(), at, order)),
                Line::Filter { tokens, .. } => {
                    let chain = appended_chain(tokens);
                    let last = chain.map(|chain| self.last_append.entry(chain).or_insert((at, order)));
                    if let Some(last) = last.filter(|last| last.1 <= order) {
                        *last = (at, order);
                    }
                }
                Line::EachDevice { .. } => self.asks_devices = true,
                Line::Flagged { .. } | Line::Shell(_) | Line::Clear(_) => {}
            }
        }
    }

    /// All edits, with the rules that must stand at the end of a chain, and whether the function is needed.
    pub(super) fn finish(mut self, items: &mut Vec<Item>) -> (Vec<Edit>, Vec<Edit>, bool) {
        let mut tails = Vec::new();
        for (tokens, at, order) in std::mem::take(&mut self.tails) {
            let target = appended_chain(&tokens)
                .and_then(|chain| self.last_append.get(&chain))
                .filter(|last| last.1 > order)
                .map_or(at, |last| last.0);
            let (Some(site), Some(origin)) = (self.sites.get(target), self.sites.get(at)) else { continue };
            let words = origin.words();
            let program = match self.prefixed.contains(&at) {
                true => self.default_program.clone(),
                false => words.first().map(|word| self.text.text(*word)).unwrap_or_default(),
            };
            let shown: Vec<&str> = tokens.iter().map(|token| token.text.as_str()).collect();
            let line = format!("{program} {}", shown.join(" "));
            let end = site.statement.end.max(site.extent().end);
            let indentation = self.text.indentation(site.statement.start).unwrap_or_default();
            let text =
                if target == at && !site.listed { format!("; {line}") } else { format!("\n{indentation}{line}") };
            let trimmed = self.text.source.text(Span { start: site.statement.start, end }).trim_end().len() as u32;
            tails.push(Edit::insert(site.statement.start + trimmed, text));
            if target != at {
                items.push(self.item(
                    origin,
                    format!("the policy is the last rule of its chain: `{line}` stands behind the chain's last rule"),
                    false,
                ));
            }
        }
        items.append(&mut self.items);
        (self.edits, tails, self.needs_function)
    }
}

/// The table and chain that a command appends to.
fn appended_chain(tokens: &[Token]) -> Option<String> {
    let texts: Vec<&str> = tokens.iter().map(|token| token.text.as_str()).collect();
    let table =
        texts.iter().position(|text| *text == "-t").and_then(|at| texts.get(at + 1)).copied().unwrap_or("filter");
    let at = texts.iter().position(|text| matches!(*text, "-A" | "--append"))?;
    Some(format!("{table} {}", texts.get(at + 1)?))
}

/// Whether a word of the script is the program of an ipchains command.
fn is_call(analysis: &Analysis<'_>, word: Span) -> bool {
    analysis.invocations().any(|(_, _, invocation)| {
        invocation.program == Program::Ipchains
            && invocation.name.file == analysis.file
            && invocation.name.span.contains(word)
            && invocation.name.span.end == word.end
    })
}

/// A text as a pattern that matches it alone.
fn quoted(text: &str) -> String {
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/'));
    if plain && !text.is_empty() { text.to_owned() } else { format!("'{}'", text.replace('\'', "")) }
}
