//! `iptlint rules`: what the commands of a file would load.

use std::path::PathBuf;

use clap::ValueEnum;

use super::super::files;
use super::super::output::{complain, print};
use super::super::{CLEAN, FAILED, FINDINGS};
use super::config;
use crate::analysis::{Analysis, Reading};
use crate::diag::Severity;
use crate::eval::{Settings, Step};
use crate::model::{Dialect, Family, Ruleset};
use crate::print::{ipchains_save, iptables};
use crate::report::{Failure, Refused, loaded};

/// Arguments of `iptlint rules`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// A script or save file; `-` is standard input.
    file: PathBuf,
    /// How the rules are shown.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// The script's own arguments, one for each time.
    #[arg(long = "arg", value_name = "WORD", allow_hyphen_values = true)]
    arguments: Vec<String>,
    /// The value of a variable that the script takes from elsewhere.
    #[arg(long = "define", value_name = "NAME=VALUE", value_parser = definition)]
    variables: Vec<(String, String)>,
    /// Read the files that the script sources as well.
    #[arg(long)]
    follow: bool,
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

pub(super) fn definition(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("it has no `=`")?;
    Ok((name.to_owned(), value.to_owned()))
}

pub(super) fn run(args: &Args) -> u8 {
    let mut read = match files::load(&args.file, None, None) {
        Ok(read) => read,
        Err(failure) => {
            if let Format::Json = args.format {
                // A reader of the output gets an object in any case; the status says what it is worth.
                let _ = print(&loaded(&[], &[]));
            }
            return failed(&failure);
        }
    };
    match config::extensions(&args.file) {
        Ok(declared) => read.declared = declared,
        Err(failure) => return failed(&failure),
    }
    let arguments = (!args.arguments.is_empty()).then(|| args.arguments.clone());
    let settings = Settings { arguments, variables: args.variables.clone(), follow: None };
    if args.follow {
        read.follow(&settings);
    }
    show(&read.analyse(&settings), args.format)
}

pub(super) fn failed(failure: &Failure) -> u8 {
    match &failure.path {
        Some(path) => complain("iptlint", &format!("{path}: {}", failure.message)),
        None => complain("iptlint", &failure.message),
    }
    FAILED
}

fn show(analysis: &Analysis<'_>, format: Format) -> u8 {
    let dialect = analysis.dialect();
    let fresh = Ruleset::new(dialect, Family::V4);
    let mut rulesets: Vec<&Ruleset> = analysis.rulesets.iter().filter(|own| own.dialect == dialect).collect();
    if rulesets.is_empty() {
        rulesets.push(&fresh);
    }
    rulesets.sort_by_key(|own| own.family == Family::V6);
    let refused = refused(analysis);
    let text = match format {
        Format::Json => loaded(&rulesets, &refused),
        Format::Text => rulesets.iter().map(|ruleset| save_text(ruleset)).collect(),
    };
    if let Err(message) = print(&text) {
        complain("iptlint", &message);
        return FAILED;
    }
    if let Format::Text = format {
        let path = analysis.sources.get(analysis.file).path();
        refused.iter().for_each(|own| complain("iptlint", &format!("{path}:{}: refused: {}", own.line, own.message)));
    }
    if refused.is_empty() { CLEAN } else { FINDINGS }
}

/// A save file; its tables do not tell which program they are for, so a comment does where that is ip6tables.
fn save_text(ruleset: &Ruleset) -> String {
    match (ruleset.dialect, ruleset.family) {
        (Dialect::Ipchains, _) => ipchains_save(ruleset),
        (Dialect::Iptables, Family::V4) => iptables::save(ruleset),
        (Dialect::Iptables, Family::V6) => format!("# To be loaded by ip6tables-restore\n{}", iptables::save(ruleset)),
    }
}

/// Commands that are refused for their form or by the kernel, each line once for each reason.
fn refused(analysis: &Analysis<'_>) -> Vec<Refused> {
    let steps = analysis.evaluation.steps.iter().zip(&analysis.readings).enumerate();
    let live = steps.filter(|(_, (step, _))| !step.guard.is_false() && !step.uncalled);
    let mut found: Vec<Refused> = Vec::new();
    for (number, (step, reading)) in live {
        let by_kernel = analysis.refusals.iter().find(|(refused, _)| *refused == number);
        let by_kernel = by_kernel.map(|(_, refusal)| refusal.message.clone());
        if let Some(message) = reading.as_ref().and_then(by_program).or(by_kernel) {
            let own = Refused { line: line(analysis, step), message };
            if !found.contains(&own) {
                found.push(own);
            }
        }
    }
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
