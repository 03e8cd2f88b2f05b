//! Strings whose expansions all wait for the shell that runs them, put into single quotes: `eval "\$IPCHAINS -F"`.
//!
//! The script means the same before and after. In single quotes the words of such a string are those of its commands,
//! and can be translated there.

use std::collections::BTreeSet;

use super::inline::{Room, Round};
use crate::analysis::Analysis;
use crate::eval::Program;
use crate::syntax::{Kind, Node};
use crate::text::{Edit, Edits, Span, Spans};

/// Puts the strings that commands of ipchains are run from into single quotes, where that is the same.
pub(super) fn single(analysis: &Analysis<'_>, root: Node<'_>, room: Room) -> Option<Round> {
    (analysis.trees.len() == 1 && analysis.evaluation.cut_short.is_none()).then_some(())?;
    let names: BTreeSet<Span> = analysis
        .invocations()
        .filter(|(_, _, invocation)| invocation.program == Program::Ipchains && invocation.name.file == analysis.file)
        .map(|(_, _, invocation)| invocation.name.span)
        .collect();
    // In old-style command substitutions escapes are read twice.
    let read_twice: Spans = root.walk().filter(|node| node.kind == Kind::Backquoted).map(|node| node.span).collect();
    let ours = |word: &Node<'_>| names.contains(&word.span) && !read_twice.hold(word.span);
    let source = analysis.sources.get(analysis.file);
    let mut edits = Edits::default();
    for word in root.walk().filter(|node| node.kind == Kind::Word).filter(ours) {
        let Some(escapes) = escapes(&source.text(word.span)) else { continue };
        let at = |at: u32, text: &str| Edit::replace(Span { start: at, end: at + 1 }, text);
        edits.add(at(word.span.start, "'")).ok()?;
        for escape in escapes {
            edits.add(at(word.span.start + escape, "")).ok()?;
        }
        edits.add(at(word.span.end - 1, "'")).ok()?;
    }
    (!edits.is_empty()).then_some(Round { edits, notes: Vec::new(), room })
}

/// Where the backslashes are in a word that is one string in double quotes with escapes and without expansions.
fn escapes(word: &str) -> Option<Vec<u32>> {
    let content = word.strip_prefix('"')?.strip_suffix('"')?;
    let mut escapes = Vec::new();
    let mut rest = content.char_indices();
    while let Some((at, c)) = rest.next() {
        match c {
            '\\' => {
                rest.next().filter(|(_, escaped)| matches!(escaped, '$' | '"'))?;
                escapes.push(at as u32 + 1);
            }
            '"' | '\'' | '$' | '`' => return None,
            _ => {}
        }
    }
    (!escapes.is_empty()).then_some(escapes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_that_say_the_same_in_single_quotes() {
        assert_eq!(escapes(r#""\$A -F \"\$B\"""#), Some(vec![1, 8, 10, 13]));
        for word in [r#""$A \$B""#, r#""\$A '\$B'""#, r#""\$A"" -F""#, r#""-F""#, r"\$A", r#""\`a\`""#, r#""\a""#] {
            assert_eq!(escapes(word), None, "{word}");
        }
    }
}
