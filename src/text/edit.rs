//! Edits of one file, kept free of overlaps so that applying them is well defined.

use std::collections::BTreeMap;

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
    /// By where they begin and end, and in the order in which they were added.
    edits: BTreeMap<(u32, u32, usize), Edit>,
}

impl Edits {
    /// Adds `edit`; the very same edit may be added twice and counts once.
    pub fn add(&mut self, edit: Edit) -> Result<(), Overlap> {
        self.insert(edit).map(drop)
    }

    /// The key of what is added, if it was not there before.
    fn insert(&mut self, edit: Edit) -> Result<Option<(u32, u32, usize)>, Overlap> {
        let Span { start, end } = edit.span;
        let same = self.edits.range((start, end, 0)..=(start, end, usize::MAX)).next();
        if !edit.span.is_empty() && same.is_some_and(|(_, known)| *known == edit) {
            return Ok(None);
        }
        // The others do not overlap, so the last one that begins before reaches furthest.
        let before = self.edits.range(..(start, 0, 0)).next_back().is_some_and(|(_, other)| start < other.span.end);
        let inside = |other: &Edit| !other.span.is_empty() || start < other.span.start;
        if before || self.edits.range((start, 0, 0)..(end, 0, 0)).any(|(_, other)| inside(other)) {
            return Err(Overlap);
        }
        let key = (start, end, self.edits.len());
        self.edits.insert(key, edit);
        Ok(Some(key))
    }

    /// Adds all of `edits`, or none of them where one overlaps.
    pub fn add_all(&mut self, edits: impl IntoIterator<Item = Edit>) -> Result<(), Overlap> {
        let mut added = Vec::new();
        for edit in edits {
            match self.insert(edit) {
                Ok(key) => added.extend(key),
                Err(overlap) => {
                    added.iter().for_each(|key| drop(self.edits.remove(key)));
                    return Err(overlap);
                }
            }
        }
        Ok(())
    }

    /// Whether there is nothing to change.
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    /// The edits in the order of their places.
    pub fn iter(&self) -> impl Iterator<Item = &Edit> {
        self.edits.values()
    }

    /// The bytes of `source` with every edit made; all other bytes stay as they are.
    pub fn apply(&self, source: &Source) -> Vec<u8> {
        let bytes = source.bytes();
        let mut out = Vec::with_capacity(bytes.len() + 64 * self.edits.len());
        let mut done = 0;
        for edit in self.edits.values() {
            let range = edit.span.range();
            out.extend_from_slice(bytes.get(done..range.start).unwrap_or_default());
            out.extend_from_slice(&super::encode_lossless(&edit.text));
            done = range.end;
        }
        out.extend_from_slice(bytes.get(done..).unwrap_or_default());
        out
    }

    /// Where the bytes of the new text come from.
    pub fn origins(&self) -> Origins {
        let (mut old, mut new) = (0, 0_u64);
        let made = self.edits.values().map(|edit| {
            let start = new + u64::from(edit.span.start - old);
            new = start + super::encode_lossless(&edit.text).len() as u64;
            old = edit.span.end;
            Made { start, end: new, of: edit.span }
        });
        Origins(made.collect())
    }
}

/// Where in an old text the bytes of a new one come from; see [`Edits::origins`].
pub struct Origins(Vec<Made>);

/// What an edit has put into the new text: from `start` to `end`, in the place of a span of the old one.
struct Made {
    start: u64,
    end: u64,
    of: Span,
}

impl Origins {
    /// Where an offset of the new text comes from; for what an edit put there, the place of the edit.
    pub fn of(&self, offset: u32) -> u32 {
        let new = u64::from(offset);
        let begun = self.0.partition_point(|own| own.start <= new);
        let Some(last) = begun.checked_sub(1).and_then(|last| self.0.get(last)) else { return offset };
        if new < last.end { last.of.start } else { last.of.end.saturating_add((new - last.end) as u32) }
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
        let origins = edits.origins();
        let origins: Vec<u32> = [0, 1, 2, 5, 6, 9, 10].into_iter().map(|at| origins.of(at)).collect();
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

    #[test]
    fn edits_overlap_where_their_bytes_do() {
        for (first, second, fits) in [
            ((4, 7), (4, 7), false),
            ((4, 7), (0, 13), false),
            ((4, 7), (5, 6), false),
            ((4, 7), (0, 4), true),
            ((4, 7), (7, 9), true),
            ((4, 7), (4, 4), true),
            ((4, 7), (5, 5), false),
            ((4, 7), (7, 7), true),
            ((4, 4), (4, 4), true),
        ] {
            let edit = |(start, end), text| Edit::replace(Span { start, end }, text);
            for [one, other] in [[first, second], [second, first]] {
                let mut edits = Edits::default();
                edits.add(edit(one, "x")).unwrap();
                assert_eq!(edits.add(edit(other, "y")).is_ok(), fits, "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn insertions_at_one_place_keep_their_order() {
        let mut edits = Edits::default();
        for text in ["b", "a", "c"] {
            edits.add(Edit::insert(0, text)).unwrap();
        }
        edits.add(Edit::replace(Span::new(0, 3), "1")).unwrap();
        assert_eq!(edits.apply(&source()), b"bac1 two three");
    }
}
