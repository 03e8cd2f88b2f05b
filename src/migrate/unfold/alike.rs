//! Whether two evaluations are of scripts that do the same.

use crate::eval::{Act, Evaluation, Invocation, Step};
use crate::model::Value;

/// Whether the steps are the same, on the same runs, wherever they stand in the files.
pub(super) fn alike(one: &Evaluation, other: &Evaluation) -> bool {
    one.cut_short.is_none() == other.cut_short.is_none()
        && one.steps.len() == other.steps.len()
        && one.steps.iter().zip(&other.steps).all(|(one, other)| is_same_step(one, other))
}

fn is_same_step(one: &Step, other: &Step) -> bool {
    let runs = |step: &Step| (step.guard, step.many, step.uncalled);
    let acts = match (&one.act, &other.act) {
        (Act::Run(one), Act::Run(other)) => is_same_run(one, other),
        (Act::Outside(one), Act::Outside(other)) => one == other,
        // Of a here-document each line is a step, and these have no places.
        (one, other) => format!("{one:?}") == format!("{other:?}"),
    };
    acts && runs(one) == runs(other)
}

fn is_same_run(one: &Invocation, other: &Invocation) -> bool {
    let words = |run: &Invocation| -> Vec<Value> { run.arguments.iter().map(|word| word.value.clone()).collect() };
    one.program == other.program
        && one.name_value == other.name_value
        && words(one) == words(other)
        && one.captured == other.captured
        && std::mem::discriminant(&one.input) == std::mem::discriminant(&other.input)
}
