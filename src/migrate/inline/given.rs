//! The words of a call, and what they say in the place of a parameter.

use crate::syntax::{Kind, Node, parse_fragment};

/// A word that a parameter stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Given {
    /// As it is written in the call.
    pub(super) text: String,
    pub(super) said: Said,
}

/// What can be said of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// These parts, one behind the other.
    Pieces(Vec<Piece>),
    /// All words of the function that calls, however many they are.
    Caller,
    /// Only that it may stand where a whole word may.
    Other,
}

/// A part of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Text in which the shell expands nothing.
    Text(String),
    /// The value of a variable.
    Value(String),
}

impl Given {
    /// A word of a script whose text is `text`.
    pub(super) fn new(text: String) -> Self {
        let nodes = parse_fragment(&text, 0);
        let word = nodes.root().walk().find(|node| node.kind == Kind::Word);
        let said = match word.filter(|word| word.span.len() == text.len()) {
            Some(word) if is_caller(word, &text) => Said::Caller,
            Some(word) => pieces(word, &text).map_or(Said::Other, Said::Pieces),
            None if text.is_empty() => Said::Pieces(Vec::new()),
            None => Said::Other,
        };
        Self { text, said }
    }

    /// What it says, where no variable is in it.
    pub(super) fn plain(&self) -> Option<String> {
        let Said::Pieces(pieces) = &self.said else { return None };
        let text = |piece: &Piece| match piece {
            Piece::Text(text) => Some(text.clone()),
            Piece::Value(_) => None,
        };
        pieces.iter().map(text).collect()
    }

    /// The variable whose value it is, and nothing else.
    pub(super) fn variable(&self) -> Option<&str> {
        match &self.said {
            Said::Pieces(pieces) => match pieces.as_slice() {
                [Piece::Value(name)] => Some(name),
                _ => None,
            },
            _ => None,
        }
    }

    /// It certainly says something.
    pub(super) fn says_something(&self) -> bool {
        let has_text = |piece: &Piece| matches!(piece, Piece::Text(text) if !text.is_empty());
        matches!(&self.said, Said::Pieces(pieces) if pieces.iter().any(has_text))
    }

    /// Without quotes around it, to stand in a word before the character `next`.
    pub(super) fn bare(&self, next: Option<char>) -> Option<String> {
        let Said::Pieces(pieces) = &self.said else { return None };
        let goes_on = |text: Option<char>| text.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
        let mut out = String::new();
        for (at, piece) in pieces.iter().enumerate() {
            let behind = match pieces.get(at + 1) {
                Some(Piece::Text(text)) => text.chars().next(),
                Some(Piece::Value(_)) => None,
                None => next,
            };
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Value(name) if goes_on(behind) || name.len() > 1 && name.starts_with(is_digit) => {
                    out.push_str(&format!("${{{name}}}"));
                }
                Piece::Value(name) => out.push_str(&format!("${name}")),
            }
        }
        Some(out)
    }

    /// The variables whose values are in it.
    pub(super) fn variables(&self) -> Vec<String> {
        let nodes = parse_fragment(&self.text, 0);
        let names = nodes.root().walk().filter(|node| matches!(node.kind, Kind::Name | Kind::ParameterName));
        names.filter_map(|node| self.text.get(node.span.range())).map(str::to_owned).collect()
    }

    /// Something runs where it is expanded.
    pub(super) fn runs(&self) -> bool {
        self.text.contains('`') || self.text.contains("$(")
    }
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

/// The parameter that a word is as a whole.
fn only_parameter(word: Node<'_>) -> Option<(Node<'_>, bool)> {
    let mut parts = word.named();
    let (part, None) = (parts.next()?, parts.next()) else { return None };
    match part.kind {
        Kind::DoubleQuoted => {
            let mut inside = part.named();
            let (inner, None) = (inside.next()?, inside.next()) else { return None };
            Some((inner, true))
        }
        _ => Some((part, false)),
    }
}

/// Whether a word is `"$@"`, `$@` or `$*`.
fn is_caller(word: Node<'_>, text: &str) -> bool {
    let Some((part, quoted)) = only_parameter(word) else { return false };
    let written = text.get(part.span.range()).unwrap_or_default();
    part.kind == Kind::Parameter && (written == "$@" || written == "$*" && !quoted)
}

fn pieces(node: Node<'_>, text: &str) -> Option<Vec<Piece>> {
    let mut found = Vec::new();
    for part in node.named() {
        let own = text.get(part.span.range())?;
        match part.kind {
            Kind::Literal if own.chars().all(is_plain) => found.push(Piece::Text(own.to_owned())),
            Kind::DoubleText | Kind::SingleText if own.chars().all(|c| is_plain(c) || c == ' ') => {
                found.push(Piece::Text(own.to_owned()));
            }
            Kind::SingleQuoted | Kind::DoubleQuoted => found.extend(pieces(part, text)?),
            Kind::Parameter | Kind::ParameterBraced => {
                let name = own.trim_start_matches('$').trim_start_matches('{').trim_end_matches('}');
                let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
                found.push(Piece::Value(is_name.then(|| name.to_owned())?));
            }
            _ => return None,
        }
    }
    Some(found)
}

/// A character that means nothing to the shell, within quotes or without.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_./:,=@%+-!^".contains(c)
}
