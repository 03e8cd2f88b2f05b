//! The inside of words: the pest grammar, and unknown pieces in it.
//!
//! A word is written out with one placeholder for each unknown piece, the grammar reads
//! that, and ranges of the written text are cut out of the word's value again.

use std::ops::Range;

use pest::Parser;
use pest::iterators::Pairs;

use crate::model::{Piece, Value};

/// Stands for an unknown piece; a noncharacter, which no text has.
pub(super) const UNKNOWN: char = '\u{FDD0}';

/// The generated parser, in a module of its own since its rule names are not documented.
#[allow(missing_docs, unreachable_pub)]
mod grammar {
    #[derive(pest_derive::Parser)]
    #[grammar = "../grammar/ipchains.pest"]
    pub struct Words;
}

pub(super) use grammar::Rule;

/// Reads all of `text` as `rule`; nothing where it is not one.
pub(super) fn read(rule: Rule, text: &str) -> Option<Pairs<'_, Rule>> {
    grammar::Words::parse(rule, text).ok()
}

/// The value with [`UNKNOWN`] for each unknown piece.
pub(super) fn written(value: &Value) -> String {
    let mut text = String::new();
    for piece in value.pieces() {
        match piece {
            Piece::Known(known) => text.push_str(&known),
            Piece::Unknown(_) => text.push(UNKNOWN),
        }
    }
    text
}

/// The part of `value` that stands at `range` of its written form.
pub(super) fn part(value: &Value, range: Range<usize>) -> Value {
    let mut part = Value::empty();
    let mut at = 0;
    for piece in value.pieces() {
        let length = match &piece {
            Piece::Known(known) => known.len(),
            Piece::Unknown(_) => UNKNOWN.len_utf8(),
        };
        let within = range.start.max(at)..range.end.min(at + length);
        if within.start < within.end {
            match &piece {
                Piece::Known(known) => part.push_str(known.get(within.start - at..within.end - at).unwrap_or("")),
                Piece::Unknown(unknown) => part.push(&Value::unknown(unknown.clone())),
            }
        }
        at += length;
    }
    part
}

/// What a word is where an option may stand.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A negation.
    Bang,
    /// `--NAME` or `--NAME=VALUE`.
    Long(String, Option<Value>),
    /// `-abc`: each letter with the end of it in the word.
    Cluster(Vec<(char, usize)>),
    /// The mark after which getopt looks for no more options.
    End,
    /// A bare word.
    Plain,
    /// Only known at run time.
    Unknown,
}

/// What the word `value` is.
pub(super) fn shape(value: &Value) -> Shape {
    let text = written(value);
    if text.starts_with(UNKNOWN) || text.starts_with(&format!("!{UNKNOWN}")) {
        return Shape::Unknown;
    }
    let Some(pair) = read(Rule::word, &text).and_then(|mut pairs| pairs.next()) else { return Shape::Plain };
    match pair.as_rule() {
        Rule::bang => Shape::Bang,
        Rule::long => long(value, pair.into_inner()),
        Rule::cluster => cluster(&text),
        _ => Shape::Plain,
    }
}

fn long(value: &Value, parts: Pairs<'_, Rule>) -> Shape {
    let (mut name, mut joined) = (String::new(), None);
    for pair in parts {
        let span = pair.as_span();
        match pair.as_rule() {
            Rule::name => name.push_str(pair.as_str()),
            _ => joined = Some(part(value, span.start()..span.end())),
        }
    }
    match (name.contains(UNKNOWN), name.is_empty() && joined.is_none()) {
        (true, _) => Shape::Unknown,
        (_, true) => Shape::End,
        _ => Shape::Long(name, joined),
    }
}

fn cluster(text: &str) -> Shape {
    Shape::Cluster(text.char_indices().skip(1).map(|(at, letter)| (letter, at + letter.len_utf8())).collect())
}

/// Whether a word that may be left out is taken as an argument: it begins with neither `-` nor `!`.
pub(super) fn is_argument(value: &Value) -> bool {
    !value.known_prefix().starts_with(['-', '!'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Unknown;

    fn mixed(before: &str, after: &str) -> Value {
        let mut value = Value::from(before);
        value.push(&Value::unknown(Unknown { name: "X".into(), id: 1, single: false }));
        value.push_str(after);
        value
    }

    #[test]
    fn words_have_their_shapes() {
        assert_eq!(shape(&"!".into()), Shape::Bang);
        assert_eq!(shape(&"!eth0".into()), Shape::Plain);
        assert_eq!(shape(&"-".into()), Shape::Plain);
        assert_eq!(shape(&"--".into()), Shape::End);
        assert_eq!(shape(&"-yl".into()), Shape::Cluster(vec![('y', 2), ('l', 3)]));
        assert_eq!(shape(&"--jump=DENY".into()), Shape::Long("jump".to_owned(), Some("DENY".into())));
        assert_eq!(shape(&mixed("", "")), Shape::Unknown);
        assert_eq!(shape(&mixed("--so", "")), Shape::Unknown);
    }

    #[test]
    fn parts_are_cut_across_pieces() {
        let value = mixed("-j", "x");
        let text = written(&value);
        assert_eq!(part(&value, 2..text.len()), mixed("", "x"));
        assert_eq!(part(&value, 0..2), Value::from("-j"));
    }
}
