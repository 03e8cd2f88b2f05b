//! Quotes that are never closed, and the scripts between backquotes.
//!
//! One forgotten quote turns every later one inside out, so that the text up to
//! the next quote looks like a string. The quote at fault is then taken for an
//! ordinary character, and the file is parsed again around it.

use super::shell;
use super::tree::{Kind, Node};
use crate::text::Span;

/// So many unclosed quotes are looked for; a file with more is no script.
const MAX_ROUNDS: usize = 40;

/// Backquotes are looked into so many levels deep.
const MAX_BACKQUOTES: usize = 8;

/// The tree of a whole script, and the offsets of quotes that nothing closes.
pub(super) fn parse_script(view: &str) -> (Node, Vec<u32>) {
    let mut text = view.to_owned();
    let mut unclosed = Vec::new();
    let mut root = shell::parse(&text, 0);
    while unclosed.len() < MAX_ROUNDS {
        let Some(culprit) = quote_at_fault(&root, &text) else { break };
        // A control character of the same length stands for the quote.
        text.replace_range(culprit as usize..culprit as usize + 1, "\u{1A}");
        unclosed.push(culprit);
        root = shell::parse(&text, 0);
    }
    unclosed.sort_unstable();
    parse_backquotes(&mut root, &text, 0);
    (root, unclosed)
}

/// Where a quote is never closed, the one that most likely lacks its partner.
fn quote_at_fault(root: &Node, text: &str) -> Option<u32> {
    let open = root.walk().find(|node| node.kind == Kind::OpenQuote)?;
    let quoted = |node: &&Node| matches!(node.kind, Kind::SingleQuoted | Kind::DoubleQuoted | Kind::Backquoted);
    let inside_out =
        root.walk().filter(quoted).find(|node| node.span.start < open.span.start && swallows_lines(node, text));
    let culprit = inside_out.unwrap_or(open).span.start;
    // `$'` and `$"` begin one character before their quote.
    let dollar = text.as_bytes().get(culprit as usize) == Some(&b'$');
    Some(culprit + u32::from(dollar))
}

/// A quoted text that spans lines, and is glued to a word at one of its ends, is most likely inside out.
fn swallows_lines(node: &Node, text: &str) -> bool {
    let range = node.span.range();
    let is_word = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    let before = range.start.checked_sub(1).and_then(|at| text.as_bytes().get(at));
    let after = text.as_bytes().get(range.end);
    text.get(range).is_some_and(|text| text.contains('\n')) && (is_word(before) || is_word(after))
}

/// Parses what stands between backquotes as scripts, in place.
pub(super) fn parse_backquotes(root: &mut Node, text: &str, base: u32) {
    let mut pending = vec![(root, 0)];
    while let Some((node, level)) = pending.pop() {
        if node.kind == Kind::BackquotedText && node.children.is_empty() && level < MAX_BACKQUOTES {
            let range = (node.span.start - base) as usize..(node.span.end - base) as usize;
            let script = shell::parse(text.get(range).unwrap_or_default(), node.span.start);
            if !script.span.is_empty() {
                node.children = vec![script];
            }
            pending.extend(node.children.iter_mut().map(|child| (child, level + 1)));
        } else {
            pending.extend(node.children.iter_mut().map(|child| (child, level)));
        }
    }
}

/// The span of the quote itself.
pub(super) fn quote_span(offset: u32) -> Span {
    Span { start: offset, end: offset + 1 }
}
