//! Free text, and how `iptables-save` quotes it.

use crate::model::Argument;

/// When text is written in quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quoting {
    /// Unless it is made of letters, digits, `-` and `_`.
    AsNeeded,
    /// The same; and the text is one line, which may not be empty.
    AsNeededLine,
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
            Self::AsNeeded | Self::AsNeededLine => quote(text),
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

/// The kernel keeps a fixed number of bytes; what is longer is cut, never within a character.
pub(super) fn read(word: &str, longest: usize, quoting: Quoting) -> Result<Argument, String> {
    if word.is_empty() && quoting == Quoting::AsNeededLine {
        return Err("the text is empty".to_owned());
    }
    if word.contains('\n') && quoting == Quoting::AsNeededLine {
        return Err("the text holds a line end".to_owned());
    }
    Ok(Argument::Text(cut(word, longest).to_owned()))
}

/// At most so many bytes of `word`, never a part of a character.
pub fn cut(word: &str, longest: usize) -> &str {
    let mut end = word.len().min(longest);
    while !word.is_char_boundary(end) {
        end -= 1;
    }
    word.get(..end).unwrap_or(word)
}

pub(super) fn label(word: &str, longest: usize) -> Result<Argument, String> {
    if word.len() > longest {
        return Err(format!("the text is longer than {longest} bytes"));
    }
    Ok(Argument::Text(word.to_owned()))
}

/// The name of a file that the kernel makes, and that is not one of those `taken`.
pub(super) fn file_name(word: &str, longest: usize, taken: &[&str]) -> Result<Argument, String> {
    if word.is_empty() || word.contains('/') || matches!(word, "." | "..") || taken.contains(&word) {
        return Err(format!("no file of the kernel can be called `{word}`"));
    }
    read(word, longest, Quoting::Never)
}

/// How many bytes the name of a counter has at most.
const LONGEST_COUNTER: usize = 31;

pub(super) fn counter_name(word: &str) -> Result<Argument, String> {
    match word.len() {
        0 => Err("the name of the counter is empty".to_owned()),
        _ => read(word, LONGEST_COUNTER, Quoting::Never),
    }
}

/// Words of an option whose meaning is not known, so that they stay apart.
pub(in super::super) fn words(words: &[&str]) -> Argument {
    let bare = |c: char| c.is_alphanumeric() || "-_.:,/+=%@*".contains(c);
    let apart = |word: &&str| {
        if !word.is_empty() && word.chars().all(bare) { (*word).to_owned() } else { quote(word) }
    };
    Argument::Text(words.iter().map(apart).collect::<Vec<_>>().join(" "))
}
