//! The chains that packets are in: one that jumps to another is left only when they come back.

/// Deeper jumps are not followed, so that no ruleset overflows the stack.
const DEEPEST: usize = 200;

/// A chain that packets are in, and how they came there.
pub(super) struct Frame<'f> {
    pub(super) chain: usize,
    pub(super) depth: usize,
    caller: Option<&'f Frame<'f>>,
}

impl<'f> Frame<'f> {
    /// The chain that they are in at first.
    pub(super) fn first(chain: usize) -> Self {
        Self { chain, depth: 0, caller: None }
    }

    /// A chain that is jumped to from here.
    pub(super) fn inner(&'f self, chain: usize) -> Self {
        Self { chain, depth: self.depth + 1, caller: Some(self) }
    }

    /// Whether so many jumps led here that they are not followed further.
    pub(super) fn is_too_deep(&self) -> bool {
        self.depth > DEEPEST
    }

    /// Whether they are in that chain, here or where they come from.
    pub(super) fn holds(&self, chain: usize) -> bool {
        self.chain == chain || self.caller.is_some_and(|caller| caller.holds(chain))
    }
}
