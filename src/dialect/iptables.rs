//! The iptables command line, as iptables and ip6tables 1.8.9 read it.
//!
//! [`parse`] never fails: it gives what it understood, and says what the real program
//! would refuse (severity error) or read otherwise than it looks (warning). Options of
//! extensions are declared as data in [`extensions`]; what depends on the chains and
//! rules that exist is left to [`crate::model::Ruleset`].

mod address;
mod arguments;
mod check;
mod constraint;
mod coupling;
pub mod declared;
mod draft;
pub mod extension;
pub mod extensions;
mod foreign;
mod general;
pub mod kind;
mod leftover;
mod lookup;
mod module;
mod order;
mod scan;
mod specification;
mod suggest;
mod syntax;
#[cfg(test)]
mod tests;

use std::ops::Range;

use smol_str::SmolStr;

use crate::diag::{Diagnostic, Severity, Variant};
use crate::model::{Command, Family, Value, Word};
use crate::text::Place;
use declared::Declared;

/// Where a command line stands.
#[derive(Clone, Debug)]
pub struct Context {
    /// iptables or ip6tables.
    pub family: Family,
    /// The table of a save file's section; `None` on a command line.
    pub table: Option<Value>,
    /// A line of a save file: `-t` and `-w` are refused.
    pub restore: bool,
    /// The programs it is for.
    pub installed: Installed,
}

/// The iptables that a command line is for.
#[derive(Clone, Debug, Default)]
pub struct Installed {
    /// Extensions beside those of iptables.
    pub declared: Declared,
    /// Its variant; without one, a command is refused where either refuses it.
    pub variant: Option<Variant>,
}

impl Installed {
    /// Whether what is wrong for `only` one variant, or for both, is wrong here.
    pub fn minds(&self, only: Option<Variant>) -> bool {
        only.is_none() || self.variant.is_none() || only == self.variant
    }
}

impl Context {
    /// The same for these programs.
    pub fn with(self, installed: &Installed) -> Self {
        Self { installed: installed.clone(), ..self }
    }

    /// A command line of iptables or ip6tables.
    pub fn command_line(family: Family) -> Self {
        Self { family, table: None, restore: false, installed: Installed::default() }
    }

    /// A line of a save file in the section of `table`.
    pub fn restore(family: Family, table: impl Into<Value>) -> Self {
        Self { table: Some(table.into()), restore: true, ..Self::command_line(family) }
    }
}

/// What became of a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// The command as far as it was understood; also where iptables refuses it (see [`Parsed::is_refused`]).
    pub command: Option<Command>,
    /// What is wrong with it.
    pub problems: Vec<Diagnostic>,
    /// The long options that are not written in full; [`uses`] has all.
    pub abbreviated: Vec<Use>,
}

impl Parsed {
    /// Whether iptables would certainly refuse the command, whatever the rules are.
    pub fn is_refused(&self) -> bool {
        self.problems.iter().any(|problem| problem.severity == Severity::Error)
    }
}

/// An option as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// Its usual name: `-s` for general options, `--dport` for those of extensions.
    pub name: SmolStr,
    /// The extension it belongs to.
    pub extension: Option<SmolStr>,
    /// Index of the word that names it; several letters may share one.
    pub option: usize,
    /// Index of the `!` before it (or, wrongly, after it).
    pub negation: Option<usize>,
    /// Indices of the words that are its arguments; the option's own word where they are joined.
    pub arguments: Range<usize>,
}

/// How many words, and how many bytes in one, iptables-restore 1.8.9 has room for in a line.
const MOST_WORDS: usize = 251;
const LONGEST_WORD: usize = 1023;

/// The options among `words` as they are written. Few ask for them, and they would take much room in a large ruleset.
pub fn uses(words: &[Word], place: Place, context: Context) -> Vec<Use> {
    let mut scanner = scan::Scanner::new(words, place, &context);
    scanner.run();
    scanner.uses
}

/// Understands `words`, which follow the program's name in the command at `place`.
pub fn parse(words: &[Word], place: Place, context: Context) -> Parsed {
    let mut scanner = scan::Scanner::new(words, place, &context);
    scanner.run();
    if context.restore {
        let long = words.iter().find(|word| word.known().is_some_and(|text| text.len() > LONGEST_WORD));
        if let Some(word) = long {
            scanner.refuse(
                "invalid-value",
                word.place,
                format!("iptables-restore reads no word of more than {LONGEST_WORD} bytes"),
            );
        } else if words.len() > MOST_WORDS {
            scanner.refuse(
                "invalid-value",
                place,
                format!("iptables-restore reads no line of more than {MOST_WORDS} words"),
            );
        }
    }
    scanner.finish()
}
