//! Edits of one file, kept free of overlaps so that applying them is well defined.

use super::{Source, Span};

/// Replaces the bytes of `span` by `text`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// What is replaced; an empty span inserts.
    pub span: Span,
    /// The new text, in the encoding of [`super::decode_lossless`].
    pub text: String,
}

impl Edit {
    /// Replaces `span` by `text`.
    pub fn replace(span: Span, text: impl Into<String>) -> Self {
        Self { span, text: text.into() }
    }

    /// Inserts `text` at the byte offset `at`.
    pub fn insert(at: u32, text: impl Into<String>) -> Self {
        Self { span: Span { start: at, end: at }, text: text.into() }
    }
}

/// An edit was refused because it overlaps one that is already in the set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overlap;

/// A set of edits of one file in which no two overlap.
///
/// Insertions at the same offset keep the order in which they were added.
#[derive(Clone, Debug, Default)]
pub struct Edits {
    edits: Vec<Edit>,
}

impl Edits {
    /// Adds `edit`; the very same edit may be added twice and counts once.
    pub fn add(&mut self, edit: Edit) -> Result<(), Overlap> {
        if !edit.span.is_empty() && self.edits.contains(&edit) {
            return Ok(());
        }
        let clashes = |other: &Edit| {
            let (a, b) = (edit.span, other.span);
            match (a.is_empty(), b.is_empty()) {
                (true, true) => false,
                (true, false) => b.start < a.start && a.start < b.end,
                (false, true) => a.start < b.start && b.start < a.end,
                (false, false) => a.start < b.end && b.start < a.end,
            }
        };
        if self.edits.iter().any(clashes) {
            return Err(Overlap);
        }
        self.edits.push(edit);
        Ok(())
    }

    /// Adds all of `edits`, or none of them where one overlaps.
    pub fn add_all(&mut self, edits: impl IntoIterator<Item = Edit>) -> Result<(), Overlap> {
        let before = self.edits.len();
        for edit in edits {
            if let Err(overlap) = self.add(edit) {
                self.edits.truncate(before);
                return Err(overlap);
            }
        }
        Ok(())
    }

    /// Whether there is nothing to change.
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    /// The edits in the order of their places.
    pub fn sorted(&self) -> Vec<&Edit> {
        let mut edits: Vec<&Edit> = self.edits.iter().collect();
        edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
        edits
    }

    /// The bytes of `source` with every edit made; all other bytes stay as they are.
    pub fn apply(&self, source: &Source) -> Vec<u8> {
        let bytes = source.bytes();
        let mut out = Vec::with_capacity(bytes.len() + 64 * self.edits.len());
        let mut done = 0;
        for edit in self.sorted() {
            let range = edit.span.range();
            out.extend_from_slice(bytes.get(done..range.start).unwrap_or_default());
            out.extend_from_slice(&super::encode_lossless(&edit.text));
            done = range.end;
        }
        out.extend_from_slice(bytes.get(done..).unwrap_or_default());
        out
    }

    /// Where in the old text an offset of the new one comes from; for what an edit put there, the place of the edit.
    pub fn origin(&self, offset: u32) -> u32 {
        let (mut old, mut new) = (0_u64, 0_u64);
        let offset = u64::from(offset);
        for edit in self.sorted() {
            let kept = u64::from(edit.span.start) - old;
            if offset < new + kept {
                break;
            }
            let length = super::encode_lossless(&edit.text).len() as u64;
            if offset < new + kept + length {
                return edit.span.start;
            }
            (old, new) = (edit.span.end.into(), new + kept + length);
        }
        u32::try_from(old + (offset - new)).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source() -> Source {
        Source::new("f", b"one two three".to_vec())
    }

    #[test]
    fn edits_are_applied_in_order_of_place() {
        let mut edits = Edits::default();
        edits.add(Edit::replace(Span::new(8, 13), "3")).unwrap();
        edits.add(Edit::replace(Span::new(0, 3), "1")).unwrap();
        edits.add(Edit::insert(4, "and ")).unwrap();
        assert_eq!(edits.apply(&source()), b"1 and two 3");
    }

    #[test]
    fn new_text_comes_from_the_old() {
        let mut edits = Edits::default();
        edits.add(Edit::replace(Span::new(0, 3), "1")).unwrap();
        edits.add(Edit::insert(4, "and ")).unwrap();
        // The new text is `1 and two three`.
        let origins: Vec<u32> = [0, 1, 2, 5, 6, 9, 10].into_iter().map(|at| edits.origin(at)).collect();
        assert_eq!(origins, [0, 3, 4, 4, 4, 7, 8]);
    }

    #[test]
    fn overlapping_edits_are_refused_together() {
        let mut edits = Edits::default();
        edits.add(Edit::replace(Span::new(0, 5), "x")).unwrap();
        let pair = [Edit::replace(Span::new(8, 9), "y"), Edit::replace(Span::new(4, 6), "z")];
        assert_eq!(edits.add_all(pair), Err(Overlap));
        assert_eq!(edits.apply(&source()), b"xwo three");
    }
}
