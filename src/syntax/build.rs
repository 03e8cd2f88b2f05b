//! From pest's flat queue of tokens to the common tree, without recursion.

use pest::iterators::Pairs;
use pest::{RuleType, Token};

use super::tree::{Entry, Kind, Node, Nodes};
use crate::text::Span;

/// Nodes are nested at most so deeply, which bounds every later recursion over the tree.
const MAX_DEPTH: usize = 600;

/// A tree under construction: nodes are opened and closed from left to right.
#[derive(Default)]
pub(super) struct Builder {
    entries: Vec<Entry>,
    open: Vec<Open>,
}

/// A node whose end has not been seen yet.
struct Open {
    /// The number of its entry.
    entry: usize,
    /// Up to here the children cover the text.
    done: u32,
}

impl Builder {
    /// Adds the nodes of `pairs`, whose text begins at `base`; `None` where that is nested too deeply.
    pub(super) fn add<R: RuleType>(&mut self, pairs: Pairs<'_, R>, kind: fn(R) -> Kind, base: u32) -> Option<()> {
        for token in pairs.tokens() {
            match token {
                // `EOI` is the one rule that is no part of the tree.
                Token::Start { rule, .. } | Token::End { rule, .. } if kind(rule) == Kind::Token => {}
                Token::Start { .. } if self.open.len() >= MAX_DEPTH => return None,
                Token::Start { rule, pos } => self.start(kind(rule), base + pos.pos() as u32),
                Token::End { pos, .. } => self.end(base + pos.pos() as u32),
            }
        }
        Some(())
    }

    /// Adds a whole tree.
    pub(super) fn adopt(&mut self, node: Node<'_>) {
        self.fill_to(node.span.start);
        self.entries.extend(node.to_tree().0);
        self.covered(node.span.end);
    }

    /// Opens a node of `kind`.
    pub(super) fn start(&mut self, kind: Kind, start: u32) {
        self.fill_to(start);
        self.open.push(Open { entry: self.entries.len(), done: start });
        self.entries.push(Entry { kind, span: Span { start, end: start }, below: 0 });
    }

    /// Closes the node that was opened last; text behind its last child becomes a leaf.
    pub(super) fn end(&mut self, end: u32) {
        let has_children = self.open.last().is_some_and(|open| open.entry + 1 < self.entries.len());
        if has_children {
            self.fill_to(end);
        }
        let Some(Open { entry, .. }) = self.open.pop() else { return };
        let below = self.entries.len() - entry - 1;
        if let Some(own) = self.entries.get_mut(entry) {
            (own.span.end, own.below) = (end, below as u32);
        }
        self.covered(end);
    }

    /// The node that is open has children up to here.
    fn covered(&mut self, end: u32) {
        if let Some(open) = self.open.last_mut() {
            open.done = end;
        }
    }

    /// The tree.
    pub(super) fn finish(mut self) -> Nodes {
        self.entries.shrink_to_fit();
        Nodes(self.entries)
    }

    /// Covers the text up to `to` by a leaf of the node that is open.
    fn fill_to(&mut self, to: u32) {
        if let Some(open) = self.open.last()
            && open.done < to
        {
            self.entries.push(Entry { kind: Kind::Token, span: Span { start: open.done, end: to }, below: 0 });
        }
    }
}
