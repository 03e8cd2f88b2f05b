//! The text of a command, taken out of the variables and strings that it stands in.

use std::collections::BTreeSet;

use crate::migrate::roles::unquoted;
use crate::syntax::{Kind, parse_fragment};

/// A command as it is put together.
#[derive(Default)]
pub(super) struct Text {
    text: String,
    /// `eval` runs it, so that what its expansions say is read once more.
    again: bool,
    /// The variables whose values are.
    twice: BTreeSet<String>,
    /// The variables that wait for that.
    later: BTreeSet<String>,
}

impl Text {
    /// The command with these words.
    pub(super) fn of(words: &[String]) -> Option<Self> {
        match words {
            [eval, rest @ ..] if eval == "eval" => {
                let mut text = Self { text: String::new(), again: true, ..Self::default() };
                let parts: Vec<String> = rest.iter().map(|word| text.read_once(word)).collect::<Option<_>>()?;
                text.text = parts.join(" ");
                Some(text)
            }
            words => Some(Self { text: words.join(" "), ..Self::default() }),
        }
    }

    /// Whether `eval` runs it.
    pub(super) fn is_read_again(&self) -> bool {
        self.again
    }

    /// Whether nothing that `eval` reads once more, but the values of variables that are `constant`, comes from elsewhere.
    pub(super) fn is_settled(&self, constant: impl Fn(&str) -> bool) -> bool {
        self.twice.iter().all(|name| constant(name))
    }

    /// Its first word.
    pub(super) fn head(&self) -> &str {
        let head = self.text.split(' ').next().unwrap_or_default();
        // In quotes the words of a variable are one.
        if head.starts_with('$') { head } else { "" }
    }

    /// What the value `word` of a variable puts in the place of the variable, where that is the begin of a command, of
    /// which one word is enough if the variable is `begun` that way.
    pub(super) fn held(&mut self, word: &str, begun: bool) -> Option<String> {
        let text = if self.again { self.read_once(word)? } else { plain(word)?.to_owned() };
        (begun || text.trim().contains([' ', '\t'])).then(|| text.trim().to_owned())
    }

    /// Puts `held` in the place of the variable that is the first word.
    pub(super) fn put(&mut self, name: &str, held: &str) {
        self.twice.remove(name);
        let rest = self.text.split_once(' ').map(|(_, rest)| format!(" {rest}")).unwrap_or_default();
        self.text = format!("{held}{rest}");
    }

    /// Whether `eval` finds variables in it that were kept from the first reading.
    pub(super) fn waits(&self) -> bool {
        !self.later.is_empty()
    }

    /// The whole command behind `eval`, where nothing in it waits to be read but variables that are `constant`.
    pub(super) fn into_eval(self, constant: impl Fn(&str) -> bool) -> Option<String> {
        let plain = !self.text.contains(['"', '\'', '\\']) && self.later.iter().all(|name| constant(name));
        self.into_command().filter(|_| plain).map(|text| format!("eval \"{text}\""))
    }

    /// The whole command, if it is one alone.
    pub(super) fn into_command(self) -> Option<String> {
        const OTHERS: [Kind; 9] = [
            Kind::Bad,
            Kind::Missing,
            Kind::Stray,
            Kind::OpenQuote,
            Kind::Compound,
            Kind::Negation,
            Kind::Assignment,
            Kind::Comment,
            Kind::Terminator,
        ];
        let nodes = parse_fragment(&self.text, 0);
        let count = |kind: Kind| nodes.root().walk().filter(|node| node.kind == kind).count();
        let alone = count(Kind::Simple) == 1 && OTHERS.into_iter().all(|kind| count(kind) == 0);
        alone.then_some(self.text)
    }

    /// What is left of a word when the shell has read it for the first time; expansions stay.
    fn read_once(&mut self, word: &str) -> Option<String> {
        if let Some(content) = word.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
            let expansions = content.match_indices('$').map(|(at, _)| name(&content[at + 1..]));
            self.later.extend(expansions.collect::<Option<Vec<_>>>()?);
            return (!content.contains('\'')).then(|| content.to_owned());
        }
        let content = unquoted(word);
        let in_quotes = content.len() < word.len();
        let (mut text, mut rest) = (String::new(), content.chars());
        while let Some(c) = rest.next() {
            match c {
                '\\' => {
                    let escaped = rest.next().filter(|escaped| matches!(escaped, '$' | '"'))?;
                    if escaped == '$' {
                        self.later.insert(name(rest.as_str())?);
                    }
                    text.push(escaped);
                }
                '$' => {
                    self.twice.insert(name(rest.as_str())?);
                    text.push(c);
                }
                '"' | '`' => return None,
                '\'' if !in_quotes => return None,
                c => text.push(c),
            }
        }
        Some(text)
    }
}

/// The name of the variable whose expansion goes on with `rest`, if it is one of a variable or an argument.
fn name(rest: &str) -> Option<String> {
    let rest = rest.strip_prefix('{').unwrap_or(rest);
    let is_of_name = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
    let name: String = rest.chars().take_while(is_of_name).collect();
    (!name.is_empty()).then_some(name)
}

/// The text of a value that says the same as a part of a command: nothing in it would be more than text there.
pub(super) fn plain(word: &str) -> Option<&str> {
    let content = unquoted(word);
    let single = word.starts_with('\'') && content.contains('$');
    let is_text = |c: char| c.is_ascii_alphanumeric() || " \t$_-./:,!{}@=+%".contains(c);
    (!single && content.chars().all(is_text)).then_some(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_once_more_is_told_from_what_waits_for_that() {
        for (words, read, twice, later) in [
            (&["eval", r#""\$A -F $B""#][..], "$A -F $B", &["B"][..], &["A"][..]),
            (&["eval", "$A", "'-F ${B}'", r#""\"$C\"""#], r#"$A -F ${B} "$C""#, &["A", "C"], &["B"]),
            (&["$A", "-F", "$B"], "$A -F $B", &[], &[]),
        ] {
            let text = Text::of(&words.iter().map(|word| word.to_string()).collect::<Vec<_>>()).unwrap();
            let names = |names: &BTreeSet<String>| names.iter().cloned().collect::<Vec<_>>();
            assert_eq!((&*text.text, names(&text.twice)), (read, twice.iter().map(|name| name.to_string()).collect()));
            assert_eq!(names(&text.later), later);
        }
        for word in [r#""\`a\` -F""#, "\"$(a) -F\"", "\"$@\"", r"\a", "a'b'"] {
            assert!(Text::of(&["eval".to_owned(), word.to_owned()]).is_none(), "{word}");
        }
    }

    #[test]
    fn only_one_command_alone_is_written_out() {
        let command = |text: &str| Text { text: text.to_owned(), ..Text::default() }.into_command();
        assert_eq!(command("a -s \"$b\"").as_deref(), Some("a -s \"$b\""));
        for text in ["a; b", "a | b", "a=1 b", "( a )", "a # b", "a &", "a $(b)", "a \"b", "", "! a"] {
            assert_eq!(command(text), None, "{text}");
        }
    }
}
