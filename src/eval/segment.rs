//! What the parts of a word contribute, joined and cut into fields.

use smol_str::SmolStr;

use crate::model::{Piece, Unknown, Value, ValueBuilder, Word};
use crate::text::Place;

/// What the variable `IFS` says of where a field ends.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Separators {
    /// Blanks and line ends do it, as where the script leaves it alone.
    Usual,
    /// These characters do it.
    These(SmolStr),
    /// That is not known.
    Unknown,
}

impl Separators {
    /// What a value of `IFS` means.
    pub(super) fn of(value: &Value) -> Self {
        match value.pieces().as_slice() {
            [Piece::Known(text)] if text == " \t\n" => Self::Usual,
            [Piece::Known(text)] => Self::These(text.clone()),
            [] => Self::These(SmolStr::default()),
            // What it was before the script set it.
            [Piece::Unknown(unknown)] if unknown.id == 0 && &*unknown.name == "IFS" => Self::Usual,
            _ => Self::Unknown,
        }
    }

    /// What `"$*"` puts between two words; `None` where that is not known.
    fn between(&self) -> Option<&str> {
        match self {
            Self::Usual => Some(" "),
            Self::These(text) => Some(text.chars().next().map_or("", |first| &text[..first.len_utf8()])),
            Self::Unknown => None,
        }
    }
}

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
    joined_by(words, " ")
}

/// Words as `"$*"` joins them; `None` where it is not known how.
pub(super) fn starred(words: &[Word], separators: &Separators) -> Option<Value> {
    separators.between().map(|between| joined_by(words, between))
}

fn joined_by(words: &[Word], between: &str) -> Value {
    let mut text = ValueBuilder::default();
    for (at, word) in words.iter().enumerate() {
        text.push_str(if at > 0 { between } else { "" });
        text.push(&word.value);
    }
    text.finish()
}

/// Fields under construction.
struct Splitter<'s> {
    separators: &'s Separators,
    words: Vec<Word>,
    place: Place,
    current: ValueBuilder,
    /// The current field exists even if it is empty.
    present: bool,
    splits: bool,
    /// A blank has ended the last field, so that a mark behind it ends no other.
    after_blank: bool,
}

/// Joins segments and cuts them into fields.
pub(super) fn split(segments: &[Segment], place: Place, separators: &Separators) -> Vec<Word> {
    let mut splitter = Splitter {
        separators,
        words: Vec::new(),
        place,
        current: ValueBuilder::default(),
        present: false,
        splits: false,
        after_blank: false,
    };
    for segment in segments {
        match segment {
            Segment::Text { value, split: false } => {
                splitter.current.push(value);
                splitter.continues();
            }
            Segment::Text { value, split: true } => value.pieces().iter().for_each(|piece| splitter.split_piece(piece)),
            Segment::Fields(words) => splitter.take_fields(words),
        }
    }
    splitter.end_field();
    splitter.words
}

impl Splitter<'_> {
    /// The current field exists, and goes on.
    fn continues(&mut self) {
        self.present = true;
        self.after_blank = false;
    }

    fn split_piece(&mut self, piece: &Piece) {
        match (piece, self.separators) {
            (Piece::Unknown(unknown), _) => {
                self.current.push_piece(piece);
                self.continues();
                // What is one word of a list may be several fields by other marks.
                self.splits |= !unknown.single || *self.separators != Separators::Usual;
            }
            (Piece::Known(text), Separators::Usual) => self.split_text(text, &[' ', '\t', '\n'], &[]),
            (Piece::Known(text), Separators::These(characters)) => {
                let is_blank = |c: &char| matches!(c, ' ' | '\t' | '\n');
                let (blanks, marks): (Vec<char>, Vec<char>) = characters.chars().partition(is_blank);
                self.split_text(text, &blanks, &marks);
            }
            // A blank is what most likely ends a field.
            (Piece::Known(text), Separators::Unknown) if text.contains([' ', '\t', '\n']) => {
                let unknown = Unknown { name: text.as_str().into(), id: u32::MAX, single: false };
                self.current.push_piece(&Piece::Unknown(unknown));
                self.continues();
                self.splits = true;
            }
            (Piece::Known(text), Separators::Unknown) => self.split_text(text, &[], &[]),
        }
    }

    /// Cuts at blanks, any number of which end a field, and at marks, each of which does so with the blanks around it.
    fn split_text(&mut self, text: &str, blanks: &[char], marks: &[char]) {
        let mut rest = text;
        loop {
            let end = rest.find(|c| blanks.contains(&c) || marks.contains(&c)).unwrap_or(rest.len());
            let (field, behind) = rest.split_at(end);
            if !field.is_empty() {
                self.current.push_str(field);
                self.continues();
            }
            let Some(separator) = behind.chars().next() else { break };
            if marks.contains(&separator) {
                self.present |= !self.after_blank;
                self.end_field();
                self.after_blank = false;
            } else if self.present {
                self.end_field();
                self.after_blank = true;
            }
            rest = &behind[separator.len_utf8()..];
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
            self.continues();
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
