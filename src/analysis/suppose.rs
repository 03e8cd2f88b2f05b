//! An analysis in which words that are not known are supposed to be what ipchains takes in their place.

use super::{Analysis, Kernel, Reading, read};
use crate::eval::{Act, Invocation, Step};
use crate::logic::Formula;
use crate::model::{Dialect, Value, Word};

/// What a target can be, apart from the script's own chains.
const TARGETS: &[&str] = &["ACCEPT", "DENY", "REJECT"];

/// What the flag for the log can be.
const FLAGS: &[&str] = &["", "-l"];

/// A value that is not known, and all that it is supposed to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Supposition {
    /// The value.
    pub value: Value,
    /// What it can be.
    pub texts: &'static [&'static str],
}

impl Analysis<'_> {
    /// Supposes that targets, policies and flags for the log which are not known are such words, each under the
    /// condition that it is that one. The rest of the analysis is made anew.
    pub fn suppose(&mut self) -> Vec<Supposition> {
        let mut suppositions: Vec<Supposition> = Vec::new();
        let mut steps = Vec::new();
        for (step, reading) in
            std::mem::take(&mut self.evaluation.steps).into_iter().zip(std::mem::take(&mut self.readings))
        {
            let open = open_words(&step, reading.as_ref());
            for (_, supposition) in &open {
                if !suppositions.contains(supposition) {
                    suppositions.push(supposition.clone());
                }
            }
            steps.extend(self.supposed(step, &open));
        }
        self.readings = steps.iter().map(|step| read(step, &self.declared)).collect();
        self.evaluation.steps = steps;
        let kernel = Kernel::after(&mut self.evaluation, &self.readings, Reading::command);
        (self.rulesets, self.refusals) = (kernel.rulesets, kernel.refusals);
        suppositions
    }

    /// The step once for each supposition, last words first so that those before keep their numbers.
    fn supposed(&mut self, step: Step, open: &[(usize, Supposition)]) -> Vec<Step> {
        let mut steps = vec![step];
        for (at, supposition) in open {
            let mut next = Vec::new();
            for step in steps {
                for text in supposition.texts {
                    let conditions = &mut self.evaluation.conditions;
                    let holds = conditions.equal(&supposition.value, &(*text).into(), step.place);
                    let guard = conditions.formulas.and(step.guard, holds);
                    next.extend((guard != Formula::FALSE).then(|| with_word(&step, *at, text, guard)));
                }
            }
            steps = next;
        }
        steps
    }
}

/// The words of a step that are supposed to be something, the last one first.
fn open_words(step: &Step, reading: Option<&Reading>) -> Vec<(usize, Supposition)> {
    let (Act::Run(invocation), Some(Reading::Ipchains(parsed))) = (&step.act, reading) else { return Vec::new() };
    let live = !step.guard.is_false() && !step.uncalled;
    if !live || invocation.program.filter().is_none_or(|(dialect, _)| dialect != Dialect::Ipchains) {
        return Vec::new();
    }
    let open = parsed.open_words(&invocation.arguments);
    let value = |at: usize| invocation.arguments.get(at).map(|word| word.value.clone());
    let target = open.target.and_then(|at| Some((at, Supposition { value: value(at)?, texts: TARGETS })));
    let flag = open.flag.and_then(|at| Some((at, Supposition { value: value(at)?, texts: FLAGS })));
    let mut found: Vec<(usize, Supposition)> = target.into_iter().chain(flag).collect();
    found.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    found
}

/// The step with a word that says `text`, or that is not there where that is nothing.
fn with_word(step: &Step, at: usize, text: &str, guard: Formula) -> Step {
    let Act::Run(invocation) = &step.act else { return step.clone() };
    let mut arguments = invocation.arguments.clone();
    match arguments.get(at).map(|word| word.place) {
        Some(_) if text.is_empty() => drop(arguments.remove(at)),
        Some(place) => arguments[at] = Word::new(text, place),
        None => {}
    }
    Step { act: Act::Run(Invocation { arguments, ..invocation.clone() }), guard, ..step.clone() }
}
