//! New commands as text: the old one rewritten where it stands, the others beside it.

use super::cases::Choice;
use super::command::Line;
use super::rule::{Devices, Flag, Token};
use super::runtime;
use super::sites::Site;
use super::variables::LoopVariables;
use crate::syntax::{Kind, Node};
use crate::text::{Edit, Source, Span};

/// The text of a script in which some names are changed.
pub(super) struct Renamed<'a> {
    pub(super) source: &'a Source,
    /// The changes in the order of their places.
    pub(super) edits: &'a [Edit],
    /// What loops that are added call their variables.
    pub(super) variables: LoopVariables,
}

impl<'a> Renamed<'a> {
    /// The text of a file with these changes.
    pub(super) fn of(source: &'a Source, edits: &'a [Edit]) -> Self {
        Self { source, edits, variables: LoopVariables::of(source.view()) }
    }

    /// The text of `span` with the changes that fall into it.
    pub(super) fn text(&self, span: Span) -> String {
        let mut out = String::new();
        let mut at = span.start;
        let first = self.edits.partition_point(|edit| edit.span.start < span.start);
        let near = self.edits.iter().skip(first).take_while(|edit| edit.span.start <= span.end);
        for edit in near.filter(|edit| span.contains(edit.span)) {
            out.push_str(&self.source.text(Span { start: at, end: edit.span.start.max(at) }));
            out.push_str(&edit.text);
            at = edit.span.end;
        }
        out.push_str(&self.source.text(Span { start: at, end: span.end.max(at) }));
        out
    }

    /// Lines of commands before a statement, as an edit; a comment among them needs a line of its own.
    pub(super) fn before(&self, statement: Span, lines: &[String]) -> Edit {
        let text: String = match self.indentation(statement.start) {
            Some(indentation) => lines.iter().map(|line| format!("{line}\n{indentation}")).collect(),
            None => format!("{}; ", in_one_line(lines)),
        };
        Edit::insert(statement.start, text)
    }

    /// The white space at the beginning of the line of `offset`, where nothing else stands before it.
    pub(super) fn indentation(&self, offset: u32) -> Option<String> {
        let line = self.source.line_span(offset);
        let before = self.source.text(Span { start: line.start, end: offset }).into_owned();
        before.trim().is_empty().then_some(before)
    }
}

/// Commands without their comments, in one line.
pub(super) fn in_one_line(lines: &[String]) -> String {
    let commands = lines.iter().map(|line| line.trim_start()).filter(|line| !line.starts_with('#'));
    commands.fold(String::new(), |all, command| match all.as_str() {
        "" => command.to_owned(),
        open if open.ends_with("; then") => format!("{all} {command}"),
        _ => format!("{all}; {command}"),
    })
}

/// A command of the script on its way into the output.
#[derive(Clone)]
pub(super) struct Command<'a, 't> {
    pub(super) text: &'a Renamed<'a>,
    pub(super) site: &'a Site<'t>,
    /// The number of its first argument among its words.
    pub(super) first: usize,
    /// The words that name the program.
    pub(super) program: String,
    /// Those that do for what may fail.
    pub(super) trying: String,
    /// Each line has the program among its own words.
    pub(super) brings_program: bool,
    /// All commands in its place have its redirections together.
    pub(super) at_once: bool,
}

impl Command<'_, '_> {
    /// The text that replaces the command.
    pub(super) fn lines(&self, lines: &[Line]) -> String {
        if lines.len() > 1 && self.would_write_again() {
            return Self { at_once: true, ..self.clone() }.lines(lines);
        }
        let (flagged, others): (Vec<&Line>, Vec<&Line>) = match separable(lines) {
            true => lines.iter().partition(|line| matches!(line, Line::Flagged { .. })),
            false => (Vec::new(), lines.iter().collect()),
        };
        let flags = self.flagged(&flagged);
        let shown = others.into_iter().filter_map(|line| self.line(line));
        self.join(&flags.into_iter().chain(shown).collect::<Vec<_>>())
    }

    /// The commands that are for a flag in one `case`.
    fn flagged(&self, lines: &[&Line]) -> Option<String> {
        let [first @ Line::Flagged { flag, .. }, rest @ ..] = lines else { return None };
        if rest.is_empty() {
            return self.line(first);
        }
        let log = lines.iter().filter_map(|line| match line {
            Line::Flagged { tokens, devices, .. } => Some(Line::beside(tokens.clone(), devices.clone())),
            _ => None,
        });
        Some(self.flag_case(flag, log.collect()))
    }

    /// The lines for a flag, if it is one.
    fn flag_case(&self, flag: &Flag, log: Vec<Line>) -> String {
        let arms = vec![(vec![vec!["-l".to_owned()]], log), (vec![vec![String::new()]], Vec::new())];
        let choice = Choice { subjects: vec![flag.word()], arms, common: Vec::new() };
        // Another value of a parameter spoils the rule with the verdict; that of a placeholder must be told here.
        let otherwise = match flag {
            Flag::Parameter(_) => None,
            Flag::Placeholder(_) => Some(runtime::no_translation(&self.said(&choice.subjects))),
        };
        self.case(&choice, otherwise.as_deref())
    }

    /// Several commands in the place of one. Where that was the last one for its shell, only one alone can be so itself.
    pub(super) fn join(&self, commands: &[String]) -> String {
        let ends = self.site.ends(self.text.source);
        match commands {
            [one] if ends && one.starts_with(EXEC) => one.clone(),
            several if ends => {
                let several = several.iter().map(|command| without_exec(command).to_owned());
                self.listed(&several.chain(["exit".to_owned()]).collect::<Vec<_>>())
            }
            several => self.listed(several),
        }
    }

    fn listed(&self, commands: &[String]) -> String {
        match commands {
            [] => ":".to_owned(),
            [one] if self.at_once => format!("{one}{}", self.all_redirects()),
            [one] => one.clone(),
            several if self.at_once => format!("{{ {}; }}{}", self.one_by_one(several), self.all_redirects()),
            several if !self.site.listed => format!("{{ {}; }}", self.one_by_one(several)),
            several => match self.text.indentation(self.site.node.span.start) {
                Some(indentation) => several.join(&format!("\n{indentation}")),
                None => several.join("; "),
            },
        }
    }

    /// Several commands on a line; where the script asks whether the old one succeeds, all of them must.
    fn one_by_one(&self, commands: &[String]) -> String {
        if !self.site.tested || self.site.ends(self.text.source) {
            return commands.join("; ");
        }
        let whole = |command: &String| match command.contains(" || ") {
            true => format!("{{ {command}; }}"),
            false => command.clone(),
        };
        commands.iter().map(whole).collect::<Vec<_>>().join(" && ")
    }

    /// Commands that depend on what some words say, and those that follow in any case. What the words say in no run
    /// of the script, it says when it meets it.
    pub(super) fn choice(&self, choice: &Choice) -> String {
        if self.would_write_again() {
            return Self { at_once: true, ..self.clone() }.choice(choice);
        }
        let common = choice.common.iter().filter_map(|line| self.line(line));
        let case = self.case(choice, Some(&runtime::no_translation(&self.said(&choice.subjects))));
        self.join(&std::iter::once(case).chain(common).collect::<Vec<_>>())
    }

    /// A `case` for the arms of a choice, and what it does for anything else, if something may be else.
    fn case(&self, choice: &Choice, otherwise: Option<&str>) -> String {
        let indentation = self.text.indentation(self.site.node.span.start).filter(|_| self.site.listed);
        let (gap, end) = match &indentation {
            Some(indentation) => (format!("\n{indentation}    "), format!("\n{indentation}")),
            None => (" ".to_owned(), " ".to_owned()),
        };
        let arm = |(said, lines): &(Vec<Vec<String>>, Vec<Line>)| {
            let commands = lines.iter().filter_map(|line| match line {
                Line::Filter { tokens, .. } => Some(self.compact(tokens)),
                other => self.line(other),
            });
            let patterns: Vec<String> = said.iter().map(|values| self.pattern(&values.join(","))).collect();
            let commands: Vec<String> = commands.collect();
            if commands.is_empty() {
                return format!("{gap}{}) ;;", patterns.join(" | "));
            }
            let commands = match indentation.is_some() && commands.len() > 1 {
                true => commands.iter().map(|command| format!("{gap}    {command}")).collect(),
                false => format!(" {}", self.one_by_one(&commands)),
            };
            format!("{gap}{}){commands} ;;", patterns.join(" | "))
        };
        let subject = self.subject(&choice.subjects);
        let arms = choice.arms.iter().filter(|(_, lines)| otherwise.is_some() || !lines.is_empty());
        let otherwise = otherwise.map(|commands| format!("{gap}*) {commands} ;;"));
        let arms: Vec<String> = arms.map(arm).chain(otherwise).collect();
        match (arms.as_slice(), choice.arms.as_slice()) {
            ([one], [_, _]) if !one.trim().contains('\n') => format!("case {subject} in {} esac", one.trim()),
            _ => format!("case {subject} in{}{end}esac", arms.concat()),
        }
    }

    /// A command that is only for these values of some words, in one line.
    pub(super) fn only_for(&self, subjects: &[String], said: &[Vec<String>], command: &str) -> String {
        let patterns: Vec<String> = said.iter().map(|values| self.pattern(&values.join(","))).collect();
        format!("case {} in {}) {command} ;; esac", self.subject(subjects), patterns.join(" | "))
    }

    /// The words of a choice as one argument.
    fn said(&self, words: &[String]) -> String {
        match self.quote() {
            Some(_) => self.subject(words),
            None => format!("\"{}\"", words.join(",").replace('"', "")),
        }
    }

    /// What a `case` asks; in a string that is run as a script the words are put in before, so they need quotes.
    fn subject(&self, words: &[String]) -> String {
        let text = words.join(",");
        match self.quote() {
            Some('"') => format!("'{}'", text.replace(['"', '\''], "")),
            Some(_) => format!("\"{}\"", text.replace('"', "")),
            None => text,
        }
    }

    /// A text as a pattern that matches it alone.
    fn pattern(&self, text: &str) -> String {
        let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "_-./,:=+@%".contains(c));
        match (plain && !text.is_empty(), self.quote()) {
            (true, _) => text.to_owned(),
            (false, Some('\'')) => format!("\"{text}\""),
            (false, _) => format!("'{text}'"),
        }
    }

    /// The quote around the string in which the command stands.
    fn quote(&self) -> Option<char> {
        let string = self.site.string?;
        self.text.source.text(string).chars().next()
    }

    fn line(&self, line: &Line) -> Option<String> {
        match line {
            Line::Filter { tokens, main: true } => Some(self.in_place(tokens)),
            Line::Filter { tokens, main: false } => Some(self.compact(tokens)),
            Line::EachDevice { tokens, devices } => Some(self.each_device(tokens, devices)),
            Line::Flagged { tokens, flag, devices } => {
                Some(self.flag_case(flag, vec![Line::beside(tokens.clone(), devices.clone())]))
            }
            Line::Rejecting { tokens, word } => {
                let arms =
                    vec![(vec![vec!["REJECT".to_owned()]], vec![Line::Filter { tokens: tokens.clone(), main: false }])];
                Some(self.case(&Choice { subjects: vec![word.clone()], arms, common: Vec::new() }, None))
            }
            Line::Shell(text) => Some(format!("{text}{}", self.redirects())),
            Line::Refused(reason) => Some(format!("{{ echo {} >&2; false; }}{}", quoted(reason), self.redirects())),
            Line::Tail(_) | Line::Behind(_) => None,
            Line::Perhaps(words) => Some(format!("{} {words} 2>/dev/null || :", self.trying)),
            Line::Clear { table, chains, full } => Some(self.clear(*table, chains, full)),
        }
    }

    /// Removes chains, once those that are `full` have been emptied; that one is not there may neither be said nor end
    /// the script.
    fn clear(&self, table: Option<&str>, chains: &str, full: &str) -> String {
        let table = table.map(|table| format!(" -t {table}")).unwrap_or_default();
        let command = |option: &str, chain: &str| format!("{}{table} {option} {chain} 2>/dev/null || :", self.trying);
        let variables = self.text.variables;
        let chain = format!("${}", variables.chain);
        let each = |option: &str, chains: &str| match chains.contains(' ') {
            true => format!("{}{chains}; do {}; done", variables.over_chains(), command(option, &chain)),
            false => command(option, chains),
        };
        match full {
            "" => each("-X", chains),
            full => format!("{}; {}", each("-F", full), each("-X", chains)),
        }
    }

    /// A command for each device whose address fits.
    fn each_device(&self, tokens: &[Token], devices: &Devices) -> String {
        let variable = self.text.variables.device;
        let device = [
            Token { anchor: usize::MAX, text: "-o".to_owned() },
            Token { anchor: usize::MAX, text: format!("${variable}") },
        ];
        let all: Vec<Token> = tokens.iter().cloned().chain(device).collect();
        let asked = devices.ports.as_ref().map(|ports| runtime::unless_masqueraded(ports)).unwrap_or_default();
        format!("{asked}for {variable} in $(masqueraded_from {}); do {}; done", devices.arguments, self.compact(&all))
    }

    /// A command on one line.
    pub(super) fn compact(&self, tokens: &[Token]) -> String {
        let program = (!self.brings_program).then_some(self.program.as_str());
        let words: Vec<&str> = program.into_iter().chain(tokens.iter().map(|token| token.text.as_str())).collect();
        format!("{}{}", words.join(" "), self.redirects())
    }

    /// The old command with its words replaced, so that its layout stays.
    fn in_place(&self, tokens: &[Token]) -> String {
        let words = self.site.words();
        let arguments = words.get(self.first..).unwrap_or_default();
        let extent = self.site.extent();
        let head_end = self.first.checked_sub(1).and_then(|last| words.get(last)).map_or(extent.start, |word| word.end);
        let mut out = self.text.text(Span { start: extent.start, end: head_end });
        let mut at = head_end;
        // The line break before a word that goes stays for the next one.
        let mut line_break = None;
        for (number, word) in arguments.iter().enumerate() {
            let own = tokens.iter().filter(|token| token.anchor == number);
            let own: Vec<&str> = own.map(|token| token.text.as_str()).collect();
            let gap = self.between(at, word.start);
            at = word.end;
            let blank = gap.replace("\\\r\n", " ").replace("\\\n", " ").trim().is_empty();
            if own.is_empty() && blank {
                line_break = line_break.or(gap.contains('\n').then_some(gap));
                continue;
            }
            let before = line_break.take().filter(|_| blank && !gap.contains('\n'));
            let gap = before.unwrap_or(gap);
            out.push_str(if own.is_empty() { gap.trim_end() } else { &gap });
            out.push_str(&own.join(" "));
        }
        let beyond: Vec<&str> =
            tokens.iter().filter(|token| token.anchor >= arguments.len()).map(|token| token.text.as_str()).collect();
        if !beyond.is_empty() {
            out.push(' ');
            out.push_str(&beyond.join(" "));
        }
        out.push_str(&self.between(at, extent.end));
        out
    }

    /// The text there, without the redirections that all commands have together.
    fn between(&self, start: u32, end: u32) -> String {
        let inside = Span { start, end };
        let redirects = self.site.node.all(Kind::Redirect).map(|redirect| redirect.span);
        let (mut out, mut at) = (String::new(), start);
        for redirect in redirects.filter(|redirect| self.at_once && inside.contains(*redirect)) {
            out.push_str(self.text.text(Span { start: at, end: redirect.start }).trim_end());
            at = redirect.end;
        }
        out + &self.text.text(Span { start: at, end })
    }

    /// Whether several commands in the place of this one would each begin a file anew that it writes to.
    fn would_write_again(&self) -> bool {
        let source = self.text.source;
        let anew = |redirect: Node<'_>| {
            let operator = redirect.child(Kind::RedirectOperator).map(|operator| source.text(operator.span));
            let to = redirect.child(Kind::Word).map(|word| source.text(word.span)).unwrap_or_default();
            let descriptor = to == "-" || to.chars().all(|digit| digit.is_ascii_digit());
            match operator.as_deref() {
                Some(">" | ">|" | "&>") => to != "/dev/null",
                Some(">&") => !descriptor && to != "/dev/null",
                _ => false,
            }
        };
        !self.at_once && !self.site.ends(source) && self.site.node.all(Kind::Redirect).any(anew)
    }

    /// The redirections that one of several commands has for itself.
    fn redirects(&self) -> String {
        if self.at_once { String::new() } else { self.all_redirects() }
    }

    /// The redirections of the command, each with a blank before it.
    fn all_redirects(&self) -> String {
        self.site.node.all(Kind::Redirect).map(|redirect| format!(" {}", self.text.text(redirect.span))).collect()
    }
}

/// What stands before a program that takes the place of the shell.
const EXEC: &str = "exec ";

/// A command behind which others may stand.
pub(super) fn without_exec(command: &str) -> &str {
    command.strip_prefix(EXEC).unwrap_or(command)
}

/// Whether the commands for a flag may stand before all others: each is about a chain of its own.
fn separable(lines: &[Line]) -> bool {
    let mut chains: Vec<&str> = Vec::new();
    lines.iter().filter(|line| matches!(line, Line::Flagged { .. })).all(|line| {
        let chain = super::cases::chain(line).map(|(_, chain)| chain);
        let own = chain.is_some_and(|chain| !chains.contains(&chain));
        chains.extend(chain);
        own
    })
}

/// A comment above the statement at `statement`, as an edit: the text `first`, then the lines of `body`.
///
/// What `first` quotes of a script may be of several lines, of which none may become a command.
pub(super) fn comment_above(text: &Renamed<'_>, statement: Span, first: &str, body: &str) -> Edit {
    let indentation = text.indentation(statement.start).unwrap_or_default();
    let mut comment = format!("# {}\n{indentation}", first.replace(['\n', '\r'], " "));
    for line in body.lines() {
        comment.push_str(&format!("#   {}\n{indentation}", line.trim()));
    }
    Edit::insert(statement.start, comment)
}

/// A text as one word of the shell.
pub(super) fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_./:,=@%+-!".contains(c);
    let bare = !text.is_empty() && text.chars().all(plain);
    if bare { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}
