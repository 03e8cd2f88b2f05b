//! A source file: its bytes, a UTF-8 view of the same length, and its lines.
//!
//! Scripts of the nineties are often Latin-1. Instead of a table of offsets,
//! the view replaces every byte that is not part of valid UTF-8 by one ASCII
//! placeholder, so that an offset into the view *is* an offset into the file.

use std::borrow::Cow;

use super::{FileId, Place, Span};

/// Stands in the view for one byte that is not UTF-8.
const PLACEHOLDER: u8 = 0x1A;

/// Bytes that are not UTF-8 travel through strings as characters of this private use area.
const ESCAPE_BASE: u32 = 0x10_FF00;

/// One input file.
#[derive(Clone, Debug)]
pub struct Source {
    path: String,
    /// The file where it is UTF-8, else its view.
    view: String,
    /// The bytes of a file that is not UTF-8.
    raw: Option<Vec<u8>>,
    line_starts: Vec<u32>,
}

/// A position as people and editors count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in code points, from 1; a tab is one column, a byte that is not UTF-8 is one column.
    pub column: usize,
    /// Column in UTF-16 code units, from 1.
    pub utf16: usize,
    /// Byte offset in the file, from 0.
    pub offset: usize,
}

impl Source {
    /// A file that is shown as `path` and holds `bytes`; what lies beyond 4 GiB is cut off.
    pub fn new(path: impl Into<String>, mut bytes: Vec<u8>) -> Self {
        bytes.truncate(u32::MAX as usize);
        let newlines = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        let line_starts = std::iter::once(0).chain(newlines.map(|(at, _)| at as u32 + 1)).collect();
        let (view, raw) = match String::from_utf8(bytes) {
            Ok(text) => (text, None),
            Err(error) => (view_of(error.as_bytes()), Some(error.into_bytes())),
        };
        Self { path: path.into(), view, raw, line_starts }
    }

    /// The path as the user gave it.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The bytes of the file.
    pub fn bytes(&self) -> &[u8] {
        self.raw.as_deref().unwrap_or(self.view.as_bytes())
    }

    /// The file as text of the same length; bytes that are not UTF-8 show as a control character.
    pub fn view(&self) -> &str {
        &self.view
    }

    /// Whether the file is valid UTF-8.
    pub fn is_utf8(&self) -> bool {
        self.raw.is_none()
    }

    /// The text of `span`, lossless (see [`decode_lossless`]); empty where the span is out of bounds.
    pub fn text(&self, span: Span) -> Cow<'_, str> {
        match &self.raw {
            None => Cow::Borrowed(self.view.get(span.range()).unwrap_or_default()),
            Some(raw) => decode_lossless(raw.get(span.range()).unwrap_or_default()),
        }
    }

    /// Line and columns of the byte offset `offset`.
    pub fn position(&self, offset: u32) -> Position {
        let line = self.line_starts.partition_point(|start| *start <= offset);
        let start = self.line_starts.get(line - 1).copied().unwrap_or_default();
        let before = self.view().get(start as usize..offset as usize).unwrap_or_default();
        let column = before.chars().count() + 1;
        // A code point of four bytes takes two units.
        let utf16 = column + before.bytes().filter(|byte| *byte >= 0xF0).count();
        Position { line, column, utf16, offset: offset as usize }
    }

    /// The line, from 1, of the byte offset `offset`.
    pub fn line(&self, offset: u32) -> usize {
        self.line_starts.partition_point(|start| *start <= offset)
    }

    /// The number of lines; a final line without a line end counts.
    pub fn line_count(&self) -> usize {
        self.line_starts.len() - usize::from(self.bytes().last().is_none_or(|byte| *byte == b'\n'))
    }

    /// The span of the line that holds `offset`, without its line end.
    pub fn line_span(&self, offset: u32) -> Span {
        let line = self.line(offset);
        let start = self.line_starts.get(line - 1).copied().unwrap_or_default();
        let end = self.line_starts.get(line).map_or(self.bytes().len() as u32, |next| next - 1);
        Span { start, end: end.max(start) }
    }

    /// The lines that `span` touches, with their line ends.
    pub fn lines_around(&self, span: Span) -> Span {
        let last = span.end.saturating_sub(1).max(span.start);
        let end = self.line_starts.get(self.line(last)).copied();
        Span { start: self.line_span(span.start).start, end: end.unwrap_or(self.bytes().len() as u32) }
    }
}

fn view_of(bytes: &[u8]) -> String {
    let mut view = Vec::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        view.extend_from_slice(chunk.valid().as_bytes());
        view.extend(std::iter::repeat_n(PLACEHOLDER, chunk.invalid().len()));
    }
    String::from_utf8(view).unwrap_or_default()
}

/// Text for `bytes` that [`encode_lossless`] turns back into the very same bytes.
pub fn decode_lossless(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().filter_map(|byte| char::from_u32(ESCAPE_BASE + u32::from(*byte))));
    }
    Cow::Owned(text)
}

/// The bytes of `text`, undoing [`decode_lossless`].
pub fn encode_lossless(text: &str) -> Cow<'_, [u8]> {
    let escaped = |c: char| (ESCAPE_BASE..ESCAPE_BASE + 0x100).contains(&u32::from(c));
    if !text.chars().any(escaped) {
        return Cow::Borrowed(text.as_bytes());
    }
    let mut bytes = Vec::with_capacity(text.len());
    for c in text.chars() {
        if escaped(c) {
            bytes.push((u32::from(c) - ESCAPE_BASE) as u8);
        } else {
            bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
    Cow::Owned(bytes)
}

/// The files of one run.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<Source>,
}

impl Sources {
    /// Adds a file and says how it is called from now on.
    pub fn add(&mut self, source: Source) -> FileId {
        self.files.push(source);
        FileId(self.files.len() as u32 - 1)
    }

    /// The file `id`.
    ///
    /// # Panics
    /// Where `id` comes from another set of sources.
    #[allow(clippy::panic)]
    pub fn get(&self, id: FileId) -> &Source {
        match self.files.get(id.0 as usize) {
            Some(source) => source,
            None => panic!("file {} is of another set of sources", id.0),
        }
    }

    /// All files with their identifiers.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &Source)> {
        self.files.iter().enumerate().map(|(at, source)| (FileId(at as u32), source))
    }

    /// The text at `place`, lossless.
    pub fn text(&self, place: Place) -> Cow<'_, str> {
        self.get(place.file).text(place.span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_latin1_file_has_a_view_of_its_own_length() {
        let source = Source::new("f", b"a\xE9\xFCb\n\xC3\xA9x".to_vec());
        assert_eq!(source.view().len(), source.bytes().len());
        assert_eq!(source.position(4), Position { line: 1, column: 5, utf16: 5, offset: 4 });
        assert_eq!(source.position(7).column, 2);
        assert_eq!(encode_lossless(&source.text(Span::new(0, 4))).as_ref(), b"a\xE9\xFCb");
    }

    #[test]
    fn positions_count_code_points_and_utf16_units() {
        let source = Source::new("f", "x\n\u{1F600}\tb".as_bytes().to_vec());
        assert_eq!(source.position(7), Position { line: 2, column: 3, utf16: 4, offset: 7 });
        assert_eq!(source.line_count(), 2);
        assert_eq!(source.line_span(3), Span::new(2, 8));
    }

    #[test]
    fn the_lines_around_a_part_are_whole() {
        let source = Source::new("f", b"a\nbcd\nef\ngh".to_vec());
        assert_eq!(source.lines_around(Span::new(3, 4)), Span::new(2, 6));
        assert_eq!(source.lines_around(Span::new(3, 6)), Span::new(2, 6));
        assert_eq!(source.lines_around(Span::new(3, 7)), Span::new(2, 9));
        assert_eq!(source.lines_around(Span::new(10, 11)), Span::new(9, 11));
        assert_eq!(source.lines_around(Span::new(6, 6)), Span::new(6, 9));
    }

    #[test]
    fn a_final_line_end_makes_no_further_line() {
        assert_eq!(Source::new("f", b"a\nb\n".to_vec()).line_count(), 2);
        assert_eq!(Source::new("f", b"".to_vec()).line_count(), 0);
    }
}
