//! Why something cannot be decided.

use crate::analysis::{Analysis, Reading};
use crate::dialect::ipmasqadm;
use crate::eval::{Act, Program};
use crate::model::Action;
use crate::packet::sets::Atom;
use crate::text::Place;

/// Where the text of a file comes from, for people: the path and the line of a place.
pub type Locate<'a> = &'a dyn Fn(Place) -> (String, usize);

/// What keeps the rules of a file from being known: each thing with all its lines.
pub fn doubts(analysis: &Analysis<'_>, locate: Locate<'_>) -> Vec<String> {
    let mut found: Vec<(&str, Vec<(String, usize)>)> = Vec::new();
    let path = analysis.sources.get(analysis.file).path();
    for (place, what) in commands(analysis) {
        let line = locate(place);
        match found.iter_mut().find(|(own, _)| *own == what) {
            Some((_, lines)) if lines.contains(&line) => {}
            Some((_, lines)) => lines.push(line),
            None => found.push((what, vec![line])),
        }
    }
    let whole = of_file(analysis).into_iter().map(|what| format!("{path}: {what}"));
    let lines = found.into_iter().map(|(what, lines)| format!("{}: {what}", shown(lines)));
    whole.chain(lines).collect()
}

/// Commands whose effect is not known.
fn commands(analysis: &Analysis<'_>) -> Vec<(Place, &'static str)> {
    let mut found = Vec::new();
    for (step, reading) in analysis.evaluation.steps.iter().zip(&analysis.readings) {
        let Act::Run(invocation) = &step.act else { continue };
        if step.guard.is_false() || step.uncalled {
            continue;
        }
        let place = analysis.place_in_file(step);
        let command = reading.as_ref().and_then(Reading::command);
        let what = match invocation.program {
            Program::FromIpchains => "the command is translated while the script runs",
            Program::Ipmasqadm if ipmasqadm::parse(&invocation.arguments, place).action == Action::Unknown => {
                "what ipmasqadm does is not known"
            }
            Program::Ipfwadm => "ipfwadm is not modelled",
            _ if command.is_some_and(|own| own.action == Action::Unknown) => {
                "what the command does is only known at run time"
            }
            _ if command.is_some_and(|own| own.table.known().is_none()) => "the table is only known at run time",
            _ => continue,
        };
        found.push((place, what));
    }
    found
}

/// What is the matter with the file as a whole.
fn of_file(analysis: &Analysis<'_>) -> Vec<&'static str> {
    let open = analysis.rulesets.iter().flat_map(|ruleset| &ruleset.tables).any(|table| table.open);
    let all = [
        (analysis.evaluation.cut_short.is_some(), "the script goes on for too long to follow"),
        (open, "the names of its chains are not all known"),
    ];
    all.into_iter().filter(|(so, _)| *so).map(|(_, what)| what).collect()
}

/// So many lines, or names, are shown.
const MOST_SHOWN: usize = 4;

/// A file with lines: `fw.sh:3, 7 and 2 more lines`.
fn shown(mut lines: Vec<(String, usize)>) -> String {
    lines.sort();
    let path = lines.first().map_or_else(String::new, |own| own.0.clone());
    let numbers: Vec<String> = lines.iter().take(MOST_SHOWN).map(|(_, line)| line.to_string()).collect();
    let more = match lines.len().saturating_sub(MOST_SHOWN) {
        0 => String::new(),
        1 => " and 1 more line".to_owned(),
        more => format!(" and {more} more lines"),
    };
    format!("{path}:{}{more}", numbers.join(", "))
}

/// Names in a sentence: `a, b and 3 more`.
pub(super) fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        all if all.len() > MOST_SHOWN + 1 => {
            format!("{} and {} more", all[..MOST_SHOWN].join(", "), all.len() - MOST_SHOWN)
        }
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// The names of variables in the description of a value.
pub(super) fn variables(text: &str) -> Vec<String> {
    let names = text.split("${").skip(1).filter_map(|rest| rest.split_once('}'));
    let names: Vec<String> = names.map(|(name, _)| format!("${{{name}}}")).collect();
    if names.is_empty() { vec![text.to_owned()] } else { names }
}

/// What the answer depends on that is not known, a sentence for each kind.
pub(super) fn depends(atoms: &[Atom]) -> Vec<String> {
    let (mut values, mut tests, mut other) = (Vec::new(), Vec::new(), Vec::new());
    for atom in atoms {
        match atom {
            Atom::Value(text, _) | Atom::Number(text, _) => {
                variables(text).into_iter().for_each(|name| super::note(&mut values, name));
            }
            Atom::Test(text, _) | Atom::Condition(text, _) => super::note(&mut tests, format!("`{text}`")),
            Atom::Stateful(text, _) => super::note(&mut other, comes(text)),
            Atom::Alone(text, _) => super::note(&mut other, format!("it depends on this: {text}")),
            Atom::Local(_) => super::note(&mut other, "it depends on which addresses are the host's own".to_owned()),
            Atom::Port(..) | Atom::Address(..) => {
                super::note(&mut other, "it depends on which address or port is picked".to_owned());
            }
        }
    }
    let said = [("it depends on the value of", values), ("it depends on whether these hold:", tests)];
    let said = said.into_iter().filter(|(_, names)| !names.is_empty()).map(|(what, mut names)| {
        names.sort();
        format!("{what} {}", listed(&names))
    });
    said.chain(other).collect()
}

/// That a test that depends on earlier packets does not get the same ones.
pub(super) fn comes(text: &str) -> String {
    format!("`{text}` has to do with earlier or later packets, and does not get the same ones on both sides")
}
