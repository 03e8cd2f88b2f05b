//! `iptlint lints`: what there is.

use clap::ValueEnum;
use serde::Serialize;

use super::super::output::{complain, print};
use super::super::{CLEAN, FAILED};
use crate::lint::{LINTS, Lint};

/// Arguments of `iptlint lints`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// How they are listed.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// How lints are listed.
#[derive(Clone, Copy, Default, ValueEnum)]
enum Format {
    /// A table.
    #[default]
    Text,
    /// A JSON list.
    Json,
}

#[derive(Serialize)]
struct Row {
    name: &'static str,
    category: &'static str,
    severity: &'static str,
    fixable: bool,
    summary: String,
}

pub(super) fn run(args: &Args) -> u8 {
    let rows: Vec<Row> = LINTS.iter().map(|lint| row(lint)).collect();
    let text = match args.format {
        Format::Text => rows.iter().map(line).collect(),
        // Strings alone are always serialisable.
        Format::Json => serde_json::to_string_pretty(&rows).unwrap_or_default() + "\n",
    };
    match print(&text) {
        Ok(()) => CLEAN,
        Err(message) => {
            complain("iptlint", &message);
            FAILED
        }
    }
}

fn row(lint: &Lint) -> Row {
    Row {
        name: lint.name,
        category: lint.category.name(),
        severity: lint.severity.name(),
        fixable: lint.fixable,
        summary: lint.summary(),
    }
}

fn line(row: &Row) -> String {
    let fix = if row.fixable { "fix" } else { "" };
    format!("{:<27} {:<11} {:<7} {fix:<3}  {}\n", row.name, row.category, row.severity, row.summary)
}
