//! Which runs of a script a question is about.

use std::path::Path;

use super::super::arguments::definition;
use super::super::files::{self, Loaded};
use super::{VariantName, config};
use crate::eval::Settings;
use crate::report::Failure;

/// What is known of the runs of a script.
#[derive(clap::Args)]
pub(super) struct RunArgs {
    /// The script's own arguments, one for each time.
    #[arg(long = "arg", value_name = "WORD", allow_hyphen_values = true)]
    arguments: Vec<String>,
    /// The value of a variable that the script takes from elsewhere.
    #[arg(long = "define", value_name = "NAME=VALUE", value_parser = definition)]
    variables: Vec<(String, String)>,
    /// Read the files that the script sources as well.
    #[arg(long)]
    follow: bool,
    /// The variant of iptables that loads the file; without it, what one of them refuses is refused.
    #[arg(long, value_enum)]
    variant: Option<VariantName>,
}

impl RunArgs {
    /// Save files are read to the byte, as the programs read them.
    pub(super) fn settings(&self) -> Settings<'_> {
        Settings { exact: true, ..Settings::of_run(&self.arguments, &self.variables) }
    }

    /// Reads a file, those that it sources where they are wanted, and what the configuration next to it declares.
    pub(super) fn load(&self, path: &Path) -> Result<Loaded, Failure> {
        let mut loaded = files::load(path, None, None)?;
        loaded.installed.declared = config::extensions(path)?;
        loaded.installed.variant = self.variant.map(VariantName::variant);
        if self.follow {
            loaded.follow(&self.settings());
        }
        Ok(loaded)
    }
}
