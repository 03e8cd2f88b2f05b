//! Shell scripts: the pest grammar's pairs become the common tree.
//!
//! The grammar accepts every text, with two exceptions that are met here: nesting
//! deeper than [`MAX_DEPTH`], and quotes that swallow the rest of the file.

use pest::Parser;

use super::build::Builder;
use super::tree::{Kind, Nodes};
use crate::text::Span;

#[derive(pest_derive::Parser)]
#[grammar = "../grammar/shell.pest"]
struct ShellParser;

/// Parses `text`, the view of a script; spans are offset by `base`.
pub(super) fn parse(text: &str, base: u32) -> Nodes {
    tree(Rule::script, text, base).unwrap_or_else(|| by_lines(text, base))
}

/// Parses the text of a here-document in which expansions count.
pub(super) fn parse_here_content(text: &str, base: u32) -> Nodes {
    tree(Rule::here_content, text, base).unwrap_or_else(|| by_lines(text, base))
}

/// So many expansions of a kind, one within the other, are nested too deeply in any case.
///
/// The grammar looks for the end of each of them, and of the quotes around it, through all the others.
const MAX_EXPANSIONS: usize = 200;

/// What opens expansions and arithmetic, and what closes it.
const BRACKETS: [(&[u8], u8); 3] = [(b"$(", b')'), (b"${", b'}'), (b"((", b')')];

fn tree(rule: Rule, text: &str, base: u32) -> Option<Nodes> {
    if opens_too_many(text) {
        return None;
    }
    let mut builder = Builder::default();
    builder.add(ShellParser::parse(rule, text).ok()?, kind, base)?;
    Some(builder.finish())
}

/// Whether more expansions of a kind are open somewhere than may be, as far as brackets tell.
fn opens_too_many(text: &str) -> bool {
    BRACKETS.iter().any(|(begin, end)| {
        let mut open = 0_usize;
        text.as_bytes().windows(2).any(|pair| {
            if pair == *begin {
                open += 1;
            } else if pair[0] == *end {
                open = open.saturating_sub(1);
            }
            open > MAX_EXPANSIONS
        })
    })
}

/// The fall-back where the whole is nested too deeply: each line on its own.
fn by_lines(text: &str, base: u32) -> Nodes {
    let mut builder = Builder::default();
    builder.start(Kind::Script, base);
    let mut at = base;
    for line in text.split_inclusive('\n') {
        let span = Span { start: at, end: at + line.len() as u32 };
        match tree(Rule::script, line, at) {
            Some(tree) => tree.root().children().for_each(|child| builder.adopt(child)),
            None => builder.adopt(Nodes::leaf(Kind::Stray, span).root()),
        }
        at = span.end;
    }
    builder.end(at);
    builder.finish()
}

fn kind(parsed: Rule) -> Kind {
    match parsed {
        Rule::script => Kind::Script,
        Rule::byte_order_mark => Kind::ByteOrderMark,
        Rule::list => Kind::List,
        Rule::statement => Kind::Statement,
        Rule::terminator => Kind::Terminator,
        Rule::and_or => Kind::AndOr,
        Rule::connective => Kind::Connective,
        Rule::pipeline => Kind::Pipeline,
        Rule::pipe => Kind::Pipe,
        Rule::negation => Kind::Negation,
        Rule::bad => Kind::Bad,
        Rule::stray => Kind::Stray,
        Rule::compound => Kind::Compound,
        Rule::if_clause => Kind::IfClause,
        Rule::then_part => Kind::ThenPart,
        Rule::elif_part => Kind::ElifPart,
        Rule::else_part => Kind::ElsePart,
        Rule::while_clause => Kind::WhileClause,
        Rule::for_clause => Kind::ForClause,
        Rule::do_group => Kind::DoGroup,
        Rule::case_clause => Kind::CaseClause,
        Rule::case_item => Kind::CaseItem,
        Rule::pattern => Kind::Pattern,
        Rule::case_end => Kind::CaseEnd,
        Rule::subshell => Kind::Subshell,
        Rule::brace_group => Kind::BraceGroup,
        Rule::arithmetic_command => Kind::ArithmeticCommand,
        Rule::double_bracket => Kind::DoubleBracket,
        Rule::condition_operator => Kind::ConditionOperator,
        Rule::function => Kind::Function,
        Rule::function_name => Kind::FunctionName,
        Rule::if_word => Kind::IfWord,
        Rule::then_word => Kind::ThenWord,
        Rule::elif_word => Kind::ElifWord,
        Rule::else_word => Kind::ElseWord,
        Rule::fi_word => Kind::FiWord,
        Rule::for_word => Kind::ForWord,
        Rule::while_word => Kind::WhileWord,
        Rule::until_word => Kind::UntilWord,
        Rule::do_word => Kind::DoWord,
        Rule::done_word => Kind::DoneWord,
        Rule::case_word => Kind::CaseWord,
        Rule::in_word => Kind::InWord,
        Rule::esac_word => Kind::EsacWord,
        Rule::function_word => Kind::FunctionWord,
        Rule::brace_close => Kind::BraceClose,
        Rule::missing => Kind::Missing,
        Rule::simple => Kind::Simple,
        Rule::assignment => Kind::Assignment,
        Rule::array_assignment => Kind::ArrayAssignment,
        Rule::assign_operator => Kind::AssignOperator,
        Rule::subscript => Kind::Subscript,
        Rule::array => Kind::Array,
        Rule::name => Kind::Name,
        Rule::redirect => Kind::Redirect,
        Rule::descriptor => Kind::Descriptor,
        Rule::redirect_operator => Kind::RedirectOperator,
        Rule::here_document => Kind::HereDocument,
        Rule::quoted_delimiter => Kind::QuotedDelimiter,
        Rule::bare_delimiter => Kind::BareDelimiter,
        Rule::delimiter_text => Kind::DelimiterText,
        Rule::newline => Kind::Newline,
        Rule::first_here_body => Kind::FirstHereBody,
        Rule::first_here_text => Kind::FirstHereText,
        Rule::here_body => Kind::HereBody,
        Rule::here_text => Kind::HereText,
        Rule::word => Kind::Word,
        Rule::literal => Kind::Literal,
        Rule::carriage_return => Kind::CarriageReturn,
        Rule::escaped => Kind::Escaped,
        Rule::final_backslash => Kind::FinalBackslash,
        Rule::inner_continuation => Kind::InnerContinuation,
        Rule::broken_continuation => Kind::BrokenContinuation,
        Rule::single_quoted => Kind::SingleQuoted,
        Rule::single_text => Kind::SingleText,
        Rule::ansi_quoted => Kind::AnsiQuoted,
        Rule::ansi_text => Kind::AnsiText,
        Rule::double_quoted => Kind::DoubleQuoted,
        Rule::double_text => Kind::DoubleText,
        Rule::double_escape => Kind::DoubleEscape,
        Rule::double_dollar => Kind::DoubleDollar,
        Rule::open_quote => Kind::OpenQuote,
        Rule::lone_dollar => Kind::LoneDollar,
        Rule::parameter => Kind::Parameter,
        Rule::special_parameter => Kind::SpecialParameter,
        Rule::parameter_braced => Kind::ParameterBraced,
        Rule::length_sign => Kind::LengthSign,
        Rule::parameter_name => Kind::ParameterName,
        Rule::parameter_operator => Kind::ParameterOperator,
        Rule::operand => Kind::Operand,
        Rule::operand_text => Kind::OperandText,
        Rule::bad_substitution => Kind::BadSubstitution,
        Rule::command_substitution => Kind::CommandSubstitution,
        Rule::process_substitution => Kind::ProcessSubstitution,
        Rule::arithmetic => Kind::Arithmetic,
        Rule::arithmetic_text | Rule::bracketed_text => Kind::ArithmeticText,
        Rule::arithmetic_chars | Rule::bracketed_chars => Kind::ArithmeticChars,
        Rule::backquoted => Kind::Backquoted,
        Rule::backquoted_text => Kind::BackquotedText,
        Rule::continuation => Kind::Continuation,
        Rule::comment => Kind::Comment,
        Rule::here_content => Kind::HereContent,
        Rule::here_plain => Kind::HerePlain,
        _ => Kind::Token,
    }
}
