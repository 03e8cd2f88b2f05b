//! Arguments that are always empty, so that an option takes the next word for its own.
//!
//! They are found before the lints run: `unset-variable` reports them, and no other
//! lint complains of what the command has become by them.

use std::collections::{HashMap, HashSet};

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
    /// Why it is empty.
    pub(super) why: Why,
}

/// Why an argument is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    /// The script has emptied the variable.
    Emptied,
    /// No line of the script sets the variable, so that only the environment could.
    NeverSet,
    /// The lines that set the variable run behind the command, so that only the environment could before.
    SetLate,
}

/// The variables that nothing has set when a command runs.
struct Unset<'a> {
    never: HashSet<&'a str>,
    /// The others, with the number of steps before something sets them.
    late: HashMap<&'a str, usize>,
}

impl<'a> Unset<'a> {
    fn of(analysis: &'a Analysis<'_>) -> Self {
        let never = never_set(analysis);
        let whole = analysis.evaluation.sources_unread.is_empty();
        let late = analysis.evaluation.set_late.iter().filter(|_| whole);
        Self { never, late: late.map(|(name, steps)| (name.as_str(), *steps)).collect() }
    }

    /// Why a word of a step is empty: it is one variable, unquoted, that nothing has set. In a loop over something
    /// unknown an earlier round may have.
    fn why(&self, (number, step): (usize, &Step), word: &Word) -> Option<Why> {
        let Value::Mixed(pieces) = &word.value else { return None };
        let late = |name: &str| !step.many && self.late.get(name).is_some_and(|steps| number < *steps);
        let why = |piece: &Piece| match piece {
            Piece::Unknown(unknown) if unknown.id == 0 && self.never.contains(&*unknown.name) => Some(Why::NeverSet),
            Piece::Unknown(unknown) if unknown.id == 0 && late(&unknown.name) => Some(Why::SetLate),
            _ => None,
        };
        let all: Option<Vec<Why>> = pieces.iter().map(why).collect();
        all?.into_iter().last().filter(|_| word.splits)
    }
}

/// All empty arguments of the commands of a file.
pub(super) fn find(analysis: &Analysis<'_>) -> Vec<Empty> {
    let unset = Unset::of(analysis);
    let commands = live(analysis).filter(|(.., invocation)| invocation.program.filter().is_some());
    let mut found: Vec<Empty> =
        commands.flat_map(|(number, step, invocation)| of_command((number, step), invocation, &unset)).collect();
    if !found.is_empty() {
        let full = full(analysis, &unset);
        let command = |step: usize| analysis.evaluation.steps.get(step).map(|step| step.place).unwrap_or_default();
        found.retain(|empty| !full.contains(&(command(empty.step), empty.place)));
    }
    found
}

/// The words that say something at some time, each with its command.
fn full(analysis: &Analysis<'_>, unset: &Unset<'_>) -> HashSet<(Place, Place)> {
    let words = live(analysis).flat_map(|(number, step, invocation)| {
        let words = invocation.arguments.iter().filter(move |word| unset.why((number, step), word).is_none());
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

fn of_command((number, step): (usize, &Step), invocation: &Invocation, unset: &Unset<'_>) -> Vec<Empty> {
    let words = &invocation.arguments;
    let word = |at: usize| words.get(at).map(|word| word.value.to_string());
    let vanished = invocation.vanished.iter().filter_map(|vanished| {
        let option = option_before(words, vanished.before)?;
        let (place, variable) = (vanished.place, vanished.variable.clone());
        Some(Empty { step: number, place, variable, option, swallowed: word(vanished.before), why: Why::Emptied })
    });
    let unset = words.iter().enumerate().filter_map(|(at, own)| {
        let why = unset.why((number, step), own)?;
        let option = option_before(words, at)?;
        let variable = own.value.unknowns().next()?.name.to_string();
        Some(Empty { step: number, place: own.place, variable, option, swallowed: word(at + 1), why })
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
