//! `iptlint compare`: whether two files treat every packet alike.

use std::path::PathBuf;

use clap::ValueEnum;

use super::super::arguments::KernelVersion;
use super::super::output::print;
use super::super::{CLEAN, FINDINGS};
use super::rules::{failed, load};
use super::run_args::RunArgs;
use crate::report::{Compared, Failure, comparison, comparison_json};
use crate::verify::{self, Proof};

/// Arguments of `iptlint compare`.
#[derive(clap::Args)]
pub(super) struct Args {
    /// A script or save file of either language.
    left: PathBuf,
    /// What it is compared with.
    right: PathBuf,
    /// How the answer is shown.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// The kernel that ipchains rules are for: it decides what the sender of a rejected packet is told.
    #[arg(long, value_enum, default_value_t, value_name = "VERSION")]
    kernel: KernelVersion,
    #[command(flatten)]
    run: RunArgs,
}

/// How the answer is shown.
#[derive(Clone, Copy, Default, ValueEnum)]
enum Format {
    /// In words.
    #[default]
    Text,
    /// One JSON object.
    Json,
}

pub(super) fn run(args: &Args) -> u8 {
    match compared(args) {
        Ok(status) => status,
        Err(failure) => failed(&failure),
    }
}

fn compared(args: &Args) -> Result<u8, Failure> {
    let settings = args.run.settings();
    let (left, right) = (args.run.load(&args.left)?, args.run.load(&args.right)?);
    let (mut a, mut b) = (left.analyse(&settings), right.analyse(&settings));
    load(&mut a, &left.installed);
    load(&mut b, &right.installed);
    let proof = verify::compare(&mut a, &mut b, args.kernel.kernel());
    let files = [&a, &b].map(|own| Compared {
        path: own.sources.get(own.file).path(),
        sources: own.sources,
        dialect: own.dialect(),
    });
    let text = match args.format {
        Format::Text => comparison(&proof, &files),
        Format::Json => comparison_json(&proof, &files),
    };
    print(&text).map_err(|message| Failure { path: None, message })?;
    Ok(if matches!(proof, Proof::Equal { .. }) { CLEAN } else { FINDINGS })
}
