//! `iptlint`: the command line, and its main job of linting files.

mod compare;
mod explain;
mod lints;
mod rules;
mod trace;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

use super::files::{self, Loaded};
use super::output::{Color, complain, print};
use super::{CLEAN, FAILED, FINDINGS, dialect_name, exit};
use crate::analysis::Analysis;
use crate::diag::Severity;
use crate::eval::Settings;
use crate::report::{Checked, Failure, concise::concise, human::human, json::json};
use crate::syntax::Form;

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
    /// Scripts and save files; `-` is standard input, `./rules` a file that bears the name of a subcommand.
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
    exit(match cli.verb {
        None => lint(&cli.lint),
        Some(Verb::Explain(args)) => explain::run(&args),
        Some(Verb::Lints(args)) => lints::run(args),
        Some(Verb::Rules(args)) => rules::run(&args),
        Some(Verb::Trace(args)) => trace::run(&args),
        Some(Verb::Compare(args)) => compare::run(&args),
    })
}

fn lint(args: &LintArgs) -> u8 {
    let (mut checked, mut failures) = (Vec::new(), Vec::new());
    for path in &args.paths {
        match check(path, args) {
            Ok(file) => checked.push(file),
            Err(failure) => failures.push(failure),
        }
    }
    let text = match args.format {
        Format::Human => human(&checked, args.color.on_stdout()),
        Format::Concise => concise(&checked),
        Format::Json => json("iptlint", &checked, &failures),
    };
    let printed = print(&text);
    report_failures(&failures);
    match printed {
        Err(message) => {
            complain("iptlint", &message);
            FAILED
        }
        Ok(()) if !failures.is_empty() => FAILED,
        Ok(()) => found(&checked, args.fail_on),
    }
}

fn report_failures(failures: &[Failure]) {
    for Failure { path, message } in failures {
        match path {
            Some(path) => complain("iptlint", &format!("{path}: {message}")),
            None => complain("iptlint", message),
        }
    }
}

fn found(checked: &[Checked], fail_on: FailOn) -> u8 {
    let Some(least) = fail_on.severity() else { return CLEAN };
    let grave = checked.iter().flat_map(|file| &file.findings).any(|finding| finding.severity >= least);
    if grave { FINDINGS } else { CLEAN }
}

/// Reads and judges one file.
fn check(path: &Path, args: &LintArgs) -> Result<Checked, Failure> {
    let mut loaded = files::load(path, args.stdin_filename.as_deref(), args.dialect.map(Kind::form))?;
    let settings = Settings::default();
    if args.follow {
        loaded.follow(&settings);
    }
    let mut analysis = loaded.analyse(&settings);
    let findings = crate::lint::check(&mut analysis);
    let (dialect, complete) = (dialect_name(&analysis), is_complete(&analysis));
    drop(analysis);
    Ok(Checked { sources: loaded.sources, file: Loaded::FILE, dialect, complete, findings })
}

fn is_complete(analysis: &Analysis<'_>) -> bool {
    analysis.evaluation.cut_short.is_none() && analysis.tree().is_some_and(|tree| tree.problems.is_empty())
}
