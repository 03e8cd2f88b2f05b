//! Text as far as it is known: the words of a command after the shell has expanded them.

use std::fmt;
use std::sync::Arc;

use smol_str::SmolStr;

use crate::text::Place;

/// Something that cannot be known from the script, such as the output of a command.
///
/// Two unknowns are equal only where they certainly stand for the same text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Unknown {
    /// How people call it: the variable, or the command whose output it is.
    pub name: Arc<str>,
    /// Tells unknowns of the same name apart; 0 for the environment's own variables.
    pub id: u32,
    /// It is certainly one word: not empty, and without blanks.
    pub single: bool,
}

/// A part of a [`Value`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Piece {
    /// Text that is known.
    Known(SmolStr),
    /// Text that is not.
    Unknown(Unknown),
}

/// A string of known and unknown pieces; neighbouring known pieces are always joined.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Value {
    /// All of it is known.
    Known(SmolStr),
    /// At least one piece is unknown.
    Mixed(Box<[Piece]>),
}

impl Value {
    /// The empty text.
    pub const fn empty() -> Self {
        Self::Known(SmolStr::new_static(""))
    }

    /// A value that is one unknown.
    pub fn unknown(unknown: Unknown) -> Self {
        Self::Mixed(Box::new([Piece::Unknown(unknown)]))
    }

    /// The text, where all of it is known.
    pub fn known(&self) -> Option<&str> {
        match self {
            Self::Known(text) => Some(text),
            Self::Mixed(_) => None,
        }
    }

    /// Whether all of it is known, and is `text`.
    pub fn is(&self, text: &str) -> bool {
        self.known() == Some(text)
    }

    /// Whether the value begins with known text, and which.
    pub fn known_prefix(&self) -> &str {
        match self {
            Self::Known(text) => text,
            Self::Mixed(pieces) => match pieces.first() {
                Some(Piece::Known(text)) => text,
                _ => "",
            },
        }
    }

    /// Whether the known text of the value holds a character.
    pub fn has(&self, character: char) -> bool {
        self.pieces().iter().any(|piece| matches!(piece, Piece::Known(text) if text.contains(character)))
    }

    /// The pieces in order; none for the empty text.
    pub fn pieces(&self) -> Vec<Piece> {
        match self {
            Self::Known(text) if text.is_empty() => Vec::new(),
            Self::Known(text) => vec![Piece::Known(text.clone())],
            Self::Mixed(pieces) => pieces.to_vec(),
        }
    }

    /// The unknowns in it.
    pub fn unknowns(&self) -> impl Iterator<Item = &Unknown> {
        let pieces = match self {
            Self::Known(_) => [].as_slice(),
            Self::Mixed(pieces) => pieces,
        };
        pieces.iter().filter_map(|piece| match piece {
            Piece::Unknown(unknown) => Some(unknown),
            Piece::Known(_) => None,
        })
    }

    /// Appends known text.
    pub fn push_str(&mut self, text: &str) {
        match self {
            Self::Known(own) => append(own, text),
            Self::Mixed(pieces) => match pieces.last_mut() {
                Some(Piece::Known(own)) => append(own, text),
                _ if text.is_empty() => {}
                _ => self.push_piece(Piece::Known(text.into())),
            },
        }
    }

    fn push_piece(&mut self, piece: Piece) {
        let mut own = match std::mem::replace(self, Self::empty()) {
            Self::Mixed(pieces) => pieces.into_vec(),
            known => known.pieces(),
        };
        own.push(piece);
        *self = Self::Mixed(own.into());
    }

    /// Appends `other`.
    pub fn push(&mut self, other: &Self) {
        match other {
            Self::Known(text) => self.push_str(text),
            Self::Mixed(pieces) => {
                for piece in pieces {
                    match piece {
                        Piece::Known(text) => self.push_str(text),
                        unknown => self.push_piece(unknown.clone()),
                    }
                }
            }
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Known(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Known(text.into())
    }
}

impl From<SmolStr> for Value {
    fn from(text: SmolStr) -> Self {
        Self::Known(text)
    }
}

impl fmt::Display for Value {
    /// Unknown pieces show as `$NAME`, or as the command whose output they are.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(text) => f.write_str(text),
            Self::Mixed(pieces) => pieces.iter().try_for_each(|piece| match piece {
                Piece::Known(text) => f.write_str(text),
                Piece::Unknown(unknown) => write!(f, "${{{}}}", unknown.name),
            }),
        }
    }
}

fn append(text: &mut SmolStr, more: &str) {
    if !more.is_empty() {
        *text = smol_str::format_smolstr!("{text}{more}");
    }
}

/// A value that is put together from many parts, in time that grows with their length.
#[derive(Default)]
pub struct ValueBuilder {
    pieces: Vec<Piece>,
    /// Known text behind the pieces.
    text: String,
}

impl ValueBuilder {
    /// Appends known text.
    pub fn push_str(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Appends `other`.
    pub fn push(&mut self, other: &Value) {
        match other {
            Value::Known(text) => self.push_str(text),
            Value::Mixed(pieces) => pieces.iter().for_each(|piece| self.push_piece(piece)),
        }
    }

    /// Appends a piece.
    pub fn push_piece(&mut self, piece: &Piece) {
        match piece {
            Piece::Known(text) => self.push_str(text),
            unknown => {
                self.end_text();
                self.pieces.push(unknown.clone());
            }
        }
    }

    fn end_text(&mut self) {
        if !self.text.is_empty() {
            self.pieces.push(Piece::Known(std::mem::take(&mut self.text).into()));
        }
    }

    /// The value.
    pub fn finish(mut self) -> Value {
        if self.pieces.is_empty() {
            return Value::from(self.text);
        }
        self.end_text();
        Value::Mixed(self.pieces.into())
    }
}

/// One argument of a command, with the place where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// What it says.
    pub value: Value,
    /// The word in the file; several arguments that one word expands to share its place.
    pub place: Place,
    /// An unknown piece is not quoted, so this may become no argument or several.
    pub splits: bool,
}

impl Word {
    /// A word that says `text` at `place`.
    pub fn new(text: impl Into<Value>, place: Place) -> Self {
        Self { value: text.into(), place, splits: false }
    }

    /// The text, where all of it is known.
    pub fn known(&self) -> Option<&str> {
        self.value.known()
    }
}

/// A part of a rule that is either understood or unknown at present.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Known<T> {
    /// Understood.
    Is(T),
    /// The text that will decide it at run time.
    Unknown(Value),
}

impl<T> Known<T> {
    /// The understood part.
    pub fn as_ref(&self) -> Option<&T> {
        match self {
            Self::Is(value) => Some(value),
            Self::Unknown(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_small_since_a_large_ruleset_has_millions() {
        assert!(size_of::<Value>() <= 24);
        assert!(size_of::<Word>() <= 40);
    }

    #[test]
    fn known_pieces_are_joined() {
        let mut value = Value::from("a");
        value.push_str("b");
        assert_eq!(value, Value::from("ab"));
        value.push(&Value::unknown(Unknown { name: "IP".into(), id: 0, single: false }));
        value.push_str("/2");
        value.push_str("4");
        assert_eq!(value.to_string(), "ab${IP}/24");
        assert_eq!(value.pieces().len(), 3);
        assert_eq!(value.known_prefix(), "ab");
        assert!(Value::empty().pieces().is_empty());
    }
}
