//! Lints: what is judged of an analysed file, one file a lint under `lints/`.
//!
//! The engine runs every lint of the registry, gives each finding the name and
//! severity of its lint, and removes repetitions. A lint knows neither settings
//! nor other lints, and never prints.

mod absent;
mod arriving;
mod chains;
mod closed;
mod context;
mod covers;
mod deletion;
mod element;
mod emptied;
mod empty;
mod facts;
mod fragment;
mod framing;
mod helpers;
mod hooks;
#[cfg(test)]
mod judging;
mod links;
mod lints;
mod narrower;
mod openings;
mod outside;
mod policies;
mod problems;
mod reach;
mod removed;
mod repeated;
mod routing;
mod runs;
mod samples;
mod selection;
mod setup;
mod suppress;
mod translations;

pub use context::Context;
pub use facts::Facts;
pub use framing::refused as refused_lines;
pub use hooks::refused as refused_rules;
pub use links::refused as refused_jumps;
pub use lints::LINTS;
pub use selection::{Preset, Selection, Selector};

use std::collections::HashSet;

use crate::analysis::Analysis;
use crate::diag::{Diagnostic, Severity};
use crate::eval::Conditions;
use crate::logic::Formula;
use crate::packet::{self, Gate, Idle};
use crate::text::Place;
use arriving::Arriving;
use context::{Gates, Shared};

/// What kind of mistake a lint finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Category {
    /// The file or a command has no proper form.
    Syntax,
    /// A command does not do what it says.
    Correctness,
    /// Rules that contradict or repeat each other.
    Logic,
    /// A firewall that is open or breaks connections.
    Hazard,
    /// The shell around the commands.
    Script,
    /// Works, or worked once, but should be written otherwise today.
    Deprecated,
    /// Left over or mixed up on the way from ipchains to iptables.
    Migration,
}

impl Category {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Syntax, Self::Correctness, Self::Logic, Self::Hazard, Self::Script, Self::Deprecated, Self::Migration];

    /// The name as it stands in output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::Correctness => "correctness",
            Self::Logic => "logic",
            Self::Hazard => "hazard",
            Self::Script => "script",
            Self::Deprecated => "deprecated",
            Self::Migration => "migration",
        }
    }
}

/// One lint.
pub struct Lint {
    /// Its name in kebab case, which is its file's name and its only identifier.
    pub name: &'static str,
    /// What kind of mistake it finds.
    pub category: Category,
    /// How grave its findings are.
    pub severity: Severity,
    /// Whether some of its findings come with a repair.
    pub fixable: bool,
    /// The documentation page, in Markdown: a summary, then four headings.
    pub docs: &'static str,
    /// Finds it.
    pub(crate) check: fn(&Context<'_>) -> Vec<Diagnostic>,
}

impl Lint {
    /// The lint called `name`.
    pub fn named(name: &str) -> Option<&'static Self> {
        LINTS.iter().find(|lint| lint.name == name).copied()
    }

    /// The first sentence of the documentation, without its full stop.
    pub fn summary(&self) -> String {
        let first: Vec<&str> = self.docs.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
        first.join(" ").trim_end_matches('.').to_owned()
    }
}

/// Declares a lint whose doc comment is also kept as text, since it is the documentation page.
macro_rules! lint {
    (
        $(#[doc = $doc:literal])+
        $vis:vis static $name:ident = { $($field:ident: $value:expr),+ $(,)? };
    ) => {
        $(#[doc = $doc])+
        $vis static $name: $crate::lint::Lint =
            $crate::lint::Lint { $($field: $value,)+ docs: concat!($($doc, "\n"),+) };
    };
}
pub(crate) use lint;

/// What the lints have to say of a file.
pub struct Judged {
    /// The findings, in the order of their places.
    pub findings: Vec<Diagnostic>,
    /// Those that comments in the file silence.
    pub suppressed: Vec<Diagnostic>,
}

/// The findings of an analysed file that are made without any settings.
pub fn check(analysis: &mut Analysis<'_>) -> Vec<Diagnostic> {
    judge(analysis, &Selection::default(), &Facts::default()).findings
}

/// The findings of the lints that are on, given what is declared of the host.
pub fn judge(analysis: &mut Analysis<'_>, selection: &Selection, facts: &Facts) -> Judged {
    let mut gates = Gates::new();
    let idle = idle_rules(analysis, selection, &mut gates);
    let conditions = std::mem::take(&mut analysis.evaluation.conditions);
    let (mut findings, conditions) = run(analysis, (selection, facts), conditions, (idle, gates));
    analysis.evaluation.conditions = conditions;
    runs::explain(analysis, &mut findings);
    let suppressed = graded(suppress::apply(analysis, selection, &mut findings), selection);
    let mut findings = graded(findings, selection);
    findings.sort_by_key(|finding| (finding.place, finding.code));
    Judged { findings, suppressed }
}

/// Gives findings the severity that the selection says, and leaves out what it does not want to see.
///
/// That comes behind the suppressions: a comment that silences what another selection shows is in use.
fn graded(findings: Vec<Diagnostic>, selection: &Selection) -> Vec<Diagnostic> {
    let graded = findings.into_iter().filter_map(|finding| {
        let severity = selection.severity_of(&finding)?;
        Some(Diagnostic { severity, ..finding })
    });
    graded.collect()
}

/// The lints that speak of rules without effect, which take the most work to find.
const OF_IDLE_RULES: [&str; 5] =
    ["never-matching-rule", "redundant-rule", "shadowed-rule", "unreachable-rule", "unused-policy"];

fn idle_rules(analysis: &mut Analysis<'_>, selection: &Selection, gates: &mut Gates) -> Vec<Idle> {
    if !OF_IDLE_RULES.iter().any(|name| selection.severity(name).is_some()) {
        return Vec::new();
    }
    let repetitions = selection.severity("redundant-rule").is_some();
    let Analysis { rulesets, evaluation, .. } = analysis;
    let judged = rulesets.iter().enumerate().map(|(number, ruleset)| {
        let gate = Gate::new(ruleset, &mut evaluation.conditions, Formula::TRUE);
        let idle = packet::idle(&gate, repetitions);
        gates.insert((number, Formula::TRUE), gate);
        idle
    });
    let mut idle: Vec<Vec<Idle>> = judged.collect();
    // A command that makes rules of both families is idle where it is so in both.
    for (at, ruleset) in rulesets.iter().enumerate() {
        let chains = ruleset.tables.iter().flat_map(|table| &table.chains);
        let made = chains.flat_map(|chain| {
            let policies = chain.policies.iter().filter_map(|policy| policy.place);
            chain.entries.iter().map(|entry| entry.rule.place).chain(policies)
        });
        let made: HashSet<Place> = made.collect();
        let here: HashSet<Place> = idle[at].iter().map(|own| own.place).collect();
        let elsewhere = |own: &Idle| !made.contains(&own.place) || here.contains(&own.place);
        idle.iter_mut().for_each(|all| all.retain(elsewhere));
    }
    idle.into_iter().flatten().collect()
}

/// Runs the lints; gives the conditions back, to which they may have added formulas.
fn run(
    analysis: &Analysis<'_>,
    (selection, facts): (&Selection, &Facts),
    conditions: Conditions,
    (idle, gates): (Vec<Idle>, Gates),
) -> (Vec<Diagnostic>, Conditions) {
    let arrivals = Arriving::default();
    std::thread::scope(|scope| {
        arrivals.begin(scope, &analysis.rulesets, &gates, selection);
        let shared = Shared::new(analysis, (selection, facts), conditions, (idle, gates, &arrivals));
        let found = run_all(&shared, selection);
        (found, shared.into_conditions())
    })
}

fn run_all(shared: &Shared<'_>, selection: &Selection) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for lint in LINTS {
        if selection.severity(lint.name).is_none() {
            continue;
        }
        let findings = (lint.check)(&Context::new(lint, shared));
        found.extend(findings.into_iter().map(|finding| Diagnostic { code: lint.name, ..finding }));
    }
    // A loop or a function brings the same place up many times.
    let mut seen = HashSet::new();
    found.retain(|finding| seen.insert((finding.code, finding.place)));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registry_is_the_directory() {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/src/lint/lints");
        let mut files: Vec<String> = std::fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .map(|name| name.trim_end_matches(".rs").replace('_', "-"))
            .collect();
        files.sort();
        let mut names: Vec<String> = LINTS.iter().map(|lint| lint.name.to_owned()).collect();
        assert!(names.is_sorted(), "the registry is in alphabetical order");
        names.sort();
        assert_eq!(files, names);
    }

    #[test]
    fn names_say_the_bad_thing_in_kebab_case() {
        for lint in LINTS {
            let kebab = lint
                .name
                .split('-')
                .all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()));
            assert!(kebab, "{}", lint.name);
            let advises = ["use-", "avoid-", "prefer-", "no-"].iter().any(|start| lint.name.starts_with(start));
            assert!(!advises, "{} should name what is bad", lint.name);
        }
    }

    #[test]
    fn every_page_has_its_headings_in_order() {
        for lint in LINTS {
            let headings: Vec<&str> = lint.docs.lines().map(str::trim).filter(|line| line.starts_with("# ")).collect();
            assert_eq!(headings, ["# What it does", "# Why it is bad", "# Example", "# Use instead"], "{}", lint.name);
            assert!(!lint.summary().is_empty(), "{}", lint.name);
        }
    }
}
