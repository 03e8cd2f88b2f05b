//! What the words of a call decide: tests and `case`.

use super::body::Writer;
use super::given::Given;
use crate::eval::numbers_compare;
use crate::migrate::roles::unquoted;
use crate::syntax::{Kind, Node};

impl<'a> Writer<'a> {
    /// The statements that a `case` chooses, if that can be told.
    pub(super) fn chosen(&mut self, clause: Node<'a>) -> Option<Option<Node<'a>>> {
        let subject = self.plain(clause.child(Kind::Word)?)?;
        for item in clause.all(Kind::CaseItem) {
            for pattern in item.all(Kind::Pattern) {
                let text = self.text(pattern.span);
                let plain = unquoted(&text);
                if plain == "*" || plain == subject {
                    let goes_on = item.child(Kind::CaseEnd).is_some_and(|end| self.text(end.span) != ";;");
                    return (!goes_on).then_some(item.child(Kind::List));
                }
                (!plain.contains(['*', '?', '[', '\\', '$', '`', '"', '\''])).then_some(())?;
            }
        }
        self.written.exact = false;
        Some(None)
    }

    /// Whether a test holds of which all words are known.
    pub(super) fn decided(&mut self, node: Node<'a>) -> Option<bool> {
        let mut commands = node.walk().filter(|own| matches!(own.kind, Kind::Simple | Kind::Negation | Kind::Compound));
        let (command, None) = (commands.next()?, commands.next()) else { return None };
        let words: Vec<Node<'a>> = command.named().collect();
        words.iter().all(|word| word.kind == Kind::Word).then_some(())?;
        let own: Vec<String> = words.iter().map(|word| self.plain(*word)).collect::<Option<_>>()?;
        let own: Vec<&str> = own.iter().map(String::as_str).collect();
        let test = match own.as_slice() {
            ["[", test @ .., "]"] | ["test", test @ ..] => test,
            _ => return None,
        };
        let (test, negated) = match test {
            ["!", rest @ ..] if !rest.is_empty() => (rest, true),
            _ => (test, false),
        };
        let holds = match test {
            ["-n", text] | [text] => !text.is_empty(),
            ["-z", text] => text.is_empty(),
            [left, "=" | "==", right] => left == right,
            [left, "!=", right] => left != right,
            [left, operator, right] => numbers_compare(left, operator, right)?,
            _ => return None,
        };
        Some(holds != negated)
    }

    /// What a word says, where that is known.
    fn plain(&mut self, word: Node<'a>) -> Option<String> {
        let passed = self.passed;
        let text = self.word(word);
        self.passed = passed;
        let text = text?;
        if matches!(text.as_str(), "[" | "]" | "!") {
            return Some(text);
        }
        // A word that is gone would let the others move up.
        (!text.is_empty() && !text.contains(' ') || unquoted(&text) != text).then_some(())?;
        Given::new(text).plain()
    }
}
