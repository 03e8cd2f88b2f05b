//! `{a,b}` and `{1..5}`: words that bash writes out before anything else in them is expanded.

use super::unit::Unit;
use crate::syntax::{Kind, Node};

/// More words are not written out.
const MAX_WORDS: usize = 1_024;

/// More braces in a word are not looked at.
const MAX_BRACES: usize = 64;

/// A part of a word that is written out.
#[derive(Clone)]
pub(super) enum Part<'n> {
    Text(String),
    Node(Node<'n>),
}

/// What a word consists of, as far as braces matter.
#[derive(Clone)]
enum Token<'n> {
    Open,
    Comma,
    Close,
    Part(Part<'n>),
}

/// A word stands for more words than are written out.
#[derive(Debug, PartialEq)]
pub(super) struct TooMany;

/// The parts of each word that `word` is written out to; none where it has no braces that stand for words.
///
/// # Errors
/// Too many words, or braces.
pub(super) fn written_out<'n>(unit: &Unit<'_>, word: Node<'n>) -> Result<Vec<Vec<Part<'n>>>, TooMany> {
    let braces = |part: Node<'_>| part.kind == Kind::Literal && unit.text(part.span).contains('{');
    if !word.children().any(braces) {
        return Ok(Vec::new());
    }
    let mut tokens = Vec::new();
    for part in word.children() {
        match part.kind {
            Kind::Literal => cut(&unit.text(part.span), &mut tokens),
            _ => tokens.push(Token::Part(Part::Node(part))),
        }
    }
    if tokens.iter().filter(|token| matches!(token, Token::Open)).count() > MAX_BRACES {
        return Err(TooMany);
    }
    let words = expand(&tokens)?;
    Ok(if words.len() > 1 { words } else { Vec::new() })
}

fn cut(mut text: &str, tokens: &mut Vec<Token<'_>>) {
    while !text.is_empty() {
        let end = text.find(['{', ',', '}']).unwrap_or(text.len());
        let (plain, rest) = text.split_at(end);
        if !plain.is_empty() {
            tokens.push(Token::Part(Part::Text(plain.to_owned())));
        }
        let mut rest = rest.chars();
        tokens.extend(rest.next().map(|sign| match sign {
            '{' => Token::Open,
            ',' => Token::Comma,
            _ => Token::Close,
        }));
        text = rest.as_str();
    }
}

fn expand<'n>(tokens: &[Token<'n>]) -> Result<Vec<Vec<Part<'n>>>, TooMany> {
    for (open, _) in tokens.iter().enumerate().filter(|(_, token)| matches!(token, Token::Open)) {
        let Some(close) = closing(tokens, open) else { continue };
        let inside = tokens.get(open + 1..close).unwrap_or_default();
        let choices = choices(inside)?;
        if choices.is_empty() {
            continue;
        }
        let before = plain(tokens.get(..open).unwrap_or_default());
        let behind = expand(tokens.get(close + 1..).unwrap_or_default())?;
        if choices.len() * behind.len() > MAX_WORDS {
            return Err(TooMany);
        }
        let join = |choice: &Vec<Part<'n>>, end: &Vec<Part<'n>>| [before.as_slice(), choice, end].concat();
        return Ok(choices.iter().flat_map(|choice| behind.iter().map(move |end| join(choice, end))).collect());
    }
    Ok(vec![plain(tokens)])
}

/// Where the brace is closed that stands at `open`.
fn closing(tokens: &[Token<'_>], open: usize) -> Option<usize> {
    let mut depth = 0;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token {
            Token::Open => depth += 1,
            Token::Close if depth == 1 => return Some(at),
            Token::Close => depth -= 1,
            _ => {}
        }
    }
    None
}

/// What stands between braces: words with commas between them, or a range; none where it is neither.
fn choices<'n>(inside: &[Token<'n>]) -> Result<Vec<Vec<Part<'n>>>, TooMany> {
    let mut depth = 0;
    let mut commas = Vec::new();
    for (at, token) in inside.iter().enumerate() {
        match token {
            Token::Open => depth += 1,
            Token::Close => depth -= 1,
            Token::Comma if depth == 0 => commas.push(at),
            _ => {}
        }
    }
    if let (true, [Token::Part(Part::Text(text))]) = (commas.is_empty(), inside) {
        return Ok(range(text)?.into_iter().map(|word| vec![Part::Text(word)]).collect());
    }
    let mut words = Vec::new();
    let ends = commas.iter().copied().chain((!commas.is_empty()).then_some(inside.len()));
    let mut begin = 0;
    for end in ends {
        words.extend(expand(inside.get(begin..end).unwrap_or_default())?);
        begin = end + 1;
        if words.len() > MAX_WORDS {
            return Err(TooMany);
        }
    }
    Ok(words)
}

/// The numbers or letters of `1..5`, `05..1` or `a..e..2`; none where it is no range.
fn range(text: &str) -> Result<Vec<String>, TooMany> {
    let bounds: Vec<&str> = text.split("..").collect();
    let (&[first, last] | &[first, last, _]) = bounds.as_slice() else { return Ok(Vec::new()) };
    let letter = |bound: &str| match bound.as_bytes() {
        [letter] if letter.is_ascii_alphabetic() => Some(i64::from(*letter)),
        _ => None,
    };
    let step = bounds.get(2).map_or(Some(1), |step| step.parse::<i64>().ok());
    let letters = letter(first).zip(letter(last));
    let numbers = first.parse::<i64>().ok().zip(last.parse::<i64>().ok());
    let (Some((from, to)), Some(step)) = (letters.or(numbers), step) else { return Ok(Vec::new()) };
    let step = step.unsigned_abs().max(1);
    let count = from.abs_diff(to) / step;
    if count >= MAX_WORDS as u64 {
        return Err(TooMany);
    }
    let padded =
        |bound: &str| bound.trim_start_matches('-').len() > 1 && bound.trim_start_matches('-').starts_with('0');
    let width = if padded(first) || padded(last) { first.len().max(last.len()) } else { 0 };
    let step = if from <= to { step as i64 } else { -(step as i64) };
    let at = |number: u64| from + step * number as i64;
    let word = |value: i64| match letters.and(u8::try_from(value).ok()) {
        Some(letter) => char::from(letter).to_string(),
        None => format!("{value:0width$}"),
    };
    Ok((0..=count).map(|number| word(at(number))).collect())
}

/// The parts of tokens whose braces stand for themselves.
fn plain<'n>(tokens: &[Token<'n>]) -> Vec<Part<'n>> {
    let part = |token: &Token<'n>| match token {
        Token::Open => Part::Text("{".to_owned()),
        Token::Comma => Part::Text(",".to_owned()),
        Token::Close => Part::Text("}".to_owned()),
        Token::Part(part) => part.clone(),
    };
    tokens.iter().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_counted_as_bash_counts_them() {
        for (text, words) in [
            ("1..3", "1 2 3"),
            ("3..1", "3 2 1"),
            ("-1..1", "-1 0 1"),
            ("08..10", "08 09 10"),
            ("1..010", "001 002 003 004 005 006 007 008 009 010"),
            ("1..9..4", "1 5 9"),
            ("9..1..-4", "9 5 1"),
            ("1..3..0", "1 2 3"),
            ("a..e..2", "a c e"),
            ("c..a", "c b a"),
            ("1..c", ""),
            ("1...3", ""),
            ("1..2..3..4", ""),
            ("eth0", ""),
        ] {
            assert_eq!(range(text).map(|found| found.join(" ")), Ok(words.to_owned()), "{text}");
        }
        assert_eq!(range("1..100000"), Err(TooMany));
        assert_eq!(range("-9223372036854775808..9223372036854775807"), Err(TooMany));
    }
}
