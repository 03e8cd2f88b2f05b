//! One option as it stands in a command, for whoever rewrites the text.

use super::options::OptionSpec;
use crate::model::Value;

/// One option as it is written. Indices count the words of the command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// The option.
    pub spec: &'static OptionSpec,
    /// Its word.
    pub word: usize,
    /// The `!` before it.
    pub bang: Option<usize>,
    /// It is written by a letter, and shares its word with other options.
    pub bundled: bool,
    /// The argument in the option's own word, as in `-jDENY` and `--jump=DENY`.
    pub joined: Option<Value>,
    /// The `!` before its argument.
    pub inner_bang: Option<usize>,
    /// The words of its arguments, without `!` and without the port of `-s` and `-d`.
    pub arguments: Vec<usize>,
    /// The port after the address of `-s` or `-d`.
    pub port: Option<PortUse>,
    /// Its first argument as the program reads it; of `-ieth0` that is `-ieth0`.
    pub value: Option<Value>,
}

/// The port after an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortUse {
    /// The `!` before it.
    pub bang: Option<usize>,
    /// Its word.
    pub word: usize,
}

impl Use {
    /// Whether a `!` stands before it or before its argument.
    pub fn negated(&self) -> bool {
        self.bang.is_some() || self.inner_bang.is_some()
    }

    /// The word that says the value: the argument's, or the option's own.
    pub fn value_word(&self) -> usize {
        if self.joined.is_some() && self.inner_bang != Some(self.word) {
            return self.word;
        }
        self.arguments.first().copied().unwrap_or(self.word)
    }

    /// The words after the first argument: a number, a policy, the second byte of `-t`, a port of REDIRECT.
    pub fn further(&self) -> &[usize] {
        let skip = usize::from(self.value.is_some() && self.value_word() != self.word);
        self.arguments.get(skip..).unwrap_or_default()
    }
}
