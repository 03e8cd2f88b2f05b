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
    Told { sources: file.sources, dialect: file.dialect, packet: &own.packet, trace, decision }
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

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    result: &'a str,
    assumptions: Vec<String>,
    differences: Vec<Shown<'a>>,
    reasons: &'a [String],
}

#[derive(Serialize)]
struct Shown<'a> {
    kind: &'a str,
    set: &'a str,
    packet: String,
    given: &'a [String],
    sides: Vec<Fate<'a>>,
}

#[derive(Serialize)]
struct Fate<'a> {
    file: &'a str,
    verdict: &'a str,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<At<'a>>,
}

#[derive(Serialize)]
struct At<'a> {
    file: &'a str,
    line: usize,
}

/// The answer as one JSON object.
pub fn comparison_json(proof: &Proof, files: &[Compared<'_>; 2]) -> String {
    let none: (Vec<String>, &[Difference], &[String]) = (Vec::new(), &[], &[]);
    let (result, (assumptions, differences, reasons)) = match proof {
        Proof::Equal { assumptions } => {
            ("equal", (assumptions.iter().map(ToString::to_string).collect(), none.1, none.2))
        }
        Proof::Different { differences } => ("different", (none.0, differences.as_slice(), none.2)),
        Proof::NotDecided { reasons } => ("not-decided", (none.0, none.1, reasons.as_slice())),
    };
    let differences = differences.iter().map(|own| shown(own, files)).collect();
    let document = Document { schema: 1, result, assumptions, differences, reasons };
    // Strings and numbers alone are always serialisable.
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}

fn shown<'a>(own: &'a Difference, files: &'a [Compared<'_>; 2]) -> Shown<'a> {
    let side = |(side, file): (&Side, &'a Compared<'_>)| {
        let at = deciding(side).map(|place| {
            let source = file.sources.get(place.file);
            At { file: source.path(), line: source.line(place.span.start) }
        });
        let verdict = side.decision.known().map_or("depends", |known| known.verdict.name());
        Fate { file: file.path, verdict, text: fate(side, file, own), rule: at }
    };
    Shown {
        kind: kind_name(own.kind),
        set: &own.set,
        packet: packet(&own.packet),
        given: &own.given,
        sides: own.sides.iter().zip(files).map(side).collect(),
    }
}
