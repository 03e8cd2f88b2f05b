//! What lines that ask at run time come to in a run in which the words are known.
//!
//! A command is run with words that are not known, and again with known ones: `PORT=25`, and then perhaps another
//! value from a file. Where the lines for the known words are a case of those for the others, these do for both.

use super::cases::Words;
use super::command::Line;
use super::roles::parameter;
use super::rule::{Before, Devices, Flag, Token, optional_port, takes_every_address, text_fits_masquerading};

/// The lines `general` in a run in which `words` have these values.
pub(super) fn of(general: &[Line], words: &Words) -> Vec<Line> {
    let run = Run(words);
    general.iter().filter_map(|line| run.line(line)).collect()
}

/// The values of words in one run.
struct Run<'a>(&'a Words);

impl Run<'_> {
    /// The word that is the parameter `name`, and its value; the default of a word stands for an empty one.
    fn variable(&self, name: &str) -> Option<(&str, &str)> {
        self.0.iter().find_map(|(text, value)| {
            let found = parameter(text).filter(|found| found.name == name)?;
            let value = value.as_deref()?;
            Some((text.as_str(), if found.default == Some(value) { "" } else { value }))
        })
    }

    fn flag(&self, flag: &Flag) -> Option<&str> {
        match flag {
            Flag::Parameter(name) => self.variable(name).map(|(_, value)| value),
            Flag::Placeholder(_) => None,
        }
    }

    fn value(&self, text: &str) -> Option<&str> {
        self.0.iter().find(|(own, _)| own == text)?.1.as_deref()
    }

    fn line(&self, line: &Line) -> Option<Line> {
        Some(match line {
            Line::Filter { tokens, main } => Line::Filter { tokens: self.tokens(tokens), main: *main },
            Line::EachDevice { tokens, devices } => {
                Line::EachDevice { tokens: self.tokens(tokens), devices: self.devices(devices)? }
            }
            Line::Flagged { tokens, flag, devices } => match self.flag(flag) {
                Some("") => return None,
                Some("-l") => Line::beside(self.tokens(tokens), devices.clone()),
                _ => Line::Flagged { tokens: self.tokens(tokens), flag: flag.clone(), devices: devices.clone() },
            },
            other => other.clone(),
        })
    }

    /// The devices, if masqueraded packets have the ports that are asked for.
    fn devices(&self, devices: &Devices) -> Option<Devices> {
        let ports = devices.ports.as_deref().and_then(parameter).and_then(|ports| self.variable(ports.name));
        match ports.map(|(_, ports)| text_fits_masquerading(ports)) {
            Some(Some(true)) => Some(Devices { ports: None, ..devices.clone() }),
            Some(Some(false)) => None,
            _ => Some(devices.clone()),
        }
    }

    fn tokens(&self, tokens: &[Token]) -> Vec<Token> {
        let mut found: Vec<Token> = Vec::new();
        for token in tokens {
            found.extend(self.token(token));
            let open = |at: usize| found.iter().rev().nth(at).map(|token| token.text.as_str());
            // `-m conntrack --ctorigdst ADDRESS` asks nothing where every address is in it.
            let asks = open(1).is_some_and(Before::asks_address) && open(3) == Some("-m");
            if asks && self.value(&token.text).is_some_and(takes_every_address) {
                found.truncate(found.len() - 4);
            }
        }
        found
    }

    /// What a token is: an option with its port perhaps, or a target with what is left of the flag for the log.
    fn token(&self, token: &Token) -> Vec<Token> {
        let own = |text: &str| Token { anchor: token.anchor, text: text.to_owned() };
        let port = optional_port(&token.text).and_then(|(name, option)| Some((option, self.variable(name)?)));
        match port {
            Some((_, (_, ""))) => return Vec::new(),
            Some((option, (text, _))) => return option.split(' ').map(own).chain([own(text)]).collect(),
            None => {}
        }
        let flag = token.text.rsplit_once("${").and_then(|(target, rest)| Some((target, rest.strip_suffix("#-l}")?)));
        match flag.and_then(|(target, name)| Some((target, self.variable(name)?.1))) {
            Some((target, "" | "-l")) => vec![own(target)],
            _ => vec![token.clone()],
        }
    }
}
