//! What a script asks while it runs, and how people say the answer.

use std::fmt;

use crate::model::{Piece, Value};

/// A question whose answer is not known before the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// Whether the text is this literal.
    Literal(Value, String),
    /// Whether both texts are equal.
    Same(Value, Value),
    /// Whether the text fits a pattern of `case` or `[[`.
    Fits(Value, String),
    /// Whether `test` says yes to these words.
    Test(String),
    /// Whether the command succeeds.
    Success(String),
    /// Whether the function is called.
    Called(String),
    /// Whether the command, or some round of the loop, ends the script.
    Ends(String),
    /// Whether the last round of a loop that sets the variable does it in the way of this number, to this value.
    Last {
        /// Its name.
        variable: String,
        /// Which of the ways in which a round sets it.
        number: usize,
        /// What it then holds.
        value: Value,
    },
}

impl Question {
    /// The answer as a clause.
    pub fn wording(&self, yes: bool) -> String {
        let is = if yes { "is" } else { "is not" };
        match self {
            Self::Literal(value, literal) if literal.is_empty() => format!("{} {is} empty", named(value)),
            Self::Literal(value, literal) => format!("{} {is} `{literal}`", named(value)),
            Self::Same(one, other) => format!("{} {is} {}", named(one), named(other)),
            Self::Fits(value, pattern) if yes => format!("{} fits `{pattern}`", named(value)),
            Self::Fits(value, pattern) => format!("{} does not fit `{pattern}`", named(value)),
            Self::Test(words) => format!("`[ {words} ]` {}", if yes { "holds" } else { "does not hold" }),
            Self::Success(command) => format!("`{}` {}", begun(command), if yes { "succeeds" } else { "fails" }),
            Self::Ends(clause) => {
                format!("`{}` {} the script", begun(clause), if yes { "ends" } else { "does not end" })
            }
            Self::Last { variable, value, .. } => {
                let to = if value.is("") { "nothing".to_owned() } else { named(value) };
                format!("the loop {} `${variable}` to {to}", if yes { "sets" } else { "does not set" })
            }
            Self::Called(name) => format!("the function {name} is {}called", if yes { "" } else { "not " }),
        }
    }
}

impl fmt::Display for Question {
    /// The same for the same question, in every script.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(value, literal) => write!(f, "{value} = \"{literal}\""),
            Self::Same(one, other) => write!(f, "{one} = {other}"),
            Self::Fits(value, pattern) => write!(f, "{value} matches {pattern}"),
            Self::Test(text) | Self::Success(text) => f.write_str(text),
            Self::Called(name) => write!(f, "function {name} is called"),
            Self::Ends(clause) => write!(f, "the script ends in {clause}"),
            Self::Last { variable, number, .. } => write!(f, "a loop sets {variable} at last in way {number}"),
        }
    }
}

/// The first line of a command.
fn begun(command: &str) -> String {
    let first = command.lines().next().unwrap_or_default().trim();
    format!("{first}{}", if command.trim().contains('\n') { " ..." } else { "" })
}

/// A value as a script would name it.
fn named(value: &Value) -> String {
    let pieces = value.pieces();
    let text: String = pieces.iter().enumerate().map(|(at, piece)| written(piece, pieces.get(at + 1))).collect();
    if text.is_empty() { "a text that is not known".to_owned() } else { format!("`{text}`") }
}

fn written(piece: &Piece, next: Option<&Piece>) -> String {
    let goes_on = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let name = match piece {
        Piece::Known(text) => return text.to_string(),
        Piece::Unknown(unknown) => &unknown.name,
    };
    match next {
        _ if name.is_empty() => String::new(),
        Some(Piece::Known(text)) if text.starts_with(goes_on) => format!("${{{name}}}"),
        _ => format!("${name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Unknown;

    fn variable(name: &str) -> Value {
        Value::unknown(Unknown { name: name.into(), id: 0, single: false })
    }

    #[test]
    fn answers_are_said_in_words() {
        let said = |question: Question| [question.wording(true), question.wording(false)];
        let literal = |text: &str| Question::Literal(variable("1"), text.to_owned());
        assert_eq!(said(literal("stop")), ["`$1` is `stop`", "`$1` is not `stop`"]);
        assert_eq!(said(literal("")), ["`$1` is empty", "`$1` is not empty"]);
        let mut longer = variable("IF");
        longer.push(&"x".into());
        let test = Question::Fits(longer, "eth*".to_owned());
        assert_eq!(said(test), ["`${IF}x` fits `eth*`", "`${IF}x` does not fit `eth*`"]);
        let test = Question::Test("-f /etc/fw.conf".to_owned());
        assert_eq!(said(test), ["`[ -f /etc/fw.conf ]` holds", "`[ -f /etc/fw.conf ]` does not hold"]);
        let command = Question::Success("grep -q eth1 /proc/net/dev".to_owned());
        assert_eq!(said(command)[1], "`grep -q eth1 /proc/net/dev` fails");
    }
}
