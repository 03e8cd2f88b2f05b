//! Whether two files treat every packet alike, for people and as JSON.

use serde::Serialize;

use super::trace::{Told, outcome, packet, rule};
use super::visible;
use crate::model::Dialect;
use crate::packet::{Decision, Event};
use crate::text::{Place, Sources};
use crate::verify::{Difference, Kind, Proof, Side};

/// A file that was compared.
pub struct Compared<'a> {
    /// The path as the user gave it.
    pub path: &'a str,
    /// The file, and those that were read on its behalf.
    pub sources: &'a Sources,
    /// Whose rules they are.
    pub dialect: Dialect,
}

/// The answer for people.
pub fn comparison(proof: &Proof, files: &[Compared<'_>; 2]) -> String {
    match proof {
        Proof::Equal { assumptions } => {
            let mut text = "equal for all packets\n".to_owned();
            for assumption in assumptions {
                text.push_str(&format!("  given that {}\n", visible(&assumption.to_string())));
            }
            text
        }
        Proof::Different { differences } => {
            let mut text = "not equal\n".to_owned();
            differences.iter().for_each(|own| difference(&mut text, own, files));
            text
        }
        Proof::NotDecided { reasons } => {
            let mut text = "not decided\n".to_owned();
            reasons.iter().for_each(|reason| text.push_str(&format!("  {}\n", visible(reason))));
            text
        }
    }
}

fn difference(text: &mut String, own: &Difference, files: &[Compared<'_>; 2]) {
    text.push_str(&format!("\n{}: {}\n", visible(&own.set), kind(own.kind)));
    text.push_str(&format!("  such as {}\n", packet(&own.packet)));
    for given in &own.given {
        text.push_str(&format!("    where {}\n", visible(given)));
    }
    for (side, file) in own.sides.iter().zip(files) {
        text.push_str(&format!("  {}: {}\n", visible(file.path), fate(side, file, own)));
        if let Some(place) = deciding(side) {
            text.push_str(&format!("    {}\n", rule(&told(side, file, own), place)));
        }
    }
}

fn told<'a>(side: &'a Side, file: &'a Compared<'_>, own: &'a Difference) -> Told<'a> {
    let Side { trace, decision } = side;
    Told { sources: file.sources, conditions: None, dialect: file.dialect, packet: &own.packet, trace, decision }
}

fn fate(side: &Side, file: &Compared<'_>, own: &Difference) -> String {
    let told = told(side, file, own);
    match &side.decision {
        Decision::Known(known) => outcome(known, &told),
        Decision::Depends { outcomes, .. } => {
            let mut all: Vec<String> = outcomes.iter().map(|one| outcome(one, &told)).collect();
            all.sort();
            all.dedup();
            format!("it depends: {}", all.join(", or "))
        }
    }
}

/// The last rule, or policy of the file, that had a say.
fn deciding(side: &Side) -> Option<Place> {
    side.trace.events.iter().rev().find_map(|event| match event {
        Event::Rule { place, .. } | Event::Policy { place: Some(place) } => Some(*place),
        _ => None,
    })
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Passing => "one lets them pass, the other does not",
        Kind::Answer => "the sender is told something else",
        Kind::Delivery => "one keeps them on this host, the other does not",
        Kind::Destination => "they go elsewhere",
        Kind::Source => "they leave with another source",
        Kind::Mark => "they have another mark in the end",
        Kind::Tos => "they have another TOS byte in the end",
        Kind::ConnectionMark => "their connection has another mark in the end",
    }
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Passing => "passing",
        Kind::Answer => "answer",
        Kind::Delivery => "delivery",
        Kind::Destination => "destination",
        Kind::Source => "source",
        Kind::Mark => "mark",
        Kind::Tos => "tos",
        Kind::ConnectionMark => "connection-mark",
    }
}

/// The answer as data, as a part of a JSON document.
#[derive(Serialize)]
pub struct Answer {
    result: &'static str,
    assumptions: Vec<String>,
    differences: Vec<Shown>,
    reasons: Vec<String>,
}

#[derive(Serialize)]
struct Document {
    schema: u32,
    #[serde(flatten)]
    answer: Answer,
}

#[derive(Serialize)]
struct Shown {
    kind: &'static str,
    set: String,
    packet: String,
    given: Vec<String>,
    sides: Vec<Fate>,
}

#[derive(Serialize)]
struct Fate {
    file: String,
    verdict: &'static str,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<At>,
}

#[derive(Serialize)]
struct At {
    file: String,
    line: usize,
}

/// The answer as one JSON object.
pub fn comparison_json(proof: &Proof, files: &[Compared<'_>; 2]) -> String {
    let document = Document { schema: 1, answer: answer(proof, files) };
    // Strings and numbers alone are always serialisable.
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}

/// The answer as data.
pub fn answer(proof: &Proof, files: &[Compared<'_>; 2]) -> Answer {
    let empty = |result| Answer { result, assumptions: Vec::new(), differences: Vec::new(), reasons: Vec::new() };
    match proof {
        Proof::Equal { assumptions } => {
            Answer { assumptions: assumptions.iter().map(ToString::to_string).collect(), ..empty("equal") }
        }
        Proof::Different { differences } => {
            Answer { differences: differences.iter().map(|own| shown(own, files)).collect(), ..empty("different") }
        }
        Proof::NotDecided { reasons } => Answer { reasons: reasons.clone(), ..empty("not-decided") },
    }
}

fn shown(own: &Difference, files: &[Compared<'_>; 2]) -> Shown {
    let side = |(side, file): (&Side, &Compared<'_>)| {
        let at = deciding(side).map(|place| {
            let source = file.sources.get(place.file);
            At { file: source.path().to_owned(), line: source.line(place.span.start) }
        });
        let verdict = side.decision.known().map_or("depends", |known| known.verdict.name());
        Fate { file: file.path.to_owned(), verdict, text: fate(side, file, own), rule: at }
    };
    Shown {
        kind: kind_name(own.kind),
        set: own.set.clone(),
        packet: packet(&own.packet),
        given: own.given.clone(),
        sides: own.sides.iter().zip(files).map(side).collect(),
    }
}
