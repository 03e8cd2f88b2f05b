//! The lines of a save file, as far as iptables-restore reads them.
//!
//! It takes a line by `fgets`, so that what is too long for its buffer is another line, and then looks at a string
//! of C, which ends where a NUL byte stands.

use crate::text::{Source, Span};

/// So many bytes of a line are read at once.
const LONGEST: usize = 10_239;

/// The pieces of `text` that are read at once, with their line ends; beside each, what counts of it.
pub fn pieces(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split_inclusive('\n').flat_map(|line| {
        let mut rest = line;
        std::iter::from_fn(move || {
            let end = (0..=LONGEST.min(rest.len())).rev().find(|end| rest.is_char_boundary(*end))?;
            let (piece, behind) = rest.split_at_checked(end)?;
            rest = behind;
            (!piece.is_empty()).then(|| (piece, piece.split('\0').next().unwrap_or_default()))
        })
    })
}

/// What iptables-restore reads of `source` together with the byte at `offset`; the line end belongs to it.
pub fn read_line(source: &Source, offset: u32) -> Span {
    let line = source.lines_around(Span::empty(offset as usize));
    let mut start = line.range().start;
    for (piece, read) in pieces(source.view().get(line.range()).unwrap_or_default()) {
        if offset as usize - start < piece.len() {
            return Span::new(start, start + read.len());
        }
        start += piece.len();
    }
    Span::empty(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_cut_into_pieces() {
        let text = format!("a\n\n{}b\n{}\nc", "x".repeat(LONGEST), "é".repeat(LONGEST / 2));
        let lengths: Vec<usize> = pieces(&text).map(|(piece, _)| piece.len()).collect();
        assert_eq!(lengths, [2, 1, LONGEST, 2, LONGEST, 1]);
        assert_eq!(pieces(&text).map(|(piece, _)| piece).collect::<String>(), text);
    }

    #[test]
    fn a_byte_is_read_with_what_stands_before_a_nul() {
        let text = format!("ab\0cd\n{}ef\0", "x".repeat(LONGEST));
        let source = Source::new("rules", text.into_bytes());
        let read = |offset: usize| source.text(read_line(&source, offset as u32)).into_owned();
        assert_eq!((read(0), read(3)), ("ab".to_owned(), "ab".to_owned()));
        assert_eq!((read(6).len(), read(6 + LONGEST)), (LONGEST, "ef".to_owned()));
    }
}
