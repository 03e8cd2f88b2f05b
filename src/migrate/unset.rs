//! Variables that say what a command does, and that a script sets before it in some runs only.
//!
//! `case $1 in start) op=-A ;; stop) op=-D ;; esac` leaves `$op` to the environment where the argument is another one.
//! Without it ipchains refuses the command, or reads it without these words, and nobody sets it from outside where the
//! script has values of its own for it and never asks what it is.

use std::collections::BTreeSet;

use crate::analysis::{Analysis, Reading};
use crate::dialect::ipchains::{Opt, Parsed};
use crate::eval::Invocation;
use crate::model::{Value, Word};
use crate::syntax::{Kind, Node};
use crate::text::{Place, Spans};

/// The names of these variables, which a migration may take for empty.
pub fn unset(analysis: &Analysis<'_>) -> Vec<String> {
    // A file that is not read may set anything.
    let whole = analysis.trees.len() == 1 && analysis.evaluation.sources_unread.is_empty();
    let Some(tree) = analysis.tree().filter(|_| whole) else { return Vec::new() };
    let (mut open, mut known): (BTreeSet<(Place, String)>, BTreeSet<Place>) = Default::default();
    let mut commands = Vec::new();
    for (number, step, invocation) in analysis.invocations().filter(|(_, step, _)| step.is_live()) {
        let Some(Some(Reading::Ipchains(parsed))) = analysis.readings.get(number) else { continue };
        commands.push(step.place.span);
        let is_told = |word: &&Word| word.known().is_some() || word.value.known_prefix().starts_with('-');
        known.extend(invocation.arguments.iter().filter(is_told).map(|word| word.place));
        let words = deciding(analysis, invocation, parsed).into_iter().filter_map(|at| invocation.arguments.get(at));
        open.extend(words.filter_map(|word| Some((word.place, from_outside(&word.value)?))));
    }
    let commands: Spans = commands.into_iter().collect();
    let names = open.into_iter().filter(|(place, _)| known.contains(place)).map(|(_, name)| name);
    let names: BTreeSet<String> =
        names.filter(|name| !is_read_elsewhere(analysis, tree.root(), name, &commands)).collect();
    names.into_iter().collect()
}

/// The words that say a target or a policy, and those of which it is not known which options they are.
fn deciding(analysis: &Analysis<'_>, invocation: &Invocation, parsed: &Parsed) -> Vec<usize> {
    let jump = parsed.uses.iter().filter(|found| found.spec.opt == Opt::Jump).map(|found| found.value_word());
    let policy = parsed.uses.iter().filter(|found| found.spec.opt == Opt::Policy);
    let policy = policy.filter_map(|found| found.arguments.last().copied());
    let written = |at: usize| invocation.arguments.get(at).map(|word| analysis.sources.text(word.place).into_owned());
    let open = parsed.open_words(&invocation.arguments, |at| written(at).unwrap_or_default());
    jump.chain(policy).chain(open.others).collect()
}

/// The variable of the environment that a value is.
fn from_outside(value: &Value) -> Option<String> {
    let unknown = value.unknowns().next().filter(|own| own.id == 0)?;
    let named = unknown.name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    (named && *value == Value::unknown(unknown.clone())).then(|| unknown.name.to_string())
}

/// Whether something else reads a variable than `commands`, such as a test of what the environment says.
fn is_read_elsewhere(analysis: &Analysis<'_>, root: Node<'_>, name: &str, commands: &Spans) -> bool {
    let source = analysis.sources.get(analysis.file);
    let is_read = |node: Node<'_>| {
        let reads = matches!(node.kind, Kind::Parameter | Kind::ParameterBraced);
        let is_plain = node.child(Kind::ParameterOperator).is_none() && commands.hold(node.span);
        reads && !is_plain && node.named().any(|own| source.text(own.span) == name)
    };
    root.walk().any(is_read)
}
