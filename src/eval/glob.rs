//! Shell patterns: `*`, `?`, `[...]` and backslash.

/// Whether `pattern` matches all of `text`.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    // Where to go on when the text after the last star does not fit.
    let mut retry: Option<(usize, usize)> = None;
    loop {
        if pattern.get(p) == Some(&'*') {
            retry = Some((p + 1, t));
            p += 1;
            continue;
        }
        let step = text.get(t).and_then(|c| one(pattern.get(p..).unwrap_or_default(), *c));
        match (step, retry) {
            (Some(len), _) => {
                p += len;
                t += 1;
            }
            (None, _) if t == text.len() && p == pattern.len() => return true,
            (None, Some((after, from))) if from < text.len() => {
                p = after;
                t = from + 1;
                retry = Some((after, from + 1));
            }
            _ => return false,
        }
    }
}

/// Whether a pattern holds a character that does not stand for itself.
pub(super) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '[', '\\'])
}

/// The text that a pattern stands for, where each of its characters stands for itself.
pub(super) fn literal(pattern: &str) -> Option<String> {
    let mut text = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '*' | '?' | '[' => return None,
            '\\' => text.push(chars.next().unwrap_or('\\')),
            c => text.push(c),
        }
    }
    Some(text)
}

/// `text` as a pattern that stands for it alone.
pub(super) fn quoted(text: &str) -> String {
    let mut pattern = String::new();
    for c in text.chars() {
        if matches!(c, '*' | '?' | '[' | '\\' | '(') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}

/// Whether a pattern has alternatives as bash knows them: `+(a|b)`, `!(a)`.
pub(super) fn is_extended(pattern: &str) -> bool {
    ["?(", "*(", "+(", "@(", "!("].iter().any(|sign| pattern.contains(sign))
}

/// How many characters of `pattern` match the one character `c`.
fn one(pattern: &[char], c: char) -> Option<usize> {
    match pattern.first()? {
        '?' => Some(1),
        '\\' if pattern.len() > 1 => (pattern.get(1) == Some(&c)).then_some(2),
        '[' => match set(pattern, c) {
            Some((true, len)) => Some(len),
            Some((false, _)) => None,
            None => (c == '[').then_some(1),
        },
        plain => (*plain == c).then_some(1),
    }
}

/// Whether the bracket expression at the head of `pattern` holds `c`, and how long it is.
fn set(pattern: &[char], c: char) -> Option<(bool, usize)> {
    let negated = matches!(pattern.get(1), Some('!' | '^'));
    let mut at = 1 + usize::from(negated);
    let first = at;
    let mut found = false;
    loop {
        let low = *pattern.get(at)?;
        if low == ']' && at > first {
            return Some((found != negated, at + 1));
        }
        match (pattern.get(at + 1), pattern.get(at + 2)) {
            (Some('-'), Some(high)) if *high != ']' => {
                found |= (low..=*high).contains(&c);
                at += 3;
            }
            _ => {
                found |= low == c;
                at += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{literal, matches, quoted};

    #[test]
    fn quoted_text_stands_for_itself() {
        for text in ["a*b", "+(a)", "[x]", "\\", "plain"] {
            assert!(matches(&quoted(text), text), "{text}");
            assert_eq!(literal(&quoted(text)).as_deref(), Some(text));
        }
        assert!(!matches(&quoted("a*b"), "axb"));
        assert_eq!(literal("a*"), None);
    }

    #[test]
    fn patterns_match_whole_texts() {
        for (pattern, text) in [
            ("*", ""),
            ("a*c", "abbc"),
            ("[0-9]*", "7x"),
            ("[!a]", "b"),
            ("\\*", "*"),
            ("a?c", "abc"),
            ("*.*.*", "1.2.3"),
            ("[]]", "]"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in
            [("a*c", "abb"), ("?", ""), ("[!a]", "a"), ("start", "stop"), ("*x", "xy"), ("[0-9]", "a")]
        {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }
}
