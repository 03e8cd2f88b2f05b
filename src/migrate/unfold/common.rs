//! What the values of a variable have in common, as words of a command.

use super::text::plain;
use crate::migrate::roles::{unquoted, variable};

/// What the script gives a variable.
pub(super) enum Value {
    /// A command.
    Words(Vec<String>),
    /// More words behind those that it has.
    More,
}

impl Value {
    /// The value that is written as `word`, of the variable `name`.
    pub(super) fn of(word: &str, name: &str) -> Option<Self> {
        let words: Vec<String> = plain(word)?.split_whitespace().map(str::to_owned).collect();
        let more = words.first().and_then(|first| variable(first)).is_some_and(|first| first == name);
        let quoted = unquoted(word).len() < word.len();
        match more {
            true => quoted.then_some(Self::More),
            false => Some(Self::Words(words)),
        }
    }
}

/// The words that all values begin and end with, of which at least one names the program.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Common {
    first: Vec<String>,
    last: Vec<String>,
    /// What is left of each value; `None` of one that only adds words.
    pub(super) rests: Vec<Option<String>>,
}

impl Common {
    pub(super) fn of(values: &[Value]) -> Option<Self> {
        let whole = values.iter().filter_map(|value| match value {
            Value::Words(words) => Some(words.as_slice()),
            Value::More => None,
        });
        let whole: Vec<&[String]> = whole.collect();
        let (one, shortest) = (*whole.first()?, whole.iter().map(|words| words.len()).min()?);
        let same = |(one, other): &(&String, &String)| one == other;
        let begin = |other: &&[String]| one.iter().zip(*other).take_while(same).count();
        let end = |other: &&[String]| one.iter().rev().zip(other.iter().rev()).take_while(same).count();
        let first = whole.iter().map(begin).min()?;
        // What is added comes behind all that is there.
        let grows = values.iter().any(|value| matches!(value, Value::More));
        let last = if grows { 0 } else { whole.iter().map(end).min()?.min(shortest - first) };
        let rest = |value: &Value| match value {
            Value::Words(words) => Some(words.get(first..words.len() - last).unwrap_or_default().join(" ")),
            Value::More => None,
        };
        let rests = values.iter().map(rest).collect();
        let common = Self { first: one[..first].to_vec(), last: one[one.len() - last..].to_vec(), rests };
        (first > 0 && values.len() > 1).then_some(common)
    }

    /// The words around what is left, which `head` says.
    pub(super) fn around(&self, head: &str) -> String {
        let words = self.first.iter().map(String::as_str).chain([head]).chain(self.last.iter().map(String::as_str));
        words.collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_all_values_have_are_taken_out() {
        for (values, around, rests) in [
            (&["\"$I -A input -l -j DENY\"", "'ipc -A'"][..], None, &[][..]),
            (&["\"$I -A in -l -j DENY\"", "\"$I -A in -j DENY\""], Some("$I -A in $c -j DENY"), &["-l", ""]),
            (&["\"$I -A in\"", "\"$I -A in -A in\""], Some("$I -A in $c"), &["", "-A in"]),
            (&["\"$I -A in\"", "\"$c -l\"", "\"$I -A out\""], Some("$I -A $c"), &["in", "more", "out"]),
            (&["\"$I -A in\""], None, &[]),
            (&["$I", "\"$I -A in\""], Some("$I $c"), &["", "-A in"]),
            (&["\"$I -A in; $I -F\""], None, &[]),
        ] {
            let values: Option<Vec<Value>> = values.iter().map(|value| Value::of(value, "c")).collect();
            let found = values.and_then(|values| Common::of(&values));
            assert_eq!(found.as_ref().map(|found| found.around("$c")).as_deref(), around);
            let rest = |rest: &Option<String>| rest.clone().unwrap_or_else(|| "more".to_owned());
            let own: Vec<String> = found.iter().flat_map(|found| found.rests.iter().map(rest)).collect();
            assert_eq!(own, rests);
        }
    }
}
