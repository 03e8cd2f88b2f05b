//! Which commands of a file are refused, and where restore programs stop for it.

use std::collections::HashSet;

use crate::analysis::{Analysis, Reading};
use crate::diag::{Diagnostic, Severity, Variant};
use crate::dialect::iptables::Installed;
use crate::eval::Step;
use crate::lint::{refused_jumps, refused_lines, refused_rules};
use crate::model::Refusal;
use crate::report::{Refused, Stopped};
use crate::text::Place;

/// So many restore programs of a script are followed that stop: what each leaves behind is worked out anew.
const MOST_STOPS: usize = 256;

/// A refusal, and where it is.
struct Found {
    place: Place,
    line: usize,
    message: String,
}

/// Commands that are refused for their form or by the kernel, and lines of save files that are none, each line once
/// for each reason; and where restore programs stop, of which the analysis then has what they load.
///
/// What stands behind the line at which a restore program stops is refused as if that line were right.
pub(super) fn of(analysis: &mut Analysis<'_>, installed: &Installed) -> (Vec<Refused>, Vec<Stopped>) {
    let mut found = refused(analysis, installed);
    let mut stops = Vec::new();
    while stops.len() < MOST_STOPS {
        let places: Vec<Place> = found.iter().map(|own| own.place).chain(analysis.endings()).collect();
        let Some(stop) = analysis.stop_next(&places) else { break };
        stops.push(stop);
        found.retain(|own| analysis.is_stopped(own.place));
        found.extend(refused(analysis, installed));
    }
    let line = |place: Place| analysis.sources.get(place.file).line(place.span.start);
    let stops = stops.iter().map(|stop| Stopped { line: line(stop.at), from: line(stop.from) }).collect();
    let mut refused: Vec<Refused> =
        found.into_iter().map(|Found { line, message, .. }| Refused { line, message }).collect();
    let mut seen = HashSet::new();
    refused.retain(|own| seen.insert(own.clone()));
    refused.sort_by_key(|own| own.line);
    (refused, stops)
}

fn refused(analysis: &Analysis<'_>, installed: &Installed) -> Vec<Found> {
    let steps = analysis.evaluation.steps.iter().zip(&analysis.readings).enumerate();
    let mut by_kernel = analysis.refusals.iter().filter(|(_, refusal)| installed.minds(refusal.only)).peekable();
    let mut found = Vec::new();
    for (number, (step, reading)) in steps.filter(|(_, (step, _))| step.is_live()) {
        while by_kernel.next_if(|(refused, _)| *refused < number).is_some() {}
        let by_kernel = by_kernel.peek().filter(|(refused, _)| *refused == number);
        let by_kernel = by_kernel.map(|(_, refusal)| named(refusal, installed.variant));
        if let Some(message) = reading.as_ref().and_then(by_program).or(by_kernel) {
            found.push(Found { place: step.place, line: line(analysis, step), message });
        }
    }
    let problems = refused_lines(analysis).into_iter().chain(refused_jumps(analysis)).chain(refused_rules(analysis));
    let problems = problems.filter(|problem| problem.severity == Severity::Error && installed.minds(problem.only));
    found.extend(problems.map(|Diagnostic { place, message, .. }| {
        let line = analysis.sources.get(place.file).line(place.span.start);
        Found { place, line, message }
    }));
    found
}

/// What the kernel says, with the variant that alone refuses where none is meant.
fn named(refusal: &Refusal, meant: Option<Variant>) -> String {
    let program = match refusal.only.filter(|_| meant.is_none()) {
        None => return refusal.message.clone(),
        Some(Variant::Legacy) => "iptables-legacy",
        Some(Variant::Nft) => "iptables-nft",
    };
    format!("{program}: {}", refusal.message)
}

/// What the program says where it refuses the words of a command.
fn by_program(reading: &Reading) -> Option<String> {
    match reading {
        Reading::Ipchains(parsed) => parsed.refusal.clone(),
        Reading::Iptables(parsed) if parsed.is_refused() => {
            let error = parsed.problems.iter().find(|problem| problem.severity == Severity::Error);
            Some(error.map(|error| error.message.clone()).unwrap_or_default())
        }
        Reading::Iptables(_) => None,
    }
}

fn line(analysis: &Analysis<'_>, step: &Step) -> usize {
    let written = analysis.written_at(step);
    let place = if written.file == analysis.file { written } else { analysis.place_in_file(step) };
    analysis.sources.get(place.file).line(place.span.start)
}
