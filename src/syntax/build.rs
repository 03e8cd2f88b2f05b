//! From pest's flat queue of tokens to the common tree, without recursion.

use pest::iterators::Pairs;
use pest::{RuleType, Token};

use super::tree::{Kind, Node};
use crate::text::Span;

/// Nodes are nested at most so deeply, which bounds every later recursion over the tree.
const MAX_DEPTH: usize = 600;

/// The tree of `pairs`, which begin at byte 0 of a text of `len` bytes; spans are offset by `base`.
///
/// `None` where it would be nested too deeply.
pub(super) fn build<R: RuleType>(pairs: Pairs<'_, R>, kind: fn(R) -> Kind, len: usize, base: u32) -> Option<Node> {
    let mut stack = vec![Open { kind: Kind::Token, start: 0, done: 0, children: Vec::new() }];
    for token in pairs.tokens() {
        match token {
            Token::Start { rule, pos } => {
                if stack.len() > MAX_DEPTH {
                    return None;
                }
                let start = pos.pos();
                stack.last_mut()?.fill_to(start, base);
                stack.push(Open { kind: kind(rule), start, done: start, children: Vec::new() });
            }
            Token::End { pos, .. } => {
                let node = stack.pop()?.close(pos.pos(), base);
                let parent = stack.last_mut()?;
                parent.done = pos.pos();
                // `EOI` is the one rule that is no part of the tree.
                if node.kind != Kind::Token {
                    parent.children.push(node);
                }
            }
        }
    }
    let mut root = stack.pop()?.close(len, base);
    if root.children.len() == 1 { root.children.pop() } else { None }
}

/// A node whose end has not been seen yet.
struct Open {
    kind: Kind,
    start: usize,
    /// Up to here the children cover the text.
    done: usize,
    children: Vec<Node>,
}

impl Open {
    /// Covers the text up to `to` by a leaf.
    fn fill_to(&mut self, to: usize, base: u32) {
        if self.done < to {
            let span = Span { start: base + self.done as u32, end: base + to as u32 };
            self.children.push(Node { kind: Kind::Token, span, children: Vec::new() });
            self.done = to;
        }
    }

    fn close(mut self, end: usize, base: u32) -> Node {
        if !self.children.is_empty() {
            self.fill_to(end, base);
        }
        let span = Span { start: base + self.start as u32, end: base + end as u32 };
        Node { kind: self.kind, span, children: self.children }
    }
}
