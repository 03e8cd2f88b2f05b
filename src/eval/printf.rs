//! What `printf` writes.

use crate::model::Word;

/// The text that `printf FORMAT WORD...` writes, where all of it is known and says nothing unusual.
pub(super) fn written(arguments: &[Word]) -> Option<String> {
    let (format, words) = arguments.split_first()?;
    let words: Vec<&str> = words.iter().map(Word::known).collect::<Option<_>>()?;
    let format = format.known()?;
    let mut words = words.into_iter();
    let mut text = String::new();
    // The format is used again while words are left.
    loop {
        let left = words.len();
        write(format, &mut words, &mut text)?;
        if words.len() == 0 || words.len() == left {
            return Some(text);
        }
    }
}

fn write<'w>(format: &str, words: &mut impl Iterator<Item = &'w str>, text: &mut String) -> Option<()> {
    let mut rest = format;
    while let Some(at) = rest.find(['%', '\\']) {
        text.push_str(&rest[..at]);
        let directive = &rest[at..];
        let len = match directive.get(..2)? {
            "%%" => push(text, "%"),
            "%s" => push(text, words.next().unwrap_or_default()),
            "\\n" => push(text, "\n"),
            "\\t" => push(text, "\t"),
            "\\\\" => push(text, "\\"),
            _ => number(directive, words, text)?,
        };
        rest = directive.get(len..)?;
    }
    text.push_str(rest);
    Some(())
}

/// All of these directives are two bytes long.
fn push(text: &mut String, written: &str) -> usize {
    text.push_str(written);
    2
}

/// `%d`, `%i`, `%u` and `%03d`; gives the length of the directive.
fn number<'w>(directive: &str, words: &mut impl Iterator<Item = &'w str>, text: &mut String) -> Option<usize> {
    let rest = directive.strip_prefix('%')?;
    let width = rest.find(|c: char| !c.is_ascii_digit())?;
    let (digits, kind) = rest.split_at(width);
    if !kind.starts_with(['d', 'i', 'u']) || digits.len() > 2 {
        return None;
    }
    let word = words.next().unwrap_or("0");
    // A zero in front would make it octal.
    let value: u64 = word.parse().ok().filter(|_| word == "0" || !word.starts_with(['0', '+']))?;
    let value = value.to_string();
    let fill = if digits.starts_with('0') { "0" } else { " " };
    let width = if digits.is_empty() { 0 } else { digits.parse::<usize>().ok()? };
    text.push_str(&fill.repeat(width.saturating_sub(value.len())));
    text.push_str(&value);
    Some(1 + digits.len() + 1)
}

#[cfg(test)]
mod tests {
    use crate::model::Word;
    use crate::text::Place;

    #[test]
    fn formats_are_filled_in() {
        let written = |words: &[&str]| {
            super::written(&words.iter().map(|word| Word::new(*word, Place::default())).collect::<Vec<_>>())
        };
        for (words, expected) in [
            (&["%s-%s\\n", "a", "b"][..], "a-b\n"),
            (&["%s\\n", "a", "b"], "a\nb\n"),
            (&["x%%\\t"], "x%\t"),
            (&["%02d:%d%3u", "5", "10", "7"], "05:10  7"),
            (&["%s %s", "a"], "a "),
            (&["plain", "a"], "plain"),
        ] {
            assert_eq!(written(words).as_deref(), Some(expected), "{words:?}");
        }
        for words in [&["%x", "10"][..], &["%d", "010"], &["%d", "x"], &["\\033["], &["%-5s", "a"], &["%"], &[]] {
            assert_eq!(written(words), None, "{words:?}");
        }
    }
}
