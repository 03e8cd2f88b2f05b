//! Restore programs stop at the first line that they do not take: nothing of its section is loaded, nor what follows.
//! What the sections before it have loaded stays.

use std::ops::Range;

use super::{Analysis, Reading};
use crate::eval::{Act, Step};
use crate::logic::Formula;
use crate::model::{Action, Dialect};
use crate::syntax::Form;
use crate::text::Place;

/// A restore program that stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop {
    /// What it stops at.
    pub at: Place,
    /// The first line that is not loaded.
    pub from: Place,
}

impl Analysis<'_> {
    /// Where a restore program ends without a complaint: it prints its help or version, whatever else is in the file.
    pub fn endings(&self) -> impl Iterator<Item = Place> {
        let steps = self.evaluation.steps.iter().zip(&self.readings).filter(|(step, _)| step.is_live());
        let ends = |(step, reading): &(&Step, &Option<Reading>)| {
            let command = reading.as_ref().and_then(Reading::command);
            is_restored(step) && command.is_some_and(|command| command.action == Action::Information)
        };
        steps.filter(ends).map(|(step, _)| step.place)
    }

    /// Lets the next restore program that comes to one of these places stop there, if there is one.
    ///
    /// Rulesets and refusals are then those of what is still run: what follows may fare otherwise.
    pub fn stop_next(&mut self, places: &[Place]) -> Option<Stop> {
        let stopped = self.stopped.last().map_or(0, |lost| lost.end);
        let mut later = self.restores().into_iter().filter(|restore| restore.start >= stopped);
        let (stop, lost) = later.find_map(|restore| self.stop(restore, places))?;
        // No run gets to what is lost.
        self.evaluation.steps[lost.clone()].iter_mut().for_each(|step| step.guard = Formula::FALSE);
        self.stopped.push(lost);
        self.load_anew();
        Some(stop)
    }

    /// Whether the place is among what a restore program did not load, since it stopped.
    pub fn is_stopped(&self, place: Place) -> bool {
        let steps = self.stopped.iter().filter_map(|lost| self.evaluation.steps.get(lost.clone()));
        let mut ends = steps.filter_map(|lost| Some((lost.first()?.place, lost.last()?.place)));
        ends.any(|(first, last)| {
            first.file == place.file && (first.span.start..=last.span.end).contains(&place.span.start)
        })
    }

    /// The steps of each run of a restore program.
    fn restores(&self) -> Vec<Range<usize>> {
        let mut restores: Vec<Range<usize>> = Vec::new();
        let steps = self.evaluation.steps.iter().enumerate();
        for (number, _) in steps.filter(|(_, step)| step.is_live() && is_restored(step)) {
            match restores.last_mut().filter(|last| last.end == number) {
                Some(last) => last.end += 1,
                None => restores.push(number..number + 1),
            }
        }
        restores
    }

    /// Where the run of a restore program stops, and the steps that are lost by that.
    fn stop(&self, restore: Range<usize>, places: &[Place]) -> Option<(Stop, Range<usize>)> {
        let steps = &self.evaluation.steps[restore.clone()];
        let whole = self.tree().is_some_and(|tree| tree.form == Form::IptablesSave);
        let (first, last) = (steps.first()?.place, steps.last()?.place);
        let program = restore.start.checked_sub(1).and_then(|before| self.invocation(before));
        let program = program.filter(|(_, own)| own.program.restores()).map(|(step, _)| step.place);
        let inside = |own: &&Place| {
            let line = own.span.start;
            let here = whole || (first.span.start..=last.span.end).contains(&line) || program == Some(**own);
            own.file == first.file && here
        };
        let at = *places.iter().filter(inside).min_by_key(|own| own.span.start)?;
        let reached = steps.iter().take_while(|step| step.place.span.end < at.span.start).count();
        let is_begin = |step: &&Step| matches!(step.act, Act::Table { .. });
        let section = steps[..reached].iter().rev().take_while(|step| !matches!(step.act, Act::Commit));
        let begin = section.enumerate().filter(|(_, step)| is_begin(step)).map(|(back, _)| reached - 1 - back).last();
        let begin = begin.unwrap_or(reached);
        let from = steps.get(begin).map_or(at, |step| step.place);
        let from = if from.span.start < at.span.start { from } else { at };
        Some((Stop { at, from }, restore.start + begin..restore.end))
    }
}

/// Whether it is a restore program of iptables that does the step.
fn is_restored(step: &Step) -> bool {
    match &step.act {
        Act::Table { .. } | Act::Commit | Act::Uncommitted => true,
        Act::Chain { dialect, .. } => *dialect == Dialect::Iptables,
        Act::Run(invocation) => invocation.table.is_some(),
        _ => false,
    }
}
