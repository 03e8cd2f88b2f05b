//! Characters that would drive a terminal, made visible.
//!
//! A script may hold escape sequences, in a comment or in a path; shown as they are,
//! they could change what the reader sees. Tabs and line ends are left to the caller.

/// `text` with every control character replaced by a picture of it.
pub fn visible(text: &str) -> String {
    text.chars().map(picture).collect()
}

/// What is shown for `c`; itself, unless a terminal would obey it.
pub(super) fn picture(c: char) -> char {
    match c {
        // A byte that is not UTF-8 stands in the text as SUB, or as a private character.
        '\u{1A}' | '\u{10FF00}'..='\u{10FFFF}' => '\u{FFFD}',
        '\0'..='\u{1F}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{FFFD}'),
        '\u{7F}' => '\u{2421}',
        // C1 controls, and characters that turn the direction of the text.
        '\u{80}'..='\u{9F}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => '\u{FFFD}',
        '\u{2028}' | '\u{2029}' | '\u{61C}' => '\u{FFFD}',
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_drives_a_terminal_is_shown_as_a_picture() {
        assert_eq!(visible("a\u{1B}[31m\u{7F}\u{9B}é\u{202E}"), "a␛[31m␡\u{FFFD}é\u{FFFD}");
        assert_eq!(visible("a\tb"), "a␉b");
    }
}
