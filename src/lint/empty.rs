//! Arguments that are always empty, so that an option takes the next word for its own.
//!
//! They are found before the lints run: `unset-variable` reports them, and no other
//! lint complains of what the command has become by them.

use std::collections::HashSet;

use crate::analysis::Analysis;
use crate::eval::{Invocation, Step};
use crate::model::{Piece, Value, Word};
use crate::text::Place;

/// Options of both programs that take exactly one argument or begin with one.
const TAKES_ARGUMENT: [&str; 66] = [
    "-A",
    "-I",
    "-D",
    "-R",
    "-P",
    "-N",
    "-E",
    "-p",
    "-s",
    "-d",
    "-i",
    "-o",
    "-j",
    "-g",
    "-m",
    "-t",
    "--append",
    "--insert",
    "--delete",
    "--replace",
    "--policy",
    "--new-chain",
    "--protocol",
    "--proto",
    "--source",
    "--src",
    "--destination",
    "--dst",
    "--in-interface",
    "--out-interface",
    "--interface",
    "--jump",
    "--goto",
    "--match",
    "--table",
    "--sport",
    "--dport",
    "--sports",
    "--dports",
    "--ports",
    "--source-port",
    "--destination-port",
    "--source-ports",
    "--destination-ports",
    "--icmp-type",
    "--state",
    "--ctstate",
    "--to",
    "--to-source",
    "--to-destination",
    "--to-ports",
    "--limit",
    "--limit-burst",
    "--log-prefix",
    "--log-level",
    "--reject-with",
    "--mac-source",
    "--mark",
    "--set-mark",
    "--tos",
    "--set-tos",
    "--uid-owner",
    "--gid-owner",
    "--src-range",
    "--dst-range",
    "--tcp-option",
];

/// An argument that is always empty.
pub(super) struct Empty {
    /// The number of the step.
    pub(super) step: usize,
    /// The word.
    pub(super) place: Place,
    /// The variable in it.
    pub(super) variable: String,
    /// The option that asks for it.
    pub(super) option: String,
    /// The word that stands in its place, if any.
    pub(super) swallowed: Option<String>,
    /// No line of the script sets the variable, so that only the environment could.
    pub(super) never_set: bool,
}

/// All empty arguments of the commands of a file.
pub(super) fn find(analysis: &Analysis<'_>) -> Vec<Empty> {
    let never_set = never_set(analysis);
    let commands = live(analysis).filter(|(.., invocation)| invocation.program.filter().is_some());
    let mut found: Vec<Empty> =
        commands.flat_map(|(number, _, invocation)| of_command(number, invocation, &never_set)).collect();
    if !found.is_empty() {
        let full = full(analysis, &never_set);
        let command = |step: usize| analysis.evaluation.steps.get(step).map(|step| step.place).unwrap_or_default();
        found.retain(|empty| !full.contains(&(command(empty.step), empty.place)));
    }
    found
}

/// The words that say something at some time, each with its command.
fn full(analysis: &Analysis<'_>, never_set: &HashSet<&str>) -> HashSet<(Place, Place)> {
    let words = live(analysis).flat_map(|(_, step, invocation)| {
        let words = invocation.arguments.iter().filter(|word| !is_never_set(word, never_set));
        words.map(|word| (step.place, word.place))
    });
    words.collect()
}

fn live<'a>(analysis: &'a Analysis<'_>) -> impl Iterator<Item = (usize, &'a Step, &'a Invocation)> {
    analysis.invocations().filter(|(_, step, _)| !step.guard.is_false())
}

/// Variables that nothing sets; none where a file that could set them was not read.
pub(super) fn never_set<'a>(analysis: &'a Analysis<'_>) -> HashSet<&'a str> {
    let evaluation = &analysis.evaluation;
    if !evaluation.sources_unread.is_empty() {
        return HashSet::new();
    }
    evaluation.unassigned.iter().map(|(name, _)| name.as_str()).collect()
}

/// Whether the word is one variable, unquoted, that nothing sets.
fn is_never_set(word: &Word, never_set: &HashSet<&str>) -> bool {
    let unset = |piece: &Piece| matches!(piece, Piece::Unknown(unknown) if unknown.id == 0 && never_set.contains(&*unknown.name));
    matches!(&word.value, Value::Mixed(pieces) if word.splits && pieces.iter().all(unset))
}

fn of_command(step: usize, invocation: &Invocation, never_set: &HashSet<&str>) -> Vec<Empty> {
    let words = &invocation.arguments;
    let word = |at: usize| words.get(at).map(|word| word.value.to_string());
    let vanished = invocation.vanished.iter().filter_map(|vanished| {
        let option = option_before(words, vanished.before)?;
        let (place, variable) = (vanished.place, vanished.variable.clone());
        Some(Empty { step, place, variable, option, swallowed: word(vanished.before), never_set: false })
    });
    let unset = words.iter().enumerate().filter(|(_, word)| is_never_set(word, never_set)).filter_map(|(at, own)| {
        let option = option_before(words, at)?;
        let variable = own.value.unknowns().next()?.name.to_string();
        Some(Empty { step, place: own.place, variable, option, swallowed: word(at + 1), never_set: true })
    });
    vanished.chain(unset).collect()
}

/// The option whose argument would stand at `at`; a `!` between them changes nothing.
fn option_before(words: &[Word], at: usize) -> Option<String> {
    let before = |at: usize| at.checked_sub(1).and_then(|at| words.get(at)).and_then(Word::known);
    let at = if before(at) == Some("!") { at - 1 } else { at };
    let option = before(at)?;
    // `-m` of ipchains marks and that of iptables loads a match, but both want an argument.
    TAKES_ARGUMENT.contains(&option).then(|| option.to_owned())
}
