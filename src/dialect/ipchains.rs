//! The ipchains command line.

use crate::diag::Diagnostic;
use crate::model::{Command, Word};
use crate::text::Place;

/// A command line, read.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// What it does; `None` where ipchains refuses it.
    pub command: Option<Command>,
    /// What is wrong or risky.
    pub problems: Vec<Diagnostic>,
    /// What ipchains says when it refuses.
    pub refusal: Option<String>,
}

/// Reads the arguments of one ipchains command.
pub fn parse(words: &[Word], place: Place) -> Parsed {
    let _ = (words, place);
    Parsed { command: None, problems: Vec::new(), refusal: None }
}
