//! Free text, and how `iptables-save` quotes it.

use crate::model::Argument;

/// When text is written in quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quoting {
    /// Unless it is made of letters, digits, `-` and `_`.
    AsNeeded,
    /// The same; and the text may not be empty.
    AsNeededNonEmpty,
    /// Always, without escapes.
    Always,
    /// Never.
    Never,
}

impl Quoting {
    pub(super) fn write(self, text: &str) -> String {
        match self {
            Self::Never => text.to_owned(),
            Self::Always => format!("\"{text}\""),
            Self::AsNeeded | Self::AsNeededNonEmpty => quote(text),
        }
    }
}

/// `text` as `iptables-save` writes it: bare where that is possible, else in quotes with escapes.
pub fn quote(text: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !text.is_empty() && text.chars().all(bare) {
        return text.to_owned();
    }
    let mut quoted = String::from("\"");
    for c in text.chars() {
        if matches!(c, '"' | '\\' | '\'') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}

/// Blanks go and numbers become hexadecimal; whether the tests make sense is not looked at.
pub(super) fn byte_tests(word: &str) -> Result<Argument, String> {
    let mut text = String::new();
    let mut letters = word.chars().filter(|c| !c.is_whitespace()).peekable();
    while let Some(first) = letters.next() {
        if !first.is_ascii_digit() {
            text.push(first);
            continue;
        }
        let mut digits = String::from(first);
        while let Some(next) = letters.next_if(char::is_ascii_alphanumeric) {
            digits.push(next);
        }
        let value = super::number(&digits).ok_or_else(|| format!("`{digits}` is no number"))?;
        text.push_str(&format!("{value:#x}"));
    }
    Ok(Argument::Text(text))
}

/// The kernel keeps a fixed number of bytes; what is longer is cut, never within a character.
pub(super) fn read(word: &str, longest: usize, quoting: Quoting) -> Result<Argument, String> {
    if word.is_empty() && quoting == Quoting::AsNeededNonEmpty {
        return Err("the text is empty".to_owned());
    }
    let mut end = word.len().min(longest);
    while !word.is_char_boundary(end) {
        end -= 1;
    }
    Ok(Argument::Text(word.get(..end).unwrap_or(word).to_owned()))
}
