//! Rules of the raw table that give connections to helpers of masquerading, where a script stops.
//!
//! The module of a helper comes with such rules, which no flush of the script takes along. A flush that rules need not
//! follow on takes them out, unless the module was loaded before it, and so may be meant to last.

use std::collections::BTreeSet;

use super::obsolete::helper_rules;
use super::policies::Policies;
use crate::analysis::Analysis;
use crate::eval::{Act, Invocation, Program};
use crate::text::Place;

/// The rules that the modules of a script bring, and the steps that take them out.
#[derive(Default)]
pub(super) struct Helpers {
    rules: Vec<String>,
    flushes: BTreeSet<usize>,
}

impl Helpers {
    /// `over` are the flushes that rules need not follow on.
    pub(super) fn of(analysis: &Analysis<'_>, policies: &Policies, over: &BTreeSet<usize>) -> Self {
        let steps = &analysis.evaluation.steps;
        let (mut rules, mut loads) = (Vec::new(), Vec::new());
        for (number, step, invocation) in analysis.invocations().filter(|(_, step, _)| !step.guard.is_false()) {
            let own = brought(invocation);
            if !own.is_empty() {
                loads.push((number, step.guard));
                rules.extend(own);
            }
        }
        rules.sort();
        rules.dedup();
        // What the script unloads itself takes its rules along.
        if analysis.uses(Program::UnloadModule) {
            rules.clear();
        }
        let place = |step: usize| steps.get(step).map(|step| analysis.written_at(step));
        let lasts = |flush: &usize| {
            let guard = steps.get(*flush).map(|step| step.guard);
            let before =
                |(load, own): &&(usize, _)| load < flush && guard.is_some_and(|it| policies.compatible(*own, it));
            loads.iter().any(|load| before(&load))
        };
        let flushing = |step: &usize| matches!(steps.get(*step).map(|step| &step.act), Some(Act::Run(_)));
        let lasting: BTreeSet<Option<Place>> = (0..steps.len()).filter(flushing).filter(lasts).map(place).collect();
        let flushes = over.iter().copied().filter(|flush| !lasting.contains(&place(*flush))).collect();
        Self { rules, flushes }
    }

    /// The rules that this step takes out.
    pub(super) fn forgotten(&self, step: usize) -> &[String] {
        if self.flushes.contains(&step) { &self.rules } else { &[] }
    }
}

/// The rules that a script brings by loading modules.
pub(super) fn all_brought(analysis: &Analysis<'_>) -> Vec<String> {
    let rules: BTreeSet<String> = analysis.invocations().flat_map(|(_, _, invocation)| brought(invocation)).collect();
    rules.into_iter().collect()
}

/// The rules that a command brings by loading a module.
fn brought(invocation: &Invocation) -> Vec<String> {
    let words: Option<Vec<&str>> = invocation.arguments.iter().map(|word| word.known()).collect();
    let words = words.filter(|_| invocation.program == Program::LoadModule).unwrap_or_default();
    helper_rules(&words)
}
