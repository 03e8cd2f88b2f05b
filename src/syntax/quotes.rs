//! Quotes that are never closed, and the scripts between backquotes.
//!
//! One forgotten quote turns every later one inside out, so that the text up to
//! the next quote looks like a string. The quote at fault is then taken for an
//! ordinary character, and the file is parsed again around it.

use super::build::Builder;
use super::shell;
use super::tree::{Kind, Node, Nodes};
use crate::text::Span;

/// So many unclosed quotes are looked for; a file with more is no script.
const MAX_ROUNDS: usize = 40;

/// Backquotes are looked into so many levels deep.
const MAX_BACKQUOTES: usize = 8;

/// The tree of a whole script, and the offsets of quotes that nothing closes.
pub(super) fn parse_script(view: &str) -> (Nodes, Vec<u32>) {
    let mut text = view.to_owned();
    let mut unclosed = Vec::new();
    let mut root = shell::parse(&text, 0);
    while unclosed.len() < MAX_ROUNDS {
        let Some(culprit) = quote_at_fault(root.root(), &text) else { break };
        // A control character of the same length stands for the quote.
        text.replace_range(culprit as usize..culprit as usize + 1, "\u{1A}");
        unclosed.push(culprit);
        root = shell::parse(&text, 0);
    }
    unclosed.sort_unstable();
    (with_backquotes(root, &text, 0), unclosed)
}

/// Where a quote is never closed, the one that most likely lacks its partner.
fn quote_at_fault(root: Node<'_>, text: &str) -> Option<u32> {
    let open = root.walk().find(|node| node.kind == Kind::OpenQuote)?;
    let quoted = |node: &Node<'_>| matches!(node.kind, Kind::SingleQuoted | Kind::DoubleQuoted | Kind::Backquoted);
    let inside_out =
        root.walk().filter(quoted).find(|node| node.span.start < open.span.start && swallows_lines(*node, text));
    let culprit = inside_out.unwrap_or(open).span.start;
    // `$'` and `$"` begin one character before their quote.
    let dollar = text.as_bytes().get(culprit as usize) == Some(&b'$');
    Some(culprit + u32::from(dollar))
}

/// A quoted text that spans lines, and is glued to a word at one of its ends, is most likely inside out.
fn swallows_lines(node: Node<'_>, text: &str) -> bool {
    let range = node.span.range();
    let is_word = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    let before = range.start.checked_sub(1).and_then(|at| text.as_bytes().get(at));
    let after = text.as_bytes().get(range.end);
    text.get(range).is_some_and(|text| text.contains('\n')) && (is_word(before) || is_word(after))
}

/// The tree with what stands between backquotes in `text`, which begins at `base`, parsed as scripts.
pub(super) fn with_backquotes(tree: Nodes, text: &str, base: u32) -> Nodes {
    if !text.contains('`') {
        return tree;
    }
    let mut builder = Builder::default();
    copy(&mut builder, tree.root(), (text, base), MAX_BACKQUOTES);
    builder.finish()
}

fn copy(builder: &mut Builder, node: Node<'_>, (text, base): (&str, u32), levels: usize) {
    builder.start(node.kind, node.span.start);
    if node.kind == Kind::BackquotedText && node.is_leaf() && levels > 0 {
        let range = (node.span.start - base) as usize..(node.span.end - base) as usize;
        let script = shell::parse(text.get(range).unwrap_or_default(), node.span.start);
        if !node.span.is_empty() {
            copy(builder, script.root(), (text, base), levels - 1);
        }
    } else {
        node.children().for_each(|child| copy(builder, child, (text, base), levels));
    }
    builder.end(node.span.end);
}

/// The span of the quote itself.
pub(super) fn quote_span(offset: u32) -> Span {
    Span { start: offset, end: offset + 1 }
}
