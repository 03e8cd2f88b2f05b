//! Which part of an argument a message is about.

use crate::diag::Diagnostic;
use crate::text::{Place, Sources, Span};

/// What may stand before and behind an element of a list, besides the ends of the argument.
const BEFORE: &[char] = &[',', '|', '=', '"', '\'', ' ', '\t'];
const BEHIND: &[char] = &[',', '|', ':', '"', '\'', ' ', '\t'];

/// The finding at the element of a list that its message quotes first, where the file itself says that element.
///
/// What a variable holds is not written there, so the whole argument stays marked.
pub(super) fn narrowed(finding: Diagnostic, sources: &Sources) -> Diagnostic {
    let Place { file, span } = finding.place;
    let text = sources.get(file).view().get(span.range()).unwrap_or_default();
    let at = quoted(&finding.message)
        .filter(|_| text.contains(','))
        .and_then(|part| Some((position(text, part)?, part.len())));
    let Some((at, length)) = at else { return finding };
    let begin = span.range().start + at;
    Diagnostic { place: Place::new(file, Span::new(begin, begin + length)), ..finding }
}

/// What a message quotes first of the argument.
fn quoted(message: &str) -> Option<&str> {
    // The option comes before it.
    let message = message.split_once("`: ").map_or(message, |(_, said)| said);
    message.split('`').nth(1).filter(|part| !part.is_empty())
}

/// Where `part` is an element of `text`.
fn position(text: &str, part: &str) -> Option<usize> {
    let is_element = |at: &usize| {
        let (before, behind) = (text.get(..*at).unwrap_or_default(), text.get(at + part.len()..).unwrap_or_default());
        (before.is_empty() || before.ends_with(BEFORE)) && (behind.is_empty() || behind.starts_with(BEHIND))
    };
    text.match_indices(part).map(|(at, _)| at).find(is_element)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_element_stands_between_commas() {
        assert_eq!(position("80,foo,90", "foo"), Some(3));
        assert_eq!(position("xfoo,foo", "foo"), Some(5));
        assert_eq!(position("--dports=80,foo", "foo"), Some(12));
        assert_eq!(position("\"SYN,FOO\" SYN", "FOO"), Some(5));
        assert_eq!(position("80,$foo", "foo"), None);
    }
}
