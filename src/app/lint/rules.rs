//! `iptlint rules`: what the commands of a file would load.

use std::collections::HashSet;
use std::path::PathBuf;

use clap::ValueEnum;

use super::super::output::{complain, print, print_bytes};
use super::super::{CLEAN, FAILED, FINDINGS};
use super::VariantName;
use super::run_args::RunArgs;
use crate::analysis::{Analysis, Reading};
use crate::diag::{Severity, Variant};
use crate::dialect::iptables::Installed;
use crate::eval::Step;
use crate::lint::{refused_jumps, refused_lines, refused_rules};
use crate::model::{Dialect, Family, Ruleset};
use crate::print::{ipchains_save, iptables};
use crate::report::{Failure, Refused, loaded};
use crate::text::encode_lossless;

/// Arguments of `iptlint rules`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// A script or save file; `-` is standard input.
    file: PathBuf,
    /// How the rules are shown.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    run: RunArgs,
    /// The variant of iptables that loads the file; without it, what one of them refuses is refused.
    #[arg(long, value_enum)]
    variant: Option<VariantName>,
}

/// How rules are shown.
#[derive(Clone, Copy, Default, ValueEnum)]
enum Format {
    /// As ipchains-save or iptables-save writes them.
    #[default]
    Text,
    /// As a JSON object with `rules`, `chains` and `refused`.
    Json,
}

pub(super) fn run(args: &Args) -> u8 {
    let mut read = match args.run.load(&args.file) {
        Ok(read) => read,
        Err(failure) => {
            if let Format::Json = args.format {
                // A reader of the output gets an object in any case; the status says what it is worth.
                let _ = print(&loaded(&[], &[], None));
            }
            return failed(&failure);
        }
    };
    read.installed.variant = args.variant.map(VariantName::variant);
    show(&read.analyse(&args.run.settings()), args.format, &read.installed)
}

pub(super) fn failed(failure: &Failure) -> u8 {
    match &failure.path {
        Some(path) => complain("iptlint", &format!("{path}: {}", failure.message)),
        None => complain("iptlint", &failure.message),
    }
    FAILED
}

fn show(analysis: &Analysis<'_>, format: Format, installed: &Installed) -> u8 {
    let dialect = analysis.dialect();
    let fresh = Ruleset::new(dialect, Family::V4);
    let mut rulesets: Vec<&Ruleset> = analysis.rulesets.iter().filter(|own| own.dialect == dialect).collect();
    if rulesets.is_empty() {
        rulesets.push(&fresh);
    }
    rulesets.sort_by_key(|own| own.family == Family::V6);
    let refused = refused(analysis, installed);
    let text = match format {
        Format::Json => loaded(&rulesets, &refused, installed.variant),
        Format::Text => rulesets.iter().map(|ruleset| save_text(ruleset, installed.variant)).collect(),
    };
    // A save file has the bytes that the script has; JSON has only text.
    let printed = match format {
        Format::Json => print(&text),
        Format::Text => print_bytes(&encode_lossless(&text)),
    };
    if let Err(message) = printed {
        complain("iptlint", &message);
        return FAILED;
    }
    if let Format::Text = format {
        let path = analysis.sources.get(analysis.file).path();
        for Refused { line, message } in &refused {
            let said = if message.is_empty() { "the program only hints at its help" } else { message.as_str() };
            complain("iptlint", &format!("{path}:{line}: refused: {said}"));
        }
    }
    if refused.is_empty() { CLEAN } else { FINDINGS }
}

/// A save file; its tables do not tell which program they are for, so a comment does where that is ip6tables.
fn save_text(ruleset: &Ruleset, variant: Option<Variant>) -> String {
    match (ruleset.dialect, ruleset.family) {
        (Dialect::Ipchains, _) => ipchains_save(ruleset),
        (Dialect::Iptables, Family::V4) => iptables::save_for(ruleset, variant),
        (Dialect::Iptables, Family::V6) => {
            format!("# To be loaded by ip6tables-restore\n{}", iptables::save_for(ruleset, variant))
        }
    }
}

/// Commands that are refused for their form or by the kernel, and lines of save files that are none, each line once
/// for each reason.
fn refused(analysis: &Analysis<'_>, installed: &Installed) -> Vec<Refused> {
    let steps = analysis.evaluation.steps.iter().zip(&analysis.readings).enumerate();
    let live = steps.filter(|(_, (step, _))| step.is_live());
    let mut found: Vec<Refused> = Vec::new();
    for (number, (step, reading)) in live {
        let mut refusals = analysis.refusals.iter().filter(|(_, refusal)| installed.minds(refusal.only));
        let by_kernel = refusals.find(|(refused, _)| *refused == number);
        let by_kernel = by_kernel.map(|(_, refusal)| refusal.message.clone());
        if let Some(message) = reading.as_ref().and_then(by_program).or(by_kernel) {
            found.push(Refused { line: line(analysis, step), message });
        }
    }
    let problems = refused_lines(analysis).into_iter().chain(refused_jumps(analysis)).chain(refused_rules(analysis));
    let lines = problems.filter(|problem| problem.severity == Severity::Error && installed.minds(problem.only));
    found.extend(lines.map(|problem| Refused {
        line: analysis.sources.get(problem.place.file).line(problem.place.span.start),
        message: problem.message,
    }));
    let mut seen = HashSet::new();
    found.retain(|own| seen.insert(own.clone()));
    found.sort_by_key(|own| own.line);
    found
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
