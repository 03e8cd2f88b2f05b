//! `iptmigrate`: the command line, and its one job.

use std::ffi::OsString;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};

use super::arguments::{KernelVersion, definition};
use super::files::{self, Loaded};
use super::output::{Color, complain, print_bytes};
use super::{CLEAN, FAILED, FINDINGS, dialect_name, diff::patch, exit, replace::replace};
use crate::analysis::Analysis;
use crate::diag::{Diagnostic, Severity};
use crate::eval::Settings;
use crate::migrate::{Item, Migration, Options, Refused, draft, restore, unset};
use crate::report::{Answer, Checked, Compared, Failure, answer, comparison, json, visible};
use crate::syntax::Form;
use crate::text::with_room;
use crate::verify::{self, Proof};

/// Rewrite an ipchains script or save file for iptables.
///
/// The new script goes to standard output, the report to standard error. All that is no firewall command stays byte
/// for byte; what cannot be migrated stays as a comment, and is listed in the report.
///
/// Exit status: 0 migrated, 1 something needs a person (with --check: or something would change), 2 could not do the job.
#[derive(Parser)]
#[command(name = "iptmigrate", version)]
struct Cli {
    /// The script or the file of ipchains-save; `-` is standard input.
    file: PathBuf,
    /// Show what changes as a unified diff instead of the new script.
    #[arg(long, conflicts_with_all = ["output", "in_place", "check"])]
    diff: bool,
    /// Write the new script to this file.
    #[arg(short, long, value_name = "FILE", conflicts_with_all = ["in_place", "check"])]
    output: Option<PathBuf>,
    /// Replace the file; the old one is kept beside it.
    #[arg(long, conflicts_with = "check")]
    in_place: bool,
    /// What is added to the name of the old file that --in-place keeps.
    #[arg(long, value_name = "SUFFIX", default_value = ".orig")]
    backup: String,
    /// Write nothing; the exit status says whether anything would change.
    #[arg(long)]
    check: bool,
    /// How the report is shown.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// When to colour the diff.
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    color: Color,
    /// The name to show for standard input.
    #[arg(long, value_name = "NAME")]
    stdin_filename: Option<String>,
    /// Read the files that the script sources as well, for the values that they set.
    #[arg(long)]
    follow: bool,
    /// The kernel whose behaviour counts: the two differ in what REJECT answers.
    #[arg(long, value_enum, default_value_t, value_name = "VERSION")]
    kernel: KernelVersion,
    /// Whether the stages of forwarded packets that change nothing are left out.
    #[arg(long, value_enum, default_value_t)]
    style: Style,
    /// An address of the host, or the name of the script's variable that holds one: no packet for it is forwarded.
    /// For a save file, and for `--emit restore`, it may name its device, and those are then taken for all devices.
    #[arg(long = "own-address", value_name = "[DEVICE=]ADDRESS", value_parser = own_address)]
    own_addresses: Vec<OwnAddress>,
    /// What to print.
    #[arg(long, value_enum, default_value_t, value_name = "FORM", conflicts_with_all = ["diff", "in_place", "check"])]
    emit: Emit,
    /// The arguments of the script, one for each time, of which `--emit restore` prints the rules.
    #[arg(long = "arg", value_name = "WORD", allow_hyphen_values = true, requires = "emit")]
    arguments: Vec<String>,
    /// What a variable of the script holds in the run of which `--emit restore` prints the rules.
    #[arg(long = "define", value_name = "NAME=VALUE", value_parser = definition, requires = "emit")]
    variables: Vec<(String, String)>,
    /// Keep the comments of the script beside their rules in what `--emit restore` prints.
    #[arg(long, requires = "emit")]
    comments: bool,
}

/// The shape of the way of forwarded packets.
#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Style {
    /// As simple as it goes.
    #[default]
    Native,
    /// Always three stages.
    Staged,
}

/// An address of the host, or the name of a variable that holds one.
#[derive(Clone)]
struct OwnAddress {
    address: String,
    /// The device whose first address it is.
    device: Option<(String, Ipv4Addr)>,
}

fn own_address(text: &str) -> Result<OwnAddress, String> {
    let Some((device, address)) = text.split_once('=') else {
        return Ok(OwnAddress { address: text.to_owned(), device: None });
    };
    let known = address.parse().map_err(|_| format!("`{address}` is no address of IPv4"))?;
    Ok(OwnAddress { address: address.to_owned(), device: Some((device.to_owned(), known)) })
}

/// What to print.
#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Emit {
    /// The script, rewritten.
    #[default]
    Script,
    /// The rules that it loads, as input for iptables-restore.
    Restore,
}

impl Cli {
    fn options(&self) -> Options {
        Options { kernel: self.kernel.kernel(), staged: self.style == Style::Staged }
    }
}

/// How the report is shown.
#[derive(Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// One line each.
    #[default]
    Human,
    /// One JSON document.
    Json,
}

/// Runs the program with `arguments`.
pub fn run(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let status = if error.use_stderr() { FAILED } else { CLEAN };
            let _ = error.print();
            return exit(status);
        }
    };
    match with_room(|| cli.run()) {
        Ok(status) => exit(status),
        Err(message) => {
            complain("iptmigrate", &message);
            exit(FAILED)
        }
    }
}

impl Cli {
    /// The variables that are taken for unset, if that leaves no more to a person.
    fn unset(&self, loaded: &Loaded, analysis: &Analysis<'_>) -> Vec<String> {
        let names = unset(analysis);
        if names.is_empty() {
            return names;
        }
        let left = |analysis: &Analysis<'_>| draft(analysis, self.options()).map_or(0, |draft| draft.left());
        let without = loaded.analyse(&Settings { unset: names.clone(), ..analysis.evaluation.settings() });
        if left(&without) > left(analysis) { Vec::new() } else { names }
    }

    fn run(&self) -> Result<u8, String> {
        if self.in_place && self.file.as_os_str() == "-" {
            return Err("standard input cannot be replaced in place".to_owned());
        }
        let failed = |failure: Failure| format!("{}: {}", failure.path.unwrap_or_default(), failure.message);
        let mut loaded = files::load(&self.file, self.stdin_filename.as_deref(), None).map_err(failed)?;
        let own_addresses = self.own_addresses.iter().map(|own| own.address.clone()).collect();
        // A script asks for its devices where it runs.
        let saved = loaded.trees.first().is_some_and(|tree| tree.form == Form::IpchainsSave);
        let devices = if saved { self.devices() } else { Vec::new() };
        let mut settings = Settings { own_addresses, devices, ..Settings::default() };
        if self.follow {
            loaded.follow(&settings);
        }
        let old = loaded.sources.get(Loaded::FILE).bytes().to_vec();
        let (migration, dialect, proof, told) = {
            let mut analysis = loaded.analyse(&settings);
            settings.unset = self.unset(&loaded, &analysis);
            if !settings.unset.is_empty() {
                analysis = loaded.analyse(&settings);
            }
            let dialect = dialect_name(&analysis);
            let draft = draft(&analysis, self.options()).map_err(|refused| refusal(&self.file, refused))?;
            let output = loaded.with_text(draft.text());
            let mut after = output.analyse(&settings);
            let mut migration = draft.read_back(&analysis, &after);
            let proof = (old != migration.text)
                .then(|| verify::migration(&mut analysis, &mut after, &migration.edits, self.options().kernel))
                .map(|proof| proof.unless(&migration.reasons(analysis.sources)).without(&settings.unset));
            let told = proof.as_ref().map(|proof| {
                let names = [analysis.sources.get(analysis.file).path(), "its migration"];
                let files = [&analysis, &after].map(|own| (own.sources, own.dialect()));
                let files = [0, 1].map(|at| Compared { path: names[at], sources: files[at].0, dialect: files[at].1 });
                (comparison(proof, &files), answer(proof, &files))
            });
            if self.emit == Emit::Restore {
                let mut run = output.analyse(&self.run_of_script());
                migration.text = restore(&mut run, self.comments)?.into_bytes();
            }
            (migration, dialect, proof, told)
        };
        self.write(&old, &migration)?;
        let complete = migration.is_complete();
        let changed = old != migration.text;
        let proved = matches!(proof, None | Some(Proof::Equal { .. }));
        let (told, answer) = told.unzip();
        self.report(loaded, dialect, migration, answer.as_ref())?;
        if let (Some(proof), Some(told), Format::Human) = (&proof, told, self.format) {
            if let Proof::Different { .. } = proof {
                super::output::say(told.trim_end());
            }
            super::output::say(&format!("{}: {}", self.file.display(), visible(&proof.summary())));
        }
        Ok(if !complete || !proved || self.check && changed { FINDINGS } else { CLEAN })
    }

    /// The run of which rules are printed.
    fn run_of_script(&self) -> Settings<'_> {
        Settings { devices: self.devices(), ..Settings::of_run(&self.arguments, &self.variables) }
    }

    /// The devices that are named with their addresses, which then are all.
    fn devices(&self) -> Vec<(String, Ipv4Addr)> {
        let mut devices: Vec<_> = self.own_addresses.iter().filter_map(|own| own.device.clone()).collect();
        if !devices.is_empty() && !devices.iter().any(|(name, _)| name == "lo") {
            devices.insert(0, ("lo".to_owned(), Ipv4Addr::LOCALHOST));
        }
        devices
    }

    fn shown_name(&self) -> String {
        self.stdin_filename.clone().unwrap_or_else(|| self.file.to_string_lossy().into_owned())
    }

    fn write(&self, old: &[u8], migration: &Migration) -> Result<(), String> {
        if self.check {
            return Ok(());
        }
        if self.diff {
            return print_bytes(&patch(&self.shown_name(), old, &migration.text, self.color));
        }
        match &self.output {
            Some(path) => std::fs::write(path, &migration.text).map_err(|error| format!("{}: {error}", path.display())),
            None if self.in_place && old == migration.text => Ok(()),
            None if self.in_place => replace(&self.file, &migration.text, Some(&self.backup)),
            None => print_bytes(&migration.text),
        }
    }

    fn report(
        &self,
        loaded: Loaded,
        dialect: &'static str,
        migration: Migration,
        proof: Option<&Answer>,
    ) -> Result<(), String> {
        if self.format == Format::Human {
            let source = loaded.sources.get(Loaded::FILE);
            for item in &migration.items {
                let kind = if item.person { "not migrated" } else { "note" };
                let line = source.line(item.place.span.start);
                super::output::say(&format!("{}:{line}: {kind}: {}", source.path(), visible(&item.message)));
            }
            return Ok(());
        }
        let findings = migration.items.iter().map(diagnostic).collect();
        let checked = Checked {
            sources: loaded.sources,
            file: Loaded::FILE,
            dialect,
            complete: true,
            findings,
            suppressed: 0,
            baselined: 0,
        };
        super::output::say(json::migration(&checked, proof).trim_end());
        Ok(())
    }
}

fn diagnostic(item: &Item) -> Diagnostic {
    let (code, severity) =
        if item.person { ("not-migrated", Severity::Warning) } else { ("migration-note", Severity::Info) };
    Diagnostic::new(code, severity, item.place, item.message.clone())
}

fn refusal(file: &std::path::Path, refused: Refused) -> String {
    let Refused::Ipfwadm = refused;
    format!(
        "{}: this script is for ipfwadm, which is older than ipchains; turn it into ipchains commands first \
         (ipfwadm's -I, -O and -F are the chains input, output and forward, its policies come as -P), then run iptmigrate on those",
        file.display()
    )
}
