//! The iptables command line.

use crate::diag::Diagnostic;
use crate::model::{Command, Family, Word};
use crate::text::Place;

/// Where a command line stands.
#[derive(Clone, Debug)]
pub struct Context {
    /// Of which program.
    pub family: Family,
    /// In a save file: the table.
    pub table: Option<String>,
}

/// A command line, read.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// What it does; `None` where iptables refuses it.
    pub command: Option<Command>,
    /// What is wrong or risky.
    pub problems: Vec<Diagnostic>,
}

/// Reads the arguments of one iptables command.
pub fn parse(words: &[Word], place: Place, context: &Context) -> Parsed {
    let _ = (words, place, context);
    Parsed { command: None, problems: Vec::new() }
}
