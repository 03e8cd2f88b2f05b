//! Words of the script that say more than one argument, or an option: `I="ipchains -A forward"`, `no="-l -j REJECT"`,
//! `$ACTION`.
//!
//! A command with such words is translated by their values. Where the arguments of a word stay as they are, the
//! word stays too; else the arguments take its place.

use std::ops::Range;

use super::cases::Deciding;
use super::command::{Line, NO_TEXT, is_literal};
use super::render::quoted;
use super::roles::{Roles, variable};
use super::rule::Token;
use crate::dialect::ipchains::{Opt, Use};
use crate::model::Word;

/// A word of the script whose arguments are translated by value.
struct Group {
    /// The number of the word.
    word: usize,
    /// Its text.
    text: String,
    /// Its arguments, and their values.
    arguments: Range<usize>,
    values: Vec<String>,
}

/// How the arguments of a command are written.
pub(super) struct Arguments {
    /// The text of each argument, for the translation.
    pub(super) texts: Vec<String>,
    /// The number of each argument's word.
    numbers: Vec<usize>,
    /// Their values, where they are known.
    values: Vec<Option<String>>,
    groups: Vec<Group>,
    /// The program, where the first word holds it beside arguments.
    program: Option<String>,
}

impl Arguments {
    /// `written` are the texts of the script's words, `numbers` says which of them gives each argument.
    pub(super) fn new(
        values: &[Word],
        written: &[String],
        numbers: &[usize],
        uses: &[Use],
        program: Option<String>,
    ) -> Self {
        let mut groups: Vec<Group> = Vec::new();
        let mut texts = Vec::new();
        for (at, (value, number)) in values.iter().zip(numbers).enumerate() {
            let text = written.get(*number).cloned().unwrap_or_default();
            let shared =
                numbers.iter().filter(|other| *other == number).count() > 1 || program.is_some() && *number == 0;
            let option = uses.iter().any(|found| found.word == at) && !is_literal(&text);
            if !shared && !option {
                texts.push(text);
                continue;
            }
            let own = value.known().map_or_else(|| NO_TEXT.to_owned(), quoted);
            texts.push(own.clone());
            match groups.last_mut().filter(|group| group.word == *number) {
                Some(group) => {
                    group.arguments.end = at + 1;
                    group.values.push(own);
                }
                None => groups.push(Group { word: *number, text, arguments: at..at + 1, values: vec![own] }),
            }
        }
        let known = values.iter().map(|value| value.known().map(str::to_owned)).collect();
        Self { texts, numbers: numbers.to_vec(), values: known, groups, program }
    }

    /// Turns the anchors of `lines` from arguments to words, and puts the words back that stay as they are; false
    /// where a line needs the text of an argument that has none.
    pub(super) fn settle(&self, lines: &mut [Line], roles: &mut Roles) -> bool {
        let mut complete = true;
        for line in lines {
            let (tokens, begins) = match line {
                Line::Filter { tokens, .. }
                | Line::EachDevice { tokens, .. }
                | Line::Flagged { tokens, .. }
                | Line::Rejecting { tokens, .. } => (tokens, true),
                Line::Tail(tokens) => (tokens, false),
                Line::Refused(_) | Line::Clear { .. } | Line::Perhaps(_) | Line::Behind(_) => continue,
                Line::Shell(text) => {
                    complete &= !text.contains(NO_TEXT);
                    continue;
                }
            };
            let mut has_program = self.program.is_none() || !begins;
            for group in &self.groups {
                let keeps = self.program.is_none() || group.word > 0 || begins;
                if keeps && group.put_back(tokens, roles, self.program.is_some() && group.word == 0) {
                    has_program |= group.word == 0;
                }
            }
            if let (false, Some(program)) = (has_program, &self.program) {
                tokens.insert(0, Token { anchor: 0, text: program.clone() });
            }
            self.put_variables_back(tokens, roles);
            for token in tokens {
                token.anchor = self.numbers.get(token.anchor).copied().unwrap_or(usize::MAX);
                complete &= !token.text.contains(NO_TEXT);
            }
        }
        complete
    }

    /// A variable whose value is only written otherwise for iptables, such as a network, stays and gets that value.
    fn put_variables_back(&self, tokens: &mut [Token], roles: &mut Roles) {
        for at in 0..tokens.len() {
            let Some(argument) = tokens.get(at).map(|token| token.anchor) else { continue };
            let alone = tokens.iter().filter(|token| token.anchor == argument).count() == 1;
            let grouped = self.groups.iter().any(|group| group.arguments.contains(&argument));
            let (Some(text), Some(Some(value))) = (self.texts.get(argument), self.values.get(argument)) else {
                continue;
            };
            let token = &mut tokens[at];
            if let (Some(name), true, false) = (variable(text), alone && roles.changes_values, grouped)
                && is_literal(&token.text)
                && token.text != *value
                && roles.want(&name, value, &token.text)
            {
                token.text.clone_from(text);
            }
        }
    }

    /// What decides what becomes of the command: the texts of its words that are not literal, with their values,
    /// in the order of the script, so that the words of all runs go together. Words of `spaced` say that with other
    /// blanks than one between their arguments. The `ports` are words that may be there.
    pub(super) fn deciding(
        &self,
        values: &[Word],
        (written, spaced): (&[String], &[Option<String>]),
        uses: &[Use],
        ports: &[usize],
    ) -> Deciding {
        let of_word = |number: usize| {
            if let Some(Some(text)) = spaced.get(number) {
                return Some(text.clone());
            }
            let own = values.iter().zip(&self.numbers).filter(|(_, own)| **own == number);
            let known: Option<Vec<&str>> = own.map(|(value, _)| value.known()).collect();
            known.map(|words| words.join(" "))
        };
        let decides = |text: &String| !is_literal(text) && !text.contains(['`', '(']);
        let words = written
            .iter()
            .enumerate()
            .filter(|(number, text)| decides(text) && !(self.program.is_some() && *number == 0));
        let says_what = |number: &usize| {
            let mut own = self.numbers.iter().enumerate().filter(|(_, own)| *own == number).peekable();
            let matches =
                [Opt::Source, Opt::Destination, Opt::SourcePort, Opt::DestinationPort, Opt::Interface, Opt::Protocol];
            let test = |at: usize| {
                let of = |found: &Use| found.port.is_some_and(|port| port.word == at) || found.arguments.contains(&at);
                ports.contains(&at) || uses.iter().any(|found| matches.contains(&found.spec.opt) && of(found))
            };
            own.peek().is_none() || own.any(|(at, _)| !test(at))
        };
        let own = |(number, text): (usize, &String)| ((text.clone(), of_word(number)), says_what(&number));
        let (words, actions) = words.map(own).unzip();
        Deciding { words, actions }
    }

    /// The arguments in the first word, as they are in ipchains, where it holds the program too.
    pub(super) fn prefix(&self) -> Option<String> {
        self.program.as_ref()?;
        let group = self.groups.first().filter(|group| group.word == 0)?;
        let values = group.values.join(" ");
        match variable(&group.text) {
            // Some of them have no text in the script, but all are in the variable, behind the program.
            Some(name) if values.contains(NO_TEXT) => Some(format!("${{{name}#*[[:space:]]}}")),
            _ => Some(values.replace(NO_TEXT, "")),
        }
    }

    /// Whether some of the arguments in the first word have no text anywhere in the script.
    pub(super) fn lacks_text(&self) -> bool {
        let first = self.program.as_ref().and_then(|_| self.groups.first()).filter(|group| group.word == 0);
        first.is_some_and(|group| variable(&group.text).is_none() && group.values.iter().any(|value| value == NO_TEXT))
    }
}

impl Group {
    /// Puts the word back in the place of its arguments, if they are all there, together and as they were. A
    /// variable whose value only has other names in it stays too, and gets that value.
    fn put_back(&self, tokens: &mut Vec<Token>, roles: &mut Roles, first: bool) -> bool {
        let Some(at) = tokens.iter().position(|token| self.arguments.contains(&token.anchor)) else { return false };
        let own = tokens.iter().filter(|token| self.arguments.contains(&token.anchor)).count();
        let anchors = tokens.iter().skip(at).take(own).map(|token| token.anchor);
        if own != self.values.len() || !anchors.eq(self.arguments.clone()) || first && at > 0 {
            return false;
        }
        let changed: Vec<(String, String)> = self
            .values
            .iter()
            .zip(tokens.iter().skip(at))
            .filter(|(value, token)| **value != token.text)
            .map(|(value, token)| (value.clone(), token.text.clone()))
            .collect();
        let name = variable(&self.text);
        let renames = changed.iter().all(|(old, new)| !old.starts_with('-') && !new.starts_with('-'));
        let agreed = match &name {
            Some(name) if renames => {
                let new = tokens.iter().skip(at).map(|token| token.text.as_str());
                roles.want_all(name, self.values.iter().map(String::as_str).zip(new))
            }
            _ => changed.is_empty(),
        };
        if agreed {
            tokens.splice(at..at + own, [Token { anchor: self.arguments.start, text: self.text.clone() }]);
        }
        agreed
    }
}
