//! What a run of `iptlint` prints and writes: settings, repairs, findings and failures.

use std::path::Path;

use super::check::{Job, Repaired};
use super::rules::failed;
use super::{Format, LintArgs, baseline};
use crate::app::diff::patch;
use crate::app::output::{complain, print, print_bytes, say};
use crate::app::replace::replace;
use crate::app::{CLEAN, FAILED};
use crate::diag::Severity;
use crate::report::{Checked, Failure, concise::concise, human::human, json::json, statistics::statistics};

/// Prints the settings that count for the first file.
pub(super) fn show_settings(args: &LintArgs, jobs: &[Job], failures: &[Failure]) -> u8 {
    report_failures(failures);
    let Some(job) = jobs.first().filter(|_| failures.is_empty()) else { return FAILED };
    let selection = args.select.selection(&job.config, &job.path);
    let mut text = toml::to_string(&job.config).unwrap_or_default() + "\n";
    for lint in crate::lint::LINTS {
        let level = selection.severity(lint.name).map_or("off", Severity::name);
        text += &format!("# {:<27} {level}\n", lint.name);
    }
    match print(&text) {
        Ok(()) => CLEAN,
        Err(message) => {
            complain("iptlint", &message);
            FAILED
        }
    }
}

/// Shows or makes the repairs; the new text of standard input goes to standard output.
pub(super) fn write_repairs(args: &LintArgs, repaired: &[Repaired]) -> Result<(), String> {
    for Repaired { path, before, after, fixes } in repaired {
        let name = path.to_string_lossy();
        if args.diff {
            print_bytes(&patch(&name, before, after, args.color))?;
        } else if name == "-" {
            print_bytes(after)?;
        } else {
            replace(path, after, None)?;
        }
        if args.show_fixes {
            for (line, code, title) in fixes {
                say(&crate::report::visible(&format!("{name}:{line}: {title} [{code}]")));
            }
        }
    }
    Ok(())
}

/// Writes the findings in the form that is asked for.
pub(super) fn write_findings(
    args: &LintArgs,
    checked: &[Checked],
    failures: &[Failure],
    repaired: &[Repaired],
) -> Result<(), String> {
    if let Some(path) = &args.write_baseline {
        return write(path, &baseline::text(checked));
    }
    // Standard output is taken by the text or the differences.
    let filter = args.fix && args.paths.iter().any(|path| path.as_os_str() == "-");
    if args.diff || filter && args.output_file.is_none() {
        return Ok(());
    }
    let colour = args.output_file.is_none() && args.color.on_stdout();
    let mut text = match args.format {
        _ if args.statistics => statistics(checked),
        Format::Human => human(checked, colour),
        Format::Concise => concise(checked),
        Format::Json => json("iptlint", checked, failures),
    };
    if matches!(args.format, Format::Human) && !repaired.is_empty() {
        let number: usize = repaired.iter().map(|file| file.fixes.len()).sum();
        text += &format!("repaired: {number}\n");
    }
    match &args.output_file {
        Some(path) => write(path, &text),
        None => print(&text),
    }
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

/// Says what could not be done.
pub(super) fn report_failures(failures: &[Failure]) {
    for failure in failures {
        failed(failure);
    }
}
