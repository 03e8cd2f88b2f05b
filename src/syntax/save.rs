//! Save files: the pest grammar's pairs become the common tree.

use pest::Parser;
use pest::iterators::Pairs;

use super::build::Builder;
use super::counters::counters;
use super::pieces::pieces;
use super::tree::{Kind, Nodes};
use crate::text::{Span, both, threads};

#[derive(pest_derive::Parser)]
#[grammar = "../grammar/save.pest"]
struct SaveParser;

/// Shorter text is parsed faster than a thread begins to.
const WORTH_A_THREAD: usize = 200_000;

/// Parses `text`, the view of a save file, or of a here-document that holds one; spans are offset by `base`.
pub(super) fn parse(text: &str, base: u32) -> Nodes {
    parts(text, base, Rule::first_line, threads())
}

/// Parses lines, of which the first is a `begin`, by so many threads.
fn parts(text: &str, base: u32, begin: Rule, threads: usize) -> Nodes {
    let (here, there) = (threads - threads / 2, threads / 2);
    let middle = text.len() * here / threads;
    let end = text.as_bytes().get(middle..).and_then(|rest| rest.iter().position(|byte| *byte == b'\n'));
    match end.and_then(|end| text.split_at_checked(middle + end + 1)) {
        Some((first, rest)) if threads > 1 && text.len() >= WORTH_A_THREAD => {
            let middle = base + first.len() as u32;
            let first = || parts(first, base, begin, here);
            let (first, rest) = both(first, || parts(rest, middle, Rule::whole_line, there));
            first.followed_by(rest)
        }
        _ => lines(text, base, begin),
    }
}

fn lines(text: &str, base: u32, begin: Rule) -> Nodes {
    let mut builder = Builder::default();
    builder.start(Kind::File, base);
    let (mut rule, mut at) = (begin, base);
    let leaf = |builder: &mut Builder, kind, start, end| builder.adopt(Nodes::leaf(kind, Span { start, end }).root());
    let mut ended = true;
    for (piece, line) in pieces(text) {
        let (behind, end) = (at + line.len() as u32, at + piece.len() as u32);
        if !ended && line != "\n" {
            leaf(&mut builder, Kind::Break, at, at);
        }
        if parsed(rule, line).and_then(|pairs| builder.add(pairs, kind, at)).is_none() {
            leaf(&mut builder, Kind::UnknownLine, at, behind);
        }
        if behind < end {
            leaf(&mut builder, Kind::Unread, behind, end);
        }
        (rule, at, ended) = (Rule::whole_line, end, piece.ends_with('\n'));
    }
    builder.end(at);
    builder.finish()
}

/// The parts of a line, as far as the program reads it.
fn parsed(whole: Rule, line: &str) -> Option<Pairs<'_, Rule>> {
    let cut = if line.starts_with('[') { counters(line)?.cut } else { None };
    let parsed = match cut {
        Some(end) => SaveParser::parse(Rule::cut_rule, line.get(..end)?),
        None => SaveParser::parse(whole, line),
    };
    parsed.ok()
}

fn kind(parsed: Rule) -> Kind {
    match parsed {
        Rule::byte_order_mark => Kind::ByteOrderMark,
        Rule::comment => Kind::Comment,
        Rule::table => Kind::Table,
        Rule::table_name => Kind::TableName,
        Rule::commit => Kind::Commit,
        Rule::chain => Kind::Chain,
        Rule::chain_name => Kind::ChainName,
        Rule::chain_policy => Kind::ChainPolicy,
        Rule::counters => Kind::Counters,
        Rule::rule => Kind::Rule,
        Rule::word => Kind::Word,
        Rule::quoted => Kind::DoubleQuoted,
        Rule::quoted_text => Kind::DoubleText,
        Rule::carriage_return_inside => Kind::CarriageReturn,
        Rule::missing => Kind::Missing,
        Rule::unknown_line => Kind::UnknownLine,
        _ => Kind::Token,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_parsed_by_several_threads_are_those_of_one_tree() {
        let mut text = String::from("\u{FEFF}*filter\n:INPUT DROP [0:0]\n");
        for number in 0..WORTH_A_THREAD / 10 {
            let line =
                if number % 7 == 0 { "no such line" } else { "[1:2] -A INPUT -m comment --comment \"\u{E4} b\" -j" };
            text.push_str(&format!("{line} {number}\r\n"));
        }
        for text in [text.as_str(), text.trim_end(), &text[..WORTH_A_THREAD - 1]] {
            assert_eq!(parts(text, 7, Rule::first_line, 3), lines(text, 7, Rule::first_line));
        }
    }
}
