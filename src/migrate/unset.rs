//! Variables that say what a command does, and that a script sets before it in some runs only.
//!
//! `case $1 in start) op=-A ;; stop) op=-D ;; esac` leaves `$op` to the environment where the argument is another one.
//! Without it ipchains has no command, and nobody sets it from outside where the script has values of its own for it.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::{Analysis, Reading};
use crate::dialect::ipchains::Parsed;
use crate::eval::Invocation;
use crate::model::{Action, Value};
use crate::text::Place;

/// The names of these variables, which a migration may take for empty.
pub fn unset(analysis: &Analysis<'_>) -> Vec<String> {
    let mut open: BTreeMap<Place, BTreeSet<String>> = BTreeMap::new();
    let mut known: BTreeSet<Place> = BTreeSet::new();
    for (number, step, invocation) in analysis.invocations().filter(|(_, step, _)| step.is_live()) {
        match analysis.readings.get(number) {
            Some(Some(Reading::Ipchains(parsed))) if parsed.undecided.is_empty() => drop(known.insert(step.place)),
            Some(Some(Reading::Ipchains(parsed))) => {
                open.entry(step.place).or_default().extend(from_outside(invocation, parsed))
            }
            _ => {}
        }
    }
    let all: BTreeSet<String> =
        open.into_iter().filter(|(place, _)| known.contains(place)).flat_map(|(_, own)| own).collect();
    // A file that is not read may set anything.
    if analysis.evaluation.sources_unread.is_empty() { all.into_iter().collect() } else { Vec::new() }
}

/// The variable of the environment that is all which says what a command does.
fn from_outside(invocation: &Invocation, parsed: &Parsed) -> Option<String> {
    let unknown_action = parsed.command.as_ref().is_some_and(|command| command.action == Action::Unknown);
    let open = match parsed.undecided.as_slice() {
        [at] if unknown_action => &invocation.arguments.get(*at)?.value,
        _ => return None,
    };
    let unknown = open.unknowns().next().filter(|own| own.id == 0)?;
    let named = unknown.name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    (named && *open == Value::unknown(unknown.clone())).then(|| unknown.name.to_string())
}
