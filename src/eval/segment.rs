//! What the parts of a word contribute, joined and cut into fields.

use crate::model::{Piece, Value, ValueBuilder, Word};
use crate::text::Place;

/// What one part of a word contributes.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Segment {
    /// Text; where `split`, blanks in it end a field and the empty text makes none.
    Text { value: Value, split: bool },
    /// Whole fields, as from `"$@"`.
    Fields(Vec<Word>),
}

/// The text of a word that is not cut into fields.
pub(super) fn join(segments: &[Segment]) -> Value {
    let mut value = ValueBuilder::default();
    for segment in segments {
        match segment {
            Segment::Text { value: text, .. } => value.push(text),
            Segment::Fields(words) => value.push(&joined(words)),
        }
    }
    value.finish()
}

/// Words as one text with blanks between them.
pub(super) fn joined(words: &[Word]) -> Value {
    let mut text = ValueBuilder::default();
    for (at, word) in words.iter().enumerate() {
        text.push_str(if at > 0 { " " } else { "" });
        text.push(&word.value);
    }
    text.finish()
}

/// Fields under construction.
struct Splitter {
    words: Vec<Word>,
    place: Place,
    current: ValueBuilder,
    /// The current field exists even if it is empty.
    present: bool,
    splits: bool,
}

/// Joins segments and cuts them into fields.
pub(super) fn split(segments: &[Segment], place: Place) -> Vec<Word> {
    let mut splitter =
        Splitter { words: Vec::new(), place, current: ValueBuilder::default(), present: false, splits: false };
    for segment in segments {
        match segment {
            Segment::Text { value, split: false } => {
                splitter.current.push(value);
                splitter.present = true;
            }
            Segment::Text { value, split: true } => value.pieces().iter().for_each(|piece| splitter.split_piece(piece)),
            Segment::Fields(words) => splitter.take_fields(words),
        }
    }
    splitter.end_field();
    splitter.words
}

impl Splitter {
    fn split_piece(&mut self, piece: &Piece) {
        match piece {
            Piece::Unknown(unknown) => {
                self.current.push_piece(piece);
                self.present = true;
                self.splits |= !unknown.single;
            }
            Piece::Known(text) => {
                let mut fields = text.split([' ', '\t', '\n']);
                if let Some(first) = fields.next().filter(|first| !first.is_empty()) {
                    self.current.push_str(first);
                    self.present = true;
                }
                for field in fields {
                    self.end_field();
                    if !field.is_empty() {
                        self.current.push_str(field);
                        self.present = true;
                    }
                }
            }
        }
    }

    /// The first field continues the current one, the last one may be continued.
    fn take_fields(&mut self, words: &[Word]) {
        for (at, word) in words.iter().enumerate() {
            if at > 0 {
                self.end_field();
            }
            if !self.present {
                self.place = if word.place == Place::default() { self.place } else { word.place };
            }
            self.current.push(&word.value);
            self.present = true;
            self.splits |= word.splits;
        }
    }

    fn end_field(&mut self) {
        if !self.present {
            return;
        }
        let value = std::mem::take(&mut self.current).finish();
        self.words.push(Word { value, place: self.place, splits: self.splits });
        self.present = false;
        self.splits = false;
    }
}
