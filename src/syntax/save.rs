//! Save files: the pest grammar's pairs become the common tree.

use pest::Parser;

use super::build::Builder;
use super::tree::{Kind, Nodes};
use crate::text::Span;

#[derive(pest_derive::Parser)]
#[grammar = "../grammar/save.pest"]
struct SaveParser;

/// Parses `text`, the view of a save file, or of a here-document that holds one; spans are offset by `base`.
pub(super) fn parse(text: &str, base: u32) -> Nodes {
    let mut builder = Builder::default();
    builder.start(Kind::File, base);
    let (mut rule, mut at) = (Rule::first_line, base);
    for line in text.split_inclusive('\n') {
        let end = at + line.len() as u32;
        let known = SaveParser::parse(rule, line).ok().and_then(|pairs| builder.add(pairs, kind, at));
        if known.is_none() {
            builder.adopt(Nodes::leaf(Kind::UnknownLine, Span { start: at, end }).root());
        }
        (rule, at) = (Rule::whole_line, end);
    }
    builder.end(at);
    builder.finish()
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
