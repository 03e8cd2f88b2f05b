//! The rules that a migrated script leaves, as one file for iptables-restore.

use super::remarks::with_comments;
use super::route::MARK_COMMENT;
use crate::analysis::Analysis;
use crate::eval::{Program, Question};
use crate::logic::{Formula, Variable};
use crate::model::{Devices, Dialect, Family, Ruleset};
use crate::print::iptables;
use crate::text::Place;
use crate::verify;

/// The rules that every run of a script leaves in a kernel that had none, as text for iptables-restore;
/// on request with the comments that stand beside them in the script.
///
/// Where there is no one such text, the error says why.
pub fn restore(analysis: &mut Analysis<'_>, comments: bool) -> Result<String, String> {
    let rules = known(analysis);
    let rules = rules.map_err(|why| format!("there is no one set of rules for iptables-restore: {why}"))?;
    let source = analysis.sources.get(analysis.file);
    let text = |own: &Ruleset| iptables::save(&if comments { with_comments(own, source) } else { own.clone() });
    let text = rules.as_ref().map_or_else(String::new, text);
    // The mark of masqueraded connections has its name in a comment of the script.
    let named = source.view().lines().map(str::trim).find(|line| line.starts_with(MARK_COMMENT));
    Ok(match named.filter(|_| text.contains("-j CONNMARK")) {
        Some(comment) => format!("{comment}\n{text}"),
        None => text,
    })
}

/// The rules, where all is known of them.
fn known(analysis: &mut Analysis<'_>) -> Result<Option<Ruleset>, String> {
    let doubts = verify::doubts(analysis, &|place| written_at(analysis, place));
    if let Some(doubt) = doubts.into_iter().next() {
        return Err(doubt);
    }
    let written = |family| analysis.ruleset(Dialect::Iptables, family).filter(|own| !own.tables.is_empty());
    if written(Family::V6).is_some() {
        return Err("rules for IPv6 are in a file of their own, for ip6tables-restore".to_owned());
    }
    let Some(rules) = written(Family::V4).cloned() else { return Ok(None) };
    let runs = runs(analysis);
    let settled = rules.settled(runs, &mut analysis.evaluation.conditions.formulas);
    let settled = settled.map_err(|place| match place {
        Some(place) => {
            let (file, line) = written_at(analysis, place);
            if let Some(devices) = devices(analysis, place) {
                return format!(
                    "line {line} of {file} is for the devices whose address fits {}; --own-address DEVICE=ADDRESS names all devices",
                    devices.address.1
                );
            }
            let when = condition(analysis, place).map(|when| format!(", where {when}")).unwrap_or_default();
            format!("line {line} of {file} runs in some runs only{when}; --arg and --define say more of one")
        }
        None => "some runs leave other rules".to_owned(),
    })?;
    match iptables::save(&settled).lines().find(|line| line.contains("${")) {
        Some(line) => Err(format!("not all is known of `{line}`")),
        None => Ok(Some(settled)),
    }
}

/// The devices that the command at a place is for, if it is for those that `masqueraded_from` finds.
fn devices(analysis: &Analysis<'_>, place: Place) -> Option<Devices> {
    let step = analysis.evaluation.steps.iter().find(|step| analysis.written_at(step) == place)?;
    step.rounds.as_ref()?.loops.devices.clone()
}

/// The first condition that the command at a place hangs on, in words.
fn condition(analysis: &Analysis<'_>, place: Place) -> Option<String> {
    let conditions = &analysis.evaluation.conditions;
    let step = analysis.evaluation.steps.iter().find(|step| analysis.written_at(step) == place)?;
    let path = conditions.formulas.example(step.guard)?;
    let asked = |(variable, holds): (Variable, bool)| Some((&conditions.condition(variable)?.question, holds));
    let (question, holds) =
        path.into_iter().filter_map(asked).find(|(question, _)| finds_program(question).is_none())?;
    Some(question.wording(holds))
}

/// Whether iptables is there, as far as a question asks for that: the rules are for hosts that have it.
fn finds_program(question: &Question) -> Option<bool> {
    let Question::Test(words) = question else { return None };
    match words.split(' ').collect::<Vec<_>>().as_slice() {
        ["-x" | "-f" | "-e", path] => Some(true).filter(|_| Program::of_word(path) == Some(Program::Iptables)),
        ["!", "-x" | "-f" | "-e", path] => Some(false).filter(|_| Program::of_word(path) == Some(Program::Iptables)),
        _ => None,
    }
}

/// The runs on a host that has iptables, and no rules.
fn runs(analysis: &mut Analysis<'_>) -> Formula {
    let mut all = analysis.from_nothing();
    let conditions = &mut analysis.evaluation.conditions;
    for variable in (0..).map(Variable) {
        let Some(condition) = conditions.condition(variable) else { break };
        if let Some(holds) = finds_program(&condition.question) {
            let found = conditions.formulas.variable(variable);
            let found = if holds { found } else { found.opposite() };
            all = conditions.formulas.and(all, found);
        }
    }
    all
}

/// The file and the line of a place, for people.
fn written_at(analysis: &Analysis<'_>, place: Place) -> (String, usize) {
    let source = analysis.sources.get(place.file);
    let own = place.file == analysis.file;
    let file = if own { "the migrated script" } else { source.path() };
    (file.to_owned(), source.line(place.span.start))
}
