//! `iptlint compare`: whether two files treat every packet alike.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::super::files::{self, Loaded};
use super::super::output::print;
use super::super::{CLEAN, FINDINGS};
use super::config;
use super::rules::{definition, failed};
use crate::eval::Settings;
use crate::packet::Kernel;
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
    /// The arguments of both scripts, one for each time.
    #[arg(long = "arg", value_name = "WORD", allow_hyphen_values = true)]
    arguments: Vec<String>,
    /// The value of a variable that the scripts take from elsewhere.
    #[arg(long = "define", value_name = "NAME=VALUE", value_parser = definition)]
    variables: Vec<(String, String)>,
    /// Read the files that the scripts source as well.
    #[arg(long)]
    follow: bool,
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

#[derive(Clone, Copy, Default, ValueEnum)]
enum KernelVersion {
    #[default]
    #[value(name = "2.2")]
    V2_2,
    #[value(name = "2.4")]
    V2_4,
}

pub(super) fn run(args: &Args) -> u8 {
    match compared(args) {
        Ok(status) => status,
        Err(failure) => failed(&failure),
    }
}

fn compared(args: &Args) -> Result<u8, Failure> {
    let settings = Settings::of_run(&args.arguments, &args.variables);
    let read = |path: &Path| -> Result<Loaded, Failure> {
        let mut read = files::load(path, None, None)?;
        read.installed.declared = config::extensions(path)?;
        if args.follow {
            read.follow(&settings);
        }
        Ok(read)
    };
    let (left, right) = (read(&args.left)?, read(&args.right)?);
    let (mut a, mut b) = (left.analyse(&settings), right.analyse(&settings));
    let kernel = match args.kernel {
        KernelVersion::V2_2 => Kernel::V2_2,
        KernelVersion::V2_4 => Kernel::V2_4,
    };
    let proof = verify::compare(&mut a, &mut b, kernel);
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
