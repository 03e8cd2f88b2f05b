//! Save files: the pest grammar's pairs become the common tree.

use pest::Parser;

use super::build::build;
use super::tree::{Kind, Node};
use crate::text::Span;

#[derive(pest_derive::Parser)]
#[grammar = "../grammar/save.pest"]
struct SaveParser;

/// Parses `text`, the view of a save file, or of a here-document that holds one; spans are offset by `base`.
pub(super) fn parse(text: &str, base: u32) -> Node {
    let tree = SaveParser::parse(Rule::file, text).ok().and_then(|pairs| build(pairs, kind, text.len(), base));
    let whole = Span { start: base, end: base + text.len() as u32 };
    tree.unwrap_or(Node { kind: Kind::UnknownLine, span: whole, children: Vec::new() })
}

fn kind(parsed: Rule) -> Kind {
    match parsed {
        Rule::file => Kind::File,
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
        Rule::plain => Kind::Literal,
        Rule::quoted => Kind::DoubleQuoted,
        Rule::quoted_text => Kind::DoubleText,
        Rule::carriage_return_inside => Kind::CarriageReturn,
        Rule::missing => Kind::Missing,
        Rule::unknown_line => Kind::UnknownLine,
        _ => Kind::Token,
    }
}
