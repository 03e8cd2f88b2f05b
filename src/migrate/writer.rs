//! Outcomes as edits of the script, and what is to be said about them.

use std::collections::BTreeSet;

use super::command::Line;
use super::last_rules::LastRules;
use super::outcome::{Found, Outcome};
use super::policies::Policies;
use super::program::Calls;
use super::render::{Command, Renamed, comment_above, without_exec};
use super::sites::{Site, Sites};
use super::surrounding::RESTORE_NOTE;
use super::{Item, runtime};
use crate::analysis::Analysis;
use crate::eval::{Program, runner};
use crate::syntax::{HereDocument, here_documents};
use crate::text::{Edit, Place, Span};

/// Turns outcomes into edits.
pub(super) struct Writer<'a> {
    analysis: &'a Analysis<'a>,
    sites: &'a Sites<'a>,
    text: &'a Renamed<'a>,
    calls: &'a Calls,
    edits: Vec<Edit>,
    items: Vec<Item>,
    /// Whether rules depend on the addresses of devices.
    pub(super) asks_devices: bool,
    tails: LastRules<'a>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(
        analysis: &'a Analysis<'a>,
        sites: &'a Sites<'a>,
        text: &'a Renamed<'a>,
        (policies, calls): (&'a Policies, &'a Calls),
    ) -> Self {
        Self {
            analysis,
            sites,
            text,
            calls,
            edits: Vec::new(),
            items: Vec::new(),
            asks_devices: false,
            tails: LastRules::new(analysis, sites, text, policies),
        }
    }

    /// Writes what takes the place of the command with the number `at`.
    pub(super) fn write(&mut self, at: usize, found: &Found) {
        let Some(site) = self.sites.get(at) else { return };
        let command = self.command(site, found);
        if let Some(text) = self.replacement(&command, at, found) {
            self.edits.push(Edit::replace(site.extent(), text));
        }
    }

    /// The new text, and what is to be said about it; `None` where the old one stays.
    fn replacement(&mut self, command: &Command<'_, 'a>, at: usize, found: &Found) -> Option<String> {
        let site = command.site;
        match &found.outcome {
            Outcome::Keep | Outcome::ByValue(_) => None,
            Outcome::Lines(lines) => {
                self.note(lines, command, at);
                self.want_last(lines, command, at, |line| line);
                Some(command.lines(lines))
            }
            Outcome::Choice(choice) => {
                choice.lines().for_each(|lines| self.note(lines, command, at));
                self.want_last(&choice.common, command, at, |line| line);
                for (said, lines) in &choice.arms {
                    self.want_last(lines, command, at, |line| command.only_for(&choice.subjects, said, &line));
                }
                if let Some(reason) = choice.lines().flatten().find_map(Line::refused) {
                    self.say(site, &format!("in some runs {reason}"), false);
                }
                Some(command.choice(choice))
            }
            Outcome::Commands(commands, note) => {
                if let Some(note) = note {
                    self.say(site, note, note == RESTORE_NOTE);
                }
                (!commands.is_empty()).then(|| command.join(commands))
            }
            Outcome::Doubtful { person } => {
                self.say(site, "in some runs this is about a thing that the kernel no longer has", *person);
                None
            }
            Outcome::Arms { subject, arms } => self.arms(command, subject, arms),
            Outcome::Nothing(note) => Some(self.leave_out(command, note, note, false)),
            Outcome::Never => {
                let note = "this rule can match no packet, so it is left out";
                Some(self.leave_out(command, note, note, false))
            }
            Outcome::Person(reason) => Some(self.leave_out(command, reason, &format!("NOT MIGRATED: {reason}"), true)),
            Outcome::RunTime(names) => {
                self.say(site, &at_run_time(names), false);
                Some(command.join(&[self.translated_when_run(command, found.prefix.as_deref())]))
            }
        }
    }

    /// Nothing in the place of a command, which stays as a comment beside a marker.
    fn leave_out(&mut self, command: &Command<'_, '_>, message: &str, remark: &str, person: bool) -> String {
        let site = command.site;
        self.say(site, message, person);
        let mut old = self.text.source.text(site.extent()).into_owned();
        for document in self.documents(site) {
            old.push('\n');
            old.push_str(&self.text.source.text(document));
            self.edits.push(Edit::replace(document, String::new()));
        }
        self.edits.push(comment_above(self.text, site.statement, &format!("iptmigrate: {remark}"), &old));
        command.join(&[":".to_owned()])
    }

    /// The lines of the here-documents of a command, with those that end them.
    fn documents(&self, site: &Site<'_>) -> Vec<Span> {
        let source = self.text.source;
        let own: Vec<Span> = site.documents().collect();
        let all = self.analysis.tree().into_iter().flat_map(|tree| here_documents(tree.root()));
        let lines = |body: Span| source.lines_around(Span { start: body.start, end: body.end + 1 });
        let is_own = |here: &HereDocument<'_>| own.iter().any(|redirect| redirect.contains(here.redirect.span));
        all.filter(is_own).map(|here| lines(here.body.span)).collect()
    }

    /// A `case` for the values of the words `subject`.
    fn arms(&mut self, command: &Command<'_, '_>, subject: &str, arms: &[(String, Vec<String>)]) -> Option<String> {
        let own = self.text.text(command.site.extent());
        if arms.iter().all(|(_, commands)| *commands == [own.as_str()]) {
            return None;
        }
        self.say(command.site, "what takes the place of a module depends on its name", false);
        let arm = |(value, commands): &(String, Vec<String>)| {
            let commands: Vec<&str> = commands.iter().map(|command| without_exec(command)).collect();
            format!("{}) {} ;;", quoted(value), commands.join("; "))
        };
        let subject = format!("\"{}\"", subject.replace('"', ""));
        let otherwise = format!("*) {} ;;", runtime::no_translation(&subject));
        let arms: Vec<String> = arms.iter().map(arm).chain([otherwise]).collect();
        Some(command.join(&[format!("case {subject} in {} esac", arms.join(" "))]))
    }

    /// The command with the words that call its program in other lines: settings of variables before it included.
    fn command<'c>(&self, site: &'c Site<'a>, found: &Found) -> Command<'c, 'a>
    where
        'a: 'c,
    {
        let brings_program = found.prefix.is_some();
        let program = match site.program(self.text.source, found.first) {
            _ if brings_program => self.calls.asking.clone(),
            Some(program) => format!("{}{}", self.settings(site), self.called(site, found.first, program)),
            None => self.settings(site),
        };
        let trying = self.calls.trying(&program).to_owned();
        Command { text: self.text, site, first: found.first, program, trying, brings_program, at_once: false }
    }

    /// How further commands call the program: what a function of an init script says of the first need not be said of
    /// them again.
    fn called(&self, site: &Site<'_>, first: usize, program: Span) -> String {
        let words = site.words();
        let runner = words.first().and_then(|word| runner(&self.text.source.text(*word)));
        match (runner, first.checked_sub(1).and_then(|last| words.get(last))) {
            (Some(count), Some(word)) if first == count + 2 => self.text.text(*word),
            _ => self.text.text(program),
        }
    }

    /// The variables that are set for the command alone.
    fn settings(&self, site: &Site<'_>) -> String {
        let start = site.node.span.start;
        self.text.text(Span { start, end: site.words().first().map_or(start, |word| word.start) })
    }

    fn say(&mut self, site: &Site<'_>, message: &str, person: bool) {
        let place = Place::new(self.analysis.file, site.extent());
        self.items.push(Item { place, message: message.to_owned(), person });
    }

    /// The command as it stands, but for the function that translates it.
    fn translated_when_run(&self, command: &Command<'_, '_>, prefix: Option<&str>) -> String {
        let (site, old) = (command.site, self.text.source);
        let (words, extent) = (site.words(), site.extent());
        if let (Some(prefix), Some(word)) = (prefix, words.get(command.first)) {
            let rest = self.plainly(Span { start: word.end, end: extent.end }, &words);
            let prefix: Vec<String> = prefix.split(' ').map(runtime::plainly).collect();
            return format!("{} {}{rest}", runtime::TRANSLATE, prefix.join(" "));
        }
        let called = words.iter().position(|word| is_call(self.analysis, *word)).map_or(0, |at| at + 1);
        let first = if command.first == 0 { called } else { command.first };
        let settings = Span { end: words.first().map_or(extent.start, |word| word.start), ..extent };
        let span = site.program(old, first).unwrap_or(Span { start: settings.end, end: settings.end });
        let program = self.text.text(span);
        let call = runtime::translated(&program, &self.calls.asking);
        // The words of the old dialect stay, and only the program changes.
        let rest = self.plainly(Span { start: span.end, ..extent }, &words);
        format!("{}{call}{rest}", old.text(settings))
    }

    /// The text of `span` with the words as the function reads them.
    fn plainly(&self, span: Span, words: &[Span]) -> String {
        let old = self.text.source;
        let (mut text, mut at) = (String::new(), span.start);
        for word in words.iter().filter(|word| span.contains(**word)) {
            text.push_str(&old.text(Span { start: at, end: word.start }));
            text.push_str(&runtime::plainly(&old.text(*word)));
            at = word.end;
        }
        text + &old.text(Span { start: at, ..span })
    }

    /// Notes whether lines ask for devices, and for the rules of policies that earlier runs have left.
    fn note(&mut self, lines: &[Line], command: &Command<'_, '_>, at: usize) {
        for line in lines {
            match line {
                Line::Behind(chain) => {
                    let (asking, program, rule) = (&command.trying, &command.program, format!("{chain} -j REJECT"));
                    let again = format!("{program} -D {rule}; {program} -A {rule}");
                    let line = format!("if {asking} -C {rule} 2>/dev/null; then {again}; fi");
                    self.tails.want(chain, line, at);
                }
                Line::EachDevice { .. } | Line::Flagged { devices: Some(_), .. } => self.asks_devices = true,
                Line::Filter { .. }
                | Line::Flagged { .. }
                | Line::Rejecting { .. }
                | Line::Tail(_)
                | Line::Shell(_)
                | Line::Refused(_)
                | Line::Clear { .. }
                | Line::Perhaps(_) => {}
            }
        }
    }

    /// Wants the rules among lines that stand at the end of a chain, each as `written` makes of the whole command.
    fn want_last(&mut self, lines: &[Line], command: &Command<'_, '_>, at: usize, written: impl Fn(String) -> String) {
        let tails = lines.iter().filter_map(|line| match line {
            Line::Tail(tokens) => Some(tokens.iter().map(|token| token.text.as_str()).collect::<Vec<_>>()),
            _ => None,
        });
        for words in tails {
            if let Some(chain) = words.get(1) {
                self.tails.want(chain, written(format!("{} {}", command.program, words.join(" "))), at);
            }
        }
    }

    /// All edits, with the rules that must stand at the end of a chain behind the others.
    pub(super) fn finish(mut self, items: &mut Vec<Item>) -> Vec<Edit> {
        let (tails, moved) = self.tails.put();
        items.append(&mut self.items);
        items.extend(moved);
        self.edits.extend(tails);
        self.edits
    }
}

/// What is said of a command that is translated when it runs.
fn at_run_time(names: &BTreeSet<String>) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => "this command differs from run to run; from_ipchains translates it while the script runs".to_owned(),
        names => format!(
            "from_ipchains translates this command while the script runs, since it depends on {}",
            names.join(", ")
        ),
    }
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
