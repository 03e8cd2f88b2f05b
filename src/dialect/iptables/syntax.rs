//! The shapes of words, cut by `grammar/iptables.pest`.
//!
//! Says where the parts of a word are and nothing about what they mean.

use std::cell::RefCell;
use std::collections::HashMap;

use pest::Parser;
use pest_derive::Parser;

#[derive(Parser)]
#[grammar = "../grammar/iptables.pest"]
struct Grammar;

/// How `getopt` sees a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape<'a> {
    /// A lone `!`.
    Bang,
    /// A lone `--`.
    End,
    /// `--name` or `--name=argument`.
    Long {
        /// Without dashes.
        name: &'a str,
        /// What follows `=`.
        joined: Option<&'a str>,
    },
    /// `-abc`: the letters.
    Short(&'a str),
    /// Anything else.
    Plain,
}

/// A [`Shape`] without the word.
#[derive(Clone, Copy)]
enum Outline {
    Bang,
    End,
    /// How long the name is, and whether `=` follows.
    Long(usize, bool),
    Short,
    Plain,
}

/// So many words are remembered.
const MOST_REMEMBERED: usize = 500;

thread_local! {
    /// A ruleset has few options, and each of them thousands of times.
    static KNOWN: RefCell<HashMap<Box<str>, Outline>> = RefCell::default();
}

/// The shape of `word`.
pub(super) fn shape(word: &str) -> Shape<'_> {
    // Most words of a long file are plain, and their first byte says so.
    if !word.starts_with(['-', '!']) {
        return Shape::Plain;
    }
    let outline = KNOWN.with_borrow_mut(|known| {
        known.get(word).copied().unwrap_or_else(|| {
            let outline = outline(word);
            if known.len() < MOST_REMEMBERED {
                known.insert(word.into(), outline);
            }
            outline
        })
    });
    let from = |at: usize| word.get(at..).unwrap_or_default();
    match outline {
        Outline::Bang => Shape::Bang,
        Outline::End => Shape::End,
        Outline::Long(length, joined) => {
            Shape::Long { name: word.get(2..2 + length).unwrap_or_default(), joined: joined.then(|| from(3 + length)) }
        }
        Outline::Short => Shape::Short(from(1)),
        Outline::Plain => Shape::Plain,
    }
}

fn outline(word: &str) -> Outline {
    let inner = parts(Rule::word, word).and_then(|mut parts| parts.next());
    match inner.map(|inner| (inner.as_rule(), inner)) {
        Some((Rule::bang, _)) => Outline::Bang,
        Some((Rule::end, _)) => Outline::End,
        Some((Rule::long, long)) => {
            let mut parts = long.into_inner();
            let length = parts.next().map_or(0, |name| name.as_str().len());
            Outline::Long(length, parts.next().is_some())
        }
        Some((Rule::short, _)) => Outline::Short,
        _ => Outline::Plain,
    }
}

/// `low` and, after a colon, `high`.
pub(super) fn range(text: &str) -> Option<(&str, Option<&str>)> {
    let mut parts = parts(Rule::range, text)?;
    let low = parts.next()?.as_str();
    Some((low, parts.find(|part| part.as_rule() == Rule::high).map(|high| high.as_str())))
}

/// The value and, after a slash, the mask.
pub(super) fn masked(text: &str) -> Option<(&str, Option<&str>)> {
    let mut parts = parts(Rule::masked, text)?;
    let value = parts.next()?.as_str();
    Some((value, parts.find(|part| part.as_rule() == Rule::mask).map(|mask| mask.as_str())))
}

/// The parts of a `--to-source` argument.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Nat<'a> {
    /// First address, and what follows a dash.
    pub(super) addresses: Option<(&'a str, Option<&'a str>)>,
    /// Everything after the colon.
    pub(super) ports: Option<&'a str>,
    /// What stands where an address would and counts for nothing.
    pub(super) ignored: Option<&'a str>,
}

/// The parts of a `--to-source` argument.
pub(super) fn nat(text: &str) -> Option<Nat<'_>> {
    let mut nat = Nat::default();
    for part in parts(Rule::nat, text)? {
        let part_text = part.as_str();
        match part.as_rule() {
            Rule::inner | Rule::bare | Rule::unported => {
                nat.addresses = Some(part_text.split_once('-').map_or((part_text, None), |(a, b)| (a, Some(b))));
            }
            // iptables looks whether anything but a pair of brackets is before the colon by its place.
            Rule::ports => match part.as_span().start() {
                1 => nat = Nat { ports: Some(part_text), ..Nat::default() },
                3 => nat = Nat { ports: Some(part_text), ignored: text.get(..2), ..Nat::default() },
                _ => nat.ports = Some(part_text),
            },
            _ => {}
        }
    }
    Some(nat)
}

fn parts(rule: Rule, text: &str) -> Option<pest::iterators::Pairs<'_, Rule>> {
    Some(Grammar::parse(rule, text).ok()?.next()?.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_the_shapes_getopt_sees() {
        assert_eq!(shape("!"), Shape::Bang);
        assert_eq!(shape("--"), Shape::End);
        assert_eq!(shape("--to=a=b"), Shape::Long { name: "to", joined: Some("a=b") });
        assert_eq!(shape("-nvL"), Shape::Short("nvL"));
        assert_eq!(shape("-"), Shape::Plain);
        assert_eq!(shape(""), Shape::Plain);
        assert_eq!(shape("!80"), Shape::Plain);
    }

    #[test]
    fn nat_arguments_fall_into_their_parts() {
        let parts = |text| nat(text).map(|nat| (nat.addresses, nat.ports));
        let addresses = Some(("1.1.1.1", Some("1.1.1.9")));
        assert_eq!(parts("1.1.1.1-1.1.1.9:80-90/8080"), Some((addresses, Some("80-90/8080"))));
        assert_eq!(parts("x[::1]y:80"), Some((Some(("::1", None)), Some("80"))));
        assert_eq!(parts("fe80::1"), Some((Some(("fe80::1", None)), None)));
        assert_eq!(parts("1:2"), Some((Some(("1", None)), Some("2"))));
        assert_eq!((parts(":2"), parts("10:2"), parts("[]:2")), (Some((None, Some("2"))), parts(":2"), parts(":2")));
        assert_eq!(parts("[::1"), Some((Some(("[::1", None)), None)));
    }
}
