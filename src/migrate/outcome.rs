//! What becomes of each simple command, over all the ways in which it is run.

use std::sync::Arc;

use std::collections::{BTreeMap, BTreeSet};

use super::cases::{Cases, Choice, Deciding};
use super::command::{Line, is_literal, may_be_builtin};
use super::names::{iptables_name, is_program};
use super::obsolete::{self, Fate};
use super::render::{Command, Renamed, comment_above};
use super::roles::{Roles, unquoted, variable};
use super::rule::{Token, Trouble};
use super::sites::Site;
use super::{Item, runtime};
use crate::analysis::Analysis;
use crate::eval::{Input, Invocation, Program, Step};
use crate::model::{Action, Effect, Rule, Test};
use crate::text::{Edit, Place, Span};

/// What becomes of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It stays as it is.
    Keep,
    /// These take its place.
    Lines(Vec<Line>),
    /// Other commands take its place, with a note.
    Commands(Vec<String>, Option<String>),
    /// Lines take its place that may differ by the values of its words.
    ByValue(Cases),
    /// Which lines take its place depends on its words.
    Choice(Choice),
    /// Its text becomes this.
    Rewritten(String),
    /// It is needed no longer; the reason.
    Nothing(String),
    /// Its rule can match no packet.
    Never,
    /// Which commands take its place depends on the text `subject` of its words: its values and their commands.
    Arms { subject: String, arms: Vec<(String, Vec<String>)> },
    /// It stays, though in some runs it is about a thing that is gone; whether a person must change it.
    Doubtful { person: bool },
    /// It is translated when it runs; the variables that decide it.
    RunTime(BTreeSet<String>),
    /// A person must decide; the reason.
    Person(String),
}

impl Outcome {
    pub(super) fn of(result: Result<Vec<Line>, Trouble>) -> Self {
        match result {
            Ok(lines) => Self::Lines(lines),
            Err(Trouble::RunTime) => Self::RunTime(BTreeSet::new()),
            Err(Trouble::Never) => Self::Never,
            Err(Trouble::Person(reason)) => Self::Person(reason),
        }
    }

    /// Whether it is about another program than ipchains.
    fn is_surrounding(&self) -> bool {
        matches!(
            self,
            Self::Keep
                | Self::Rewritten(_)
                | Self::Commands(..)
                | Self::Nothing(_)
                | Self::Doubtful { .. }
                | Self::Arms { .. }
        )
    }

    fn of_fate(fate: Fate) -> Self {
        match fate {
            Fate::Keep => Self::Keep,
            Fate::Commands { commands, note } => Self::Commands(commands, note),
            Fate::Nothing { note } => Self::Nothing(note),
            Fate::Person { reason } => Self::Person(reason),
        }
    }
}

/// What becomes of one simple command.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// The number of its first argument among its words.
    pub(super) first: usize,
    pub(super) outcome: Outcome,
    /// The arguments of its first word, where that holds the program too.
    pub(super) prefix: Option<String>,
    /// When it was run last.
    pub(super) order: usize,
}

/// What becomes of all of them.
#[derive(Default)]
pub(super) struct Outcomes {
    pub(super) sites: BTreeMap<usize, Found>,
    pub(super) items: Vec<Item>,
    /// Here-documents with rules, rewritten.
    pub(super) here: Vec<Edit>,
    order: usize,
}

impl Outcomes {
    /// Adds the outcome of one run of a command; where runs differ it is decided at run time.
    pub(super) fn add(&mut self, site: usize, first: usize, outcome: Outcome) {
        self.add_run(site, Found { first, outcome, prefix: None, order: 0 }, Deciding::default());
    }

    /// The same for a command with words that may decide what becomes of it, and their values in this run.
    pub(super) fn add_run(&mut self, site: usize, run: Found, words: Deciding) {
        self.order += 1;
        let cases = Cases::of(&run.outcome, words);
        let Some(found) = self.sites.get_mut(&site) else {
            let outcome = cases.map_or(run.outcome, Outcome::ByValue);
            self.sites.insert(site, Found { outcome, order: self.order, ..run });
            return;
        };
        found.order = self.order;
        if found.prefix != run.prefix {
            let reason = "the first words of this command differ from run to run";
            found.outcome = Outcome::Person(reason.to_owned());
            return;
        }
        if let (Outcome::ByValue(known), Some(new)) = (&mut found.outcome, cases) {
            known.add(new);
            return;
        }
        if found.outcome == run.outcome {
            return;
        }
        found.outcome = match (&found.outcome, run.outcome) {
            (Outcome::Arms { subject, arms }, Outcome::Arms { arms: new, .. }) => {
                let added = new.into_iter().filter(|arm| !arms.contains(arm));
                Outcome::Arms { subject: subject.clone(), arms: arms.iter().cloned().chain(added).collect() }
            }
            (Outcome::Person(reason), _) => Outcome::Person(reason.clone()),
            (_, Outcome::Person(reason)) => Outcome::Person(reason),
            (known, new) if known.is_surrounding() && new.is_surrounding() => {
                let harmless = |outcome: &Outcome| {
                    matches!(outcome, Outcome::Keep | Outcome::Nothing(_) | Outcome::Doubtful { person: false })
                };
                Outcome::Doubtful { person: !harmless(known) || !harmless(&new) }
            }
            (Outcome::RunTime(known), Outcome::RunTime(new)) => Outcome::RunTime(known.union(&new).cloned().collect()),
            // A rule that matches in some runs only is left to the run.
            (Outcome::RunTime(names), _) => Outcome::RunTime(names.clone()),
            (_, Outcome::RunTime(names)) => Outcome::RunTime(names),
            _ => Outcome::RunTime(BTreeSet::new()),
        };
    }

    /// Settles what is decided by words, whose values are now known to be called as in `roles`.
    pub(super) fn name_values(&mut self, roles: &Roles) {
        for found in self.sites.values_mut() {
            if let Outcome::ByValue(cases) = &mut found.outcome {
                found.outcome = std::mem::take(cases).settled(roles);
            }
        }
    }

    /// The commands that keep the words of ipchains.
    pub(super) fn untranslated(&self) -> impl Iterator<Item = usize> + '_ {
        let kept = |found: &Found| match &found.outcome {
            Outcome::RunTime(_) | Outcome::Keep => true,
            Outcome::ByValue(cases) => cases.is_open() || cases.asks(),
            _ => false,
        };
        self.sites.iter().filter(move |(_, found)| kept(found)).map(|(site, _)| *site)
    }

    /// A command that stands in another file.
    pub(super) fn elsewhere(&mut self, step: &Step, invocation: &Invocation) {
        if invocation.program == Program::Ipchains {
            let message = "this command stands where it cannot be rewritten; migrate it by hand".to_owned();
            self.items.push(Item { place: step.place, message, person: true });
        }
    }
}

/// What becomes of a command of another program than ipchains.
pub(super) fn surrounding(invocation: &Invocation, iptables: &str) -> Outcome {
    let words: Vec<Option<&str>> = invocation.arguments.iter().map(|word| word.known()).collect();
    let shown: Vec<String> = invocation.arguments.iter().map(|word| word.value.to_string()).collect();
    let texts: Vec<&str> = shown.iter().map(String::as_str).collect();
    outcome_of(invocation, "modprobe", &words, &texts, iptables)
}

/// The same, with the words as the script has them.
pub(super) fn surrounding_at(
    invocation: &Invocation,
    iptables: &str,
    renamed: &Renamed<'_>,
    site: &Site<'_>,
) -> Outcome {
    let words: Vec<Option<&str>> = invocation.arguments.iter().map(|word| word.known()).collect();
    let written: Vec<String> = invocation.arguments.iter().map(|word| renamed.text(word.place.span)).collect();
    let texts: Vec<&str> = written.iter().map(String::as_str).collect();
    let program = renamed.text(invocation.name.span);
    let own = site.words();
    let apart = invocation.arguments.iter().all(|word| own.contains(&word.place.span) && word.place != invocation.name);
    let outcome = outcome_of(invocation, &program, &words, &texts, iptables);
    if invocation.program == Program::LoadModule && apart && written.iter().any(|text| !is_literal(text)) {
        return arms(invocation, &written, outcome, site, renamed);
    }
    let service = invocation.program == Program::Service || invocation.program == Program::Chkconfig;
    let all: Vec<String> = site.words().iter().map(|word| renamed.source.text(*word).into_owned()).collect();
    let plain: Vec<&str> = all.iter().map(|word| unquoted(word)).collect();
    if !apart && invocation.program != Program::ProcWrite && outcome != Outcome::Keep {
        return Outcome::Person("this command stands in a string or a variable; migrate it by hand".to_owned());
    }
    if matches!(invocation.program, Program::IpchainsSave | Program::IpchainsRestore) {
        return save_or_restore(invocation, renamed, site, outcome);
    }
    if service && obsolete::is_ipchains_service(&plain) {
        let source = renamed.source;
        let (mut text, mut at) = (String::new(), site.extent().start);
        for word in site.words() {
            text.push_str(&source.text(Span { start: at, end: word.start }));
            text.push_str(&iptables_name(&source.text(word)));
            at = word.end;
        }
        text.push_str(&source.text(Span { start: at, end: site.extent().end }));
        return Outcome::Rewritten(text);
    }
    outcome
}

/// A module whose name is in a variable: what is to be loaded depends on its value.
fn arms(
    invocation: &Invocation,
    written: &[String],
    outcome: Outcome,
    site: &Site<'_>,
    renamed: &Renamed<'_>,
) -> Outcome {
    let known: Option<Vec<&str>> = invocation.arguments.iter().map(|word| word.known()).collect();
    let own = || renamed.text(site.extent());
    let commands = match outcome {
        Outcome::Keep => vec![own()],
        Outcome::Commands(commands, _) => commands,
        Outcome::Nothing(_) => vec![":".to_owned()],
        other => return other,
    };
    match known {
        Some(words) => Outcome::Arms { subject: written.join(" "), arms: vec![(words.join(" "), commands)] },
        // Nothing is known of the module, so it is most likely no business of ours.
        None => Outcome::Keep,
    }
}

/// `ipchains-save` and `ipchains-restore` have options that their successors lack or understand otherwise.
fn save_or_restore(invocation: &Invocation, renamed: &Renamed<'_>, site: &Site<'_>, outcome: Outcome) -> Outcome {
    let obsolete = |word: &&crate::model::Word| {
        word.known().is_some_and(|text| matches!(text, "-v" | "-f" | "-p" | "-vf" | "-fv"))
    };
    let dropped: Vec<Span> = invocation.arguments.iter().filter(obsolete).map(|word| word.place.span).collect();
    let one_chain = invocation.arguments.iter().any(|word| word.known().is_none_or(|text| !text.starts_with('-')));
    if invocation.program == Program::IpchainsSave && one_chain {
        return Outcome::Person("iptables-save cannot save one chain; it saves whole tables".to_owned());
    }
    if dropped.is_empty() {
        return outcome;
    }
    let extent = site.extent();
    let (mut text, mut at) = (String::new(), extent.start);
    for span in dropped {
        text.push_str(renamed.text(Span { start: at, end: span.start }).trim_end());
        at = span.end;
    }
    text.push_str(&renamed.text(Span { start: at, end: extent.end }));
    let note = match outcome {
        Outcome::Commands(_, note) => note,
        _ => None,
    };
    Outcome::Commands(vec![text], note)
}

fn outcome_of(
    invocation: &Invocation,
    program: &str,
    words: &[Option<&str>],
    texts: &[&str],
    iptables: &str,
) -> Outcome {
    let shown: Vec<&str> = words.iter().zip(texts).map(|(known, text)| known.unwrap_or(text)).collect();
    match invocation.program {
        Program::LoadModule if shown.contains(&"-r") => Outcome::of_fate(obsolete::unload_module(program, &shown)),
        Program::LoadModule => Outcome::of_fate(obsolete::load_module(program, &shown, iptables)),
        Program::UnloadModule => Outcome::of_fate(obsolete::unload_module(program, &shown)),
        Program::Sysctl => Outcome::of_fate(obsolete::sysctl(&shown)),
        Program::ProcWrite => match shown.as_slice() {
            [path, value] => Outcome::of_fate(obsolete::proc_write(path, value)),
            _ => Outcome::Keep,
        },
        Program::Ipmasqadm => Outcome::of_fate(obsolete::masqadm(words, texts, iptables)),
        Program::Ipfwadm => Outcome::Person("ipfwadm is older than ipchains; this command is left out".to_owned()),
        Program::IpchainsRestore if matches!(invocation.input, Input::Here(_)) => Outcome::Keep,
        Program::IpchainsRestore => Outcome::Commands(Vec::new(), Some(RESTORE_NOTE.to_owned())),
        _ => Outcome::Keep,
    }
}

const RESTORE_NOTE: &str =
    "the rules that this reads must be in the format of iptables-save: migrate that file with iptmigrate too";

/// A built-in chain of iptables that a command names and the script never makes.
pub(super) fn foreign_chain(action: &Action, analysis: &Analysis<'_>) -> Option<String> {
    let chain = match action {
        Action::Append { chain, .. }
        | Action::Insert { chain, .. }
        | Action::Policy { chain, .. }
        | Action::Flush { chain: Some(chain) } => chain.known()?,
        _ => return None,
    };
    let made = analysis
        .commands()
        .any(|(_, command)| matches!(&command.action, Action::NewChain { chain: made } if made.is(chain)));
    let builtin = matches!(chain, "INPUT" | "FORWARD" | "OUTPUT" | "PREROUTING" | "POSTROUTING");
    (builtin && !made).then(|| chain.to_owned())
}

/// Whether a rule means different things on different sides, in a chain of which nobody knows the side.
pub(super) fn side_is_open(action: &Action) -> bool {
    let (Action::Append { chain, rules } | Action::Insert { chain, rules, .. }) = action else { return false };
    let differs = |rule: &Rule| {
        let interface = rule.matches.iter().any(|found| matches!(found.test, Test::Interface(_)));
        interface || rule.target.as_ref().is_some_and(|target| target.name.is("REJECT"))
    };
    chain.pieces().len() > 1 && !may_be_builtin(chain) && rules.iter().any(|rule| differs(rule))
}

/// Why the function that translates at run time cannot do a command either.
pub(super) fn beyond_run_time(action: &Action) -> Option<String> {
    let (chain, rules): (_, &[Arc<Rule>]) = match action {
        Action::Append { chain, rules } | Action::Insert { chain, rules, .. } | Action::DeleteRule { chain, rules } => {
            (chain, rules)
        }
        Action::Replace { chain, rule, .. } => (chain, std::slice::from_ref(rule)),
        Action::Check { .. } => return Some("iptables cannot say what would happen to a packet".to_owned()),
        _ => return None,
    };
    let builtin = chain.known().is_none_or(|chain| matches!(chain, "input" | "forward" | "output"));
    let elsewhere = |rule: &Rule| {
        let target = rule.target.as_ref().and_then(|target| target.name.known());
        let marks = rule.effects.iter().any(|effect| matches!(effect, Effect::Mark(_) | Effect::Tos { .. }));
        marks || matches!(target, Some("MASQ" | "REDIRECT"))
    };
    let reason =
        "its words are only known at run time, and in a chain of the script's own that is too late for what it does";
    (!builtin && rules.iter().any(|rule| elsewhere(rule))).then(|| reason.to_owned())
}

/// How the script calls iptables: its variable, or the program.
pub(super) fn program_text(analysis: &Analysis<'_>, variables: &BTreeMap<String, String>) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for (_, _, invocation) in analysis
        .invocations()
        .filter(|(_, _, invocation)| invocation.program == Program::Ipchains && invocation.name.file == analysis.file)
    {
        let text = analysis.sources.text(invocation.name).into_owned();
        let prefix = invocation.arguments.iter().any(|word| invocation.name.span.contains(word.place.span));
        if is_plain_program(&[&text]) && !prefix {
            *counts.entry(text).or_default() += 1;
        }
    }
    let most = counts
        .into_iter()
        .max_by_key(|(_, count)| *count)
        .map(|(text, _)| text)
        .unwrap_or_else(|| "iptables".to_owned());
    match variable(&most) {
        Some(name) => most.replace(&name, variables.get(&name).unwrap_or(&name)),
        None => iptables_name(&most),
    }
}

/// Whether the words before the arguments are the program alone, or a variable for it.
pub(super) fn is_plain_program(head: &[&str]) -> bool {
    match head {
        [one] => is_program(unquoted(one)) || variable(one).is_some(),
        ["sudo" | "exec" | "nice" | "command", rest @ ..] => is_plain_program(rest),
        _ => false,
    }
}

/// A text as a pattern that matches it alone.
fn quoted(text: &str) -> String {
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/'));
    if plain && !text.is_empty() { text.to_owned() } else { format!("'{}'", text.replace('\'', "")) }
}

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
        let default_program = runtime::default_program(analysis);
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
