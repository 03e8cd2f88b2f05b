//! `iptlint rules`: what the commands of a file would load.

mod refusals;

use std::path::PathBuf;

use clap::ValueEnum;

use super::super::output::{complain, print, print_bytes};
use super::super::{CLEAN, FAILED, FINDINGS};
use super::run_args::RunArgs;
use crate::analysis::Analysis;
use crate::diag::Variant;
use crate::dialect::iptables::Installed;
use crate::model::{Dialect, Family, Ruleset};
use crate::print::{ipchains_save, iptables};
use crate::report::{Failure, Refused, Stopped, loaded};
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
    let read = match args.run.load(&args.file) {
        Ok(read) => read,
        Err(failure) => {
            if let Format::Json = args.format {
                // A reader of the output gets an object in any case; the status says what it is worth.
                let _ = print(&loaded(&[], (&[], &[]), None));
            }
            return failed(&failure);
        }
    };
    let mut analysis = read.analyse(&args.run.settings());
    let (refused, stops) = refusals::of(&mut analysis, &read.installed);
    let status = show(&analysis, args.format, (&refused, &stops), read.installed.variant);
    if tell_cut_short(&analysis) { status.max(FINDINGS) } else { status }
}

/// Says behind which line rules are missing, since the script takes too much work to follow; whether there is one.
fn tell_cut_short(analysis: &Analysis<'_>) -> bool {
    let Some(place) = analysis.evaluation.cut_short else { return false };
    let source = analysis.sources.get(place.file);
    let message = "the script goes on for too long to follow; what comes behind is not among the rules";
    complain("iptlint", &format!("{}:{}: {message}", source.path(), source.line(place.span.start)));
    true
}

/// Leaves in the analysis what is loaded, and says where restore programs stop.
pub(super) fn load(analysis: &mut Analysis<'_>, installed: &Installed) {
    let (refused, stops) = refusals::of(analysis, installed);
    tell_cut_short(analysis);
    let path = analysis.sources.get(analysis.file).path();
    for Stopped { line, from } in stops {
        let why = refused.iter().find(|own| own.line == line && !own.message.is_empty());
        let why = why.map(|own| format!(" ({})", own.message)).unwrap_or_default();
        let message = format!("iptables-restore stops here{why}: what it reads from line {from} on is not loaded");
        complain("iptlint", &format!("{path}:{line}: {message}"));
    }
}

pub(super) fn failed(failure: &Failure) -> u8 {
    match &failure.path {
        Some(path) => complain("iptlint", &format!("{path}: {}", failure.message)),
        None => complain("iptlint", &failure.message),
    }
    FAILED
}

fn show(
    analysis: &Analysis<'_>,
    format: Format,
    (refused, stops): (&[Refused], &[Stopped]),
    variant: Option<Variant>,
) -> u8 {
    let dialect = analysis.dialect();
    let fresh = Ruleset::new(dialect, Family::V4);
    let mut rulesets: Vec<&Ruleset> = analysis.rulesets.iter().filter(|own| own.dialect == dialect).collect();
    if rulesets.is_empty() {
        rulesets.push(&fresh);
    }
    rulesets.sort_by_key(|own| own.family == Family::V6);
    // A save file has the bytes that the script has; JSON has only text.
    let printed = match format {
        Format::Json => print(&loaded(&rulesets, (refused, stops), variant)),
        Format::Text => {
            let rules = rulesets.iter().map(|ruleset| save_text(ruleset, variant));
            print_bytes(&encode_lossless(&rules.chain(stops.iter().map(remark)).collect::<String>()))
        }
    };
    if let Err(message) = printed {
        complain("iptlint", &message);
        return FAILED;
    }
    if let Format::Text = format {
        let path = analysis.sources.get(analysis.file).path();
        for Refused { line, message } in refused {
            let said = if message.is_empty() { "the program only hints at its help" } else { message.as_str() };
            complain("iptlint", &format!("{path}:{line}: refused: {said}"));
        }
    }
    if refused.is_empty() && stops.is_empty() { CLEAN } else { FINDINGS }
}

/// What a save file says of lines that are not loaded.
fn remark(stop: &Stopped) -> String {
    let Stopped { line, from } = stop;
    format!("# iptables-restore stops at line {line}: what it reads from line {from} on is not loaded\n")
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
