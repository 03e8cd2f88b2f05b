//! What the parsers have said of the form of commands, as the findings of the lints that bear those names.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

use super::context::Context;
use super::element;
use super::empty::Empty;
use crate::analysis::Analysis;
use crate::diag::{Diagnostic, Fix};
use crate::eval::{Act, Step};
use crate::logic::Formula;
use crate::model::Word;
use crate::text::Place;

/// What was said of all commands, which is looked through once for all lints.
pub(super) struct Problems<'a> {
    /// By the name of the lint, with the command.
    of_commands: HashMap<&'static str, Vec<(&'a Step, &'a Diagnostic)>>,
    /// The commands that were read.
    read: Vec<&'a Step>,
    /// The runs that get to each place with such a command.
    runs: OnceCell<HashMap<Place, Formula>>,
}

impl<'a> Problems<'a> {
    /// What follows from an empty argument or a broken continuation is no fault of its own and left out.
    pub(super) fn of(analysis: &'a Analysis<'a>, empty: &[Empty], broken: &[Place]) -> Self {
        let empty: HashSet<usize> = empty.iter().map(|empty| empty.step).collect();
        let broken: HashSet<Place> = broken.iter().copied().collect();
        let steps = analysis.evaluation.steps.iter().zip(&analysis.readings).enumerate();
        let mut all = Self { of_commands: HashMap::new(), read: Vec::new(), runs: OnceCell::new() };
        for (_, (step, reading)) in steps.filter(|(number, _)| !empty.contains(number)) {
            let Some(reading) = reading.as_ref().filter(|_| !is_handed_nothing(analysis, step)) else { continue };
            all.read.push(step);
            for problem in reading.problems().iter().filter(|problem| !broken.contains(&problem.place)) {
                all.of_commands.entry(problem.code).or_default().push((step, problem));
            }
        }
        all
    }
}

/// Whether a command such as `iptables -w "$@"` gets no words from its callers here, for whom it is to say what it does.
fn is_handed_nothing(analysis: &Analysis<'_>, step: &Step) -> bool {
    let Act::Run(invocation) = &step.act else { return false };
    let is_own = |word: &Word| word.place.file == step.place.file && step.place.span.contains(word.place.span);
    invocation.arguments.iter().all(is_own) && analysis.sources.text(step.place).contains("\"$@\"")
}

impl Context<'_> {
    /// What the parsers have said under the name of this lint.
    pub fn problems(&self) -> Vec<Diagnostic> {
        let of_tree = self.analysis.tree().into_iter().flat_map(|tree| &tree.problems);
        let of_tree = of_tree.filter(|problem| problem.code == self.name()).cloned();
        let of_commands = self.problems_of_commands().into_iter();
        of_tree.chain(of_commands.map(|found| element::narrowed(found, self.analysis.sources))).collect()
    }

    /// Those that only some of the runs which get to the command bring up, since a variable is another one in others,
    /// hold in those.
    fn problems_of_commands(&self) -> Vec<Diagnostic> {
        let problems = self.all_problems();
        let Some(found) = problems.of_commands.get(self.name()) else { return Vec::new() };
        let place = |step: &Step, problem: &Diagnostic| self.place(step, problem.place);
        let written_at = |step: &Step| self.analysis.written_at(step);
        let own = self.runs(found.iter().map(|(step, problem)| (place(step, problem), *step)));
        let all = problems.runs.get_or_init(|| self.runs(problems.read.iter().map(|step| (written_at(step), *step))));
        let some = |step: &Step, problem: &Diagnostic| {
            let (own, all) = (*own.get(&place(step, problem))?, *all.get(&written_at(step))?);
            (self.possible(own) && own != all).then_some(own)
        };
        let one = |(step, problem): &(&Step, &Diagnostic)| {
            let fixes = problem.fixes.iter().filter(|fix| self.replaces_plain_words(fix)).cloned().collect();
            let finding = Diagnostic { place: place(step, problem), fixes, ..(*problem).clone() };
            match some(step, problem) {
                Some(runs) => finding.only_in(runs),
                None => finding,
            }
        };
        found.iter().map(one).collect()
    }

    /// The runs that get to each place by one of its steps.
    fn runs<'s>(&self, steps: impl Iterator<Item = (Place, &'s Step)>) -> HashMap<Place, Formula> {
        let mut runs = HashMap::new();
        for (place, step) in steps {
            let known = runs.entry(place).or_insert(Formula::FALSE);
            *known = if step.is_live() { self.or(*known, step.guard) } else { *known };
        }
        runs
    }

    /// Whether what a fix takes away is the same in every run: a variable may be another word the next time.
    fn replaces_plain_words(&self, fix: &Fix) -> bool {
        let source = self.analysis.sources.get(fix.file);
        fix.edits.iter().all(|edit| !source.text(edit.span).contains(['$', '`']))
    }
}
