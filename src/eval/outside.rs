//! Commands of which only the words are known: scripts that are not read, functions of files that are not read,
//! programs that the evaluation knows nothing of. They may do anything with the rules.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::Act;
use super::run::{Evaluator, Status, TEXT};
use super::simple::{Expanded, Surroundings};
use crate::logic::Formula;
use crate::model::{Piece, Value, Word};

/// Programs, and functions of the usual start-up libraries, that leave the rules alone, one a line.
static HARMLESS: LazyLock<HashSet<&str>> = LazyLock::new(|| include_str!("harmless.txt").lines().collect());

/// Where programs live that are known by their name alone.
const PLACES: [&str; 5] = ["", "/bin", "/sbin", "/usr/bin", "/usr/sbin"];

impl<'s> Evaluator<'s> {
    /// Notes a command of which only the words are known, unless its program leaves the rules alone.
    pub(super) fn note_outside(&mut self, around: &Surroundings<'_, 's>, words: &[Word]) {
        if !self.is_harmless(words) {
            self.outside(around, words);
            self.forget_named(around, words);
        }
    }

    /// Whether a command leaves the rules alone, whatever its arguments are.
    fn is_harmless(&self, words: &[Word]) -> bool {
        let Some((name, arguments)) = words.split_first() else { return true };
        // find and awk have ways to run others.
        let runs = |word: &Word| {
            word.known().is_some_and(|text| matches!(text, "-exec" | "-execdir" | "-ok") || text.contains("system("))
        };
        match &name.value {
            Value::Known(text) if text == "trap" => arguments.first().is_none_or(is_harmless_trap),
            Value::Known(text) => {
                let (place, base) = text.rsplit_once('/').unwrap_or(("", text));
                !may_be_a_program(text) || PLACES.contains(&place) && is_known(base) && !arguments.iter().any(runs)
            }
            value => match value.pieces().as_slice() {
                [Piece::Unknown(own)] => is_known(&self.program_name_in(own)) && !arguments.iter().any(runs),
                _ => false,
            },
        }
    }

    /// A function of a file that is not read may set the variables that it is given the names of.
    fn forget_named(&mut self, around: &Surroundings<'_, 's>, words: &[Word]) {
        let named = words.iter().skip(1).filter_map(Word::known).filter(|_| !self.sources_unread.is_empty());
        let set: Vec<&str> = named.filter(|name| self.state.variables.contains_key(*name)).collect();
        for name in set {
            let value = self.unknown_at(name, around.place);
            self.set_variable(name, value);
        }
    }

    /// Notes a command that may do anything with the rules.
    pub(super) fn outside(&mut self, around: &Surroundings<'_, 's>, words: &[Word]) {
        let words: Vec<String> = words.iter().map(|word| word.value.to_string()).collect();
        let from = match &around.input {
            super::Input::File(file) => format!(" < {file}"),
            _ => String::new(),
        };
        self.spend(self.fed_by.len() / TEXT);
        let text = format!("{}{}{from}", self.fed_by, words.join(" "));
        self.step(Act::Outside(text), around.place);
    }

    /// `kill`: where it ends the shell that runs the script, nothing follows.
    pub(super) fn kill(&mut self, around: &Surroundings<'_, 's>, command: &Expanded) -> Status {
        let itself = |word: &Word| matches!(word.value.pieces().as_slice(), [Piece::Unknown(own)] if &*own.name == "$");
        let asks = command.words.iter().any(|word| matches!(word.known(), Some("-0" | "-l")));
        if !asks && command.words.iter().any(itself) {
            self.outside(around, &command.words);
            self.path = Formula::FALSE;
            return Status::SUCCESS;
        }
        self.write_unknown_output();
        Status::Unknown(around.unit.text(around.node.span), around.place)
    }
}

/// Whether a program can be called so: other words are leftovers of broken lines, or prose.
fn may_be_a_program(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/' | '+' | '-');
    !name.starts_with(['-', '+']) && name.chars().all(fits)
}

fn is_known(name: &str) -> bool {
    HARMLESS.contains(name)
}

/// Whether a trap leaves the rules alone: it is one command, or none.
fn is_harmless_trap(action: &Word) -> bool {
    let Some(text) = action.known() else { return false };
    let first = text.split_whitespace().next().unwrap_or("-");
    !text.contains([';', '|', '&', '`', '\n', '(']) && (matches!(first, "-" | "exit" | ":") || is_known(first))
}
