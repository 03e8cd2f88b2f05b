//! Which lints are on for a file: the command line over the configuration file.

use std::path::Path;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::config::Config;
use crate::diag::Severity;
use crate::lint::{Preset, Selection, Selector};

/// The options that choose lints.
#[derive(clap::Args)]
pub(super) struct SelectArgs {
    /// Only these lints: names, categories or `all`, separated by commas.
    #[arg(long, value_name = "LINT", value_delimiter = ',', value_parser = selector)]
    select: Option<Vec<Selector>>,
    /// These lints as well.
    #[arg(long, value_name = "LINT", value_delimiter = ',', value_parser = selector)]
    extend_select: Vec<Selector>,
    /// Not these lints.
    #[arg(long, value_name = "LINT", value_delimiter = ',', value_parser = selector)]
    ignore: Vec<Selector>,
    /// What is on before anything is named.
    #[arg(long, value_enum)]
    preset: Option<PresetName>,
}

fn selector(text: &str) -> Result<Selector, String> {
    Selector::parse(text).ok_or_else(|| "there is no such lint or category; `iptlint lints` lists them".to_owned())
}

/// What is on before anything is named.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(super) enum PresetName {
    /// Warnings and errors.
    Default,
    /// What is worth a look as well.
    Strict,
    /// Every lint.
    All,
}

/// A severity, as configuration files and arguments name it.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Grade {
    Error,
    Warning,
    Info,
    Hint,
}

impl Grade {
    pub(super) fn severity(self) -> Severity {
        match self {
            Self::Error => Severity::Error,
            Self::Warning => Severity::Warning,
            Self::Info => Severity::Info,
            Self::Hint => Severity::Hint,
        }
    }
}

impl SelectArgs {
    /// The lints that are on for the file at `path`.
    pub(super) fn selection(&self, config: &Config, path: &Path) -> Selection {
        let preset = match self.preset.or(config.preset) {
            None | Some(PresetName::Default) => Preset::Default,
            Some(PresetName::Strict) => Preset::Strict,
            Some(PresetName::All) => Preset::All,
        };
        let parse = |names: &[String]| names.iter().filter_map(|name| Selector::parse(name)).collect::<Vec<_>>();
        let select = self.select.clone().or_else(|| config.select.as_deref().map(parse));
        let mut selection = if select.is_some() { Selection::none() } else { Selection::of(preset) };
        let more = parse(&config.extend_select).into_iter().chain(self.extend_select.iter().copied());
        select.into_iter().flatten().chain(more).for_each(|selector| selection.add(selector));
        // A lint that is named on the command line is wanted, whatever the file says of it.
        let named = |selector: &Selector| {
            let chosen = self.select.iter().flatten().chain(&self.extend_select);
            chosen.into_iter().any(|own| own == selector)
        };
        parse(&config.ignore).into_iter().filter(|own| !named(own)).for_each(|own| selection.remove(own));
        config.ignore_in(path, &mut selection);
        self.ignore.iter().for_each(|selector| selection.remove(*selector));
        let mut grades: Vec<(Selector, Severity)> = config
            .severity
            .iter()
            .filter_map(|(name, grade)| Some((Selector::parse(name)?, grade.severity())))
            .collect();
        // What is said of a single lint counts more than what is said of many.
        grades.sort_by_key(|(selector, _)| match selector {
            Selector::All => 0,
            Selector::Category(_) => 1,
            Selector::Name(_) => 2,
        });
        grades.into_iter().for_each(|(selector, severity)| selection.grade(selector, severity));
        selection
    }
}
