//! `iptlint`: the command line, and its main job of linting files.

mod baseline;
mod check;
mod compare;
mod config;
mod explain;
mod facts;
mod lints;
mod rules;
mod run_args;
mod select;
mod trace;
mod walk;
mod write;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

use super::output::{Color, complain};
use super::{CLEAN, FAILED, FINDINGS, exit};
use crate::diag::{Severity, Variant};
use crate::report::{Checked, Failure};
use crate::syntax::Form;
use crate::text::with_room;
use check::{Done, Job};
use config::Config;
use write::{report_failures, show_settings, write_findings, write_repairs};

/// Find what is unsafe, wrong or dead in iptables and ipchains firewall scripts.
///
/// Exit status: 0 nothing at or above --fail-on, 1 findings, 2 could not do the job.
#[derive(Parser)]
#[command(name = "iptlint", version, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(disable_help_subcommand = true)]
struct Cli {
    #[command(flatten)]
    lint: LintArgs,
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Subcommand)]
enum Verb {
    /// Print the documentation of a lint.
    Explain(explain::Args),
    /// List all lints.
    Lints(lints::Args),
    /// Print what the commands of a file would load.
    ///
    /// Exit status: 0 all of it, 1 a command would be refused, 2 could not do the job.
    Rules(rules::Args),
    /// Follow a packet through the rules of a file.
    ///
    /// Exit status: 0 its fate is known, 1 it depends on something that is not, 2 could not do the job.
    Trace(Box<trace::Args>),
    /// Ask whether two files treat every packet alike.
    ///
    /// Exit status: 0 they do, 1 they do not or it cannot be told, 2 could not do the job.
    Compare(compare::Args),
}

#[derive(clap::Args)]
struct LintArgs {
    /// Scripts, save files, and directories with such files; `-` is standard input, `./rules` a file that bears the name of a subcommand.
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// How findings are shown.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// When to colour the output.
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    color: Color,
    /// The least severity that makes the exit status 1.
    #[arg(long, value_enum, default_value_t, value_name = "SEVERITY")]
    fail_on: FailOn,
    /// Read the files that a script sources as well.
    #[arg(long)]
    follow: bool,
    /// The name to show for standard input.
    #[arg(long, value_name = "NAME")]
    stdin_filename: Option<String>,
    /// The kind of the files; it is told from their content otherwise.
    #[arg(long, value_enum)]
    dialect: Option<Kind>,
    /// The variant of iptables that the files are for; without it, what one of them refuses is reported.
    #[arg(long, value_enum)]
    variant: Option<VariantName>,
    #[command(flatten)]
    select: select::SelectArgs,
    /// Show only findings of at least this severity.
    #[arg(long, value_enum, value_name = "SEVERITY")]
    min_severity: Option<select::Grade>,
    /// Findings never make the exit status 1.
    #[arg(long)]
    exit_zero: bool,
    /// Show how often each lint had something to say, instead of the findings.
    #[arg(long)]
    statistics: bool,
    /// Write the findings to this file instead of standard output.
    #[arg(long, value_name = "FILE")]
    output_file: Option<PathBuf>,
    /// Read this configuration file instead of the `iptlint.toml` nearest to each file.
    #[arg(long, value_name = "FILE", conflicts_with = "isolated")]
    config: Option<PathBuf>,
    /// Read no configuration file.
    #[arg(long)]
    isolated: bool,
    /// Print the configuration of the first file, and which lints are on for it.
    #[arg(long)]
    show_settings: bool,
    /// Pass over files that the configuration excludes even where they are named.
    #[arg(long)]
    force_exclude: bool,
    /// Do not report the findings that this file lists.
    #[arg(long, value_name = "FILE", conflicts_with = "write_baseline")]
    baseline: Option<PathBuf>,
    /// List all findings in this file, for --baseline, and report none.
    #[arg(long, value_name = "FILE")]
    write_baseline: Option<PathBuf>,
    /// Repair what can be repaired without changing the fate of a packet; what is left is reported.
    #[arg(long)]
    fix: bool,
    /// Make repairs that may change what the script does as well.
    #[arg(long)]
    unsafe_fixes: bool,
    /// Show what --fix would change, and change nothing.
    #[arg(long, conflicts_with = "fix")]
    diff: bool,
    /// List the repairs.
    #[arg(long)]
    show_fixes: bool,
}

impl LintArgs {
    fn repairs(&self) -> bool {
        self.fix || self.diff
    }
}

/// How findings are shown.
#[derive(Clone, Copy, Default, ValueEnum)]
enum Format {
    /// With the lines they are about.
    #[default]
    Human,
    /// One line each.
    Concise,
    /// One JSON document.
    Json,
}

/// The least severity that makes the exit status 1.
#[derive(Clone, Copy, Default, ValueEnum)]
enum FailOn {
    Error,
    #[default]
    Warning,
    Info,
    Hint,
    /// Findings never do.
    Never,
}

/// A kind of file.
#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    IpchainsSh,
    IptablesSh,
    IpchainsSave,
    IptablesSave,
}

/// A variant of iptables.
#[derive(Clone, Copy, ValueEnum)]
enum VariantName {
    /// `iptables-legacy`.
    Legacy,
    /// `iptables-nft`.
    Nft,
}

impl VariantName {
    fn variant(self) -> Variant {
        match self {
            Self::Legacy => Variant::Legacy,
            Self::Nft => Variant::Nft,
        }
    }
}

impl Kind {
    fn form(self) -> Form {
        match self {
            Self::IpchainsSh | Self::IptablesSh => Form::Script,
            Self::IpchainsSave => Form::IpchainsSave,
            Self::IptablesSave => Form::IptablesSave,
        }
    }
}

impl FailOn {
    fn severity(self) -> Option<Severity> {
        match self {
            Self::Error => Some(Severity::Error),
            Self::Warning => Some(Severity::Warning),
            Self::Info => Some(Severity::Info),
            Self::Hint => Some(Severity::Hint),
            Self::Never => None,
        }
    }
}

/// Runs `iptlint` with the arguments of the process, the program's name first.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are asked for; all else is a mistake.
            let _ = error.print();
            return exit(if error.use_stderr() { FAILED } else { CLEAN });
        }
    };
    exit(with_room(|| match &cli.verb {
        None => lint(&cli.lint),
        Some(Verb::Explain(args)) => explain::run(args),
        Some(Verb::Lints(args)) => lints::run(args),
        Some(Verb::Rules(args)) => rules::run(args),
        Some(Verb::Trace(args)) => trace::run(args),
        Some(Verb::Compare(args)) => compare::run(args),
    }))
}

fn lint(args: &LintArgs) -> u8 {
    let mut failures = Vec::new();
    let jobs = jobs(args, &mut failures);
    if args.show_settings {
        return show_settings(args, &jobs, &failures);
    }
    let (mut checked, mut repaired) = (Vec::new(), Vec::new());
    for answer in check::all(&jobs, args) {
        match answer {
            Ok(Done { checked: file, repaired: repair }) => {
                checked.push(file);
                repaired.extend(repair);
            }
            Err(failure) => failures.push(failure),
        }
    }
    if let Some(path) = &args.baseline {
        failures.extend(baseline::subtract(path, &mut checked).err());
    }
    let written = write_repairs(args, &repaired).and_then(|()| write_findings(args, &checked, &failures, &repaired));
    report_failures(&failures);
    match written {
        Err(message) => {
            complain("iptlint", &message);
            FAILED
        }
        Ok(()) if !failures.is_empty() => FAILED,
        Ok(()) if args.exit_zero || args.write_baseline.is_some() => CLEAN,
        Ok(()) if args.diff => {
            if repaired.is_empty() {
                CLEAN
            } else {
                FINDINGS
            }
        }
        Ok(()) => found(&checked, args.fail_on),
    }
}

/// The files to be judged, each with its configuration.
fn jobs(args: &LintArgs, failures: &mut Vec<Failure>) -> Vec<Job> {
    let mut jobs: Vec<Job> = Vec::new();
    for named in &args.paths {
        let paths = walk::files(named).unwrap_or_else(|failure| {
            failures.push(failure);
            Vec::new()
        });
        for path in paths {
            let file = args.config.clone().or_else(|| config::find(&path).filter(|_| !args.isolated));
            match file.map_or(Ok(Config::default()), |file| Config::read(&file)) {
                Ok(config) => {
                    let passed_over = (args.force_exclude || path != *named) && config.excludes(&path);
                    if !passed_over && !jobs.iter().any(|job| job.path == path) {
                        jobs.push(Job { path, config });
                    }
                }
                // A broken configuration is said once.
                Err(failure) if failures.contains(&failure) => {}
                Err(failure) => failures.push(failure),
            }
        }
    }
    jobs
}

fn found(checked: &[Checked], fail_on: FailOn) -> u8 {
    let Some(least) = fail_on.severity() else { return CLEAN };
    let grave = checked.iter().flat_map(|file| &file.findings).any(|finding| finding.severity >= least);
    if grave { FINDINGS } else { CLEAN }
}
