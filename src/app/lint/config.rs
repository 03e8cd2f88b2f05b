//! `iptlint.toml`: where it is found, and what may stand in it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use serde::{Deserialize, Serialize};

use crate::dialect::iptables::declared::{self, Declaration};
use crate::lint::{Selection, Selector};
use crate::report::Failure;

use super::facts::Declared;
use super::select::{Grade, PresetName};

/// The name of the file.
const NAME: &str = "iptlint.toml";

/// What a configuration file says; every key may be left out, and no other is allowed.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct Config {
    /// What is on before anything is named.
    pub(super) preset: Option<PresetName>,
    /// Only these lints and categories.
    pub(super) select: Option<Vec<String>>,
    /// These as well.
    pub(super) extend_select: Vec<String>,
    /// Not these.
    pub(super) ignore: Vec<String>,
    /// Patterns, as in .gitignore, of files that are passed over in directories.
    pub(super) exclude: Vec<String>,
    /// Lints or categories with the severity of their findings.
    pub(super) severity: BTreeMap<String, Grade>,
    /// Patterns of files with what is not reported in them.
    pub(super) per_file_ignores: BTreeMap<String, Vec<String>>,
    /// Values of variables that the scripts take from elsewhere.
    pub(super) variables: BTreeMap<String, String>,
    /// What the scripts do not say of the host.
    pub(super) facts: Declared,
    /// Matches beside those of iptables, with how their options are written.
    pub(super) matches: BTreeMap<String, Vec<String>>,
    /// Targets beside those of iptables, likewise.
    pub(super) targets: BTreeMap<String, Vec<String>>,
    /// The matches and targets, understood.
    #[serde(skip)]
    pub(super) extensions: declared::Declared,
    /// Where patterns start.
    #[serde(skip)]
    pub(super) directory: PathBuf,
}

/// The configuration file that is nearest to `path`, in its directory or above.
pub(super) fn find(path: &Path) -> Option<PathBuf> {
    let start = if path.as_os_str() == "-" { std::env::current_dir().ok()? } else { std::path::absolute(path).ok()? };
    start.ancestors().map(|directory| directory.join(NAME)).find(|file| file.is_file())
}

/// The extensions that the nearest configuration file declares for the file at `path`.
pub(super) fn extensions(path: &Path) -> Result<declared::Declared, Failure> {
    let default = declared::Declared::default();
    find(path).map_or(Ok(default), |file| Config::read(&file).map(|config| config.extensions))
}

impl Config {
    /// Reads the configuration file at `path`.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let failed = |message: String| Failure { path: Some(path.to_string_lossy().into_owned()), message };
        let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
        let mut config: Self = toml::from_str(&text).map_err(|error| {
            let before = text.get(..error.span().map_or(0, |span| span.start)).unwrap_or_default();
            let (line, column) =
                (before.matches('\n').count() + 1, before.chars().rev().take_while(|c| *c != '\n').count() + 1);
            failed(format!("line {line}, column {column}: {}", error.message()))
        })?;
        let absolute = std::path::absolute(path).map_err(|error| failed(error.to_string()))?;
        config.directory = absolute.parent().map(Path::to_path_buf).unwrap_or_default();
        let at_line = |name: &str, what: String| {
            let line = text.lines().position(|line| line.contains(name)).map_or(1, |at| at + 1);
            failed(format!("line {line}: {what}"))
        };
        config.check().map_err(|name| at_line(&name, format!("there is no lint and no category `{name}`")))?;
        if let Some(name) = config.facts.contradiction() {
            return Err(at_line(name, format!("two lists that exclude each other name the interface `{name}`")));
        }
        config.extensions = declared::Declared::new(&config.declarations())
            .map_err(|option| at_line(&option, format!("`{option}` is no option such as `[!] --name WORD`")))?;
        let patterns = config.per_file_ignores.keys().chain(&config.exclude);
        for pattern in patterns {
            config.matcher([pattern.as_str()]).map_err(|message| failed(format!("pattern `{pattern}`: {message}")))?;
        }
        Ok(config)
    }

    fn declarations(&self) -> Vec<Declaration> {
        let matches = self.matches.iter().map(|(name, options)| (false, name, options));
        let targets = self.targets.iter().map(|(name, options)| (true, name, options));
        let all = matches.chain(targets);
        all.map(|(target, name, options)| Declaration { target, name: name.clone(), options: options.clone() })
            .collect()
    }

    /// The first name that means no lint.
    fn check(&self) -> Result<(), String> {
        let ignored = self.per_file_ignores.values().flatten();
        let names = self.select.iter().flatten().chain(&self.extend_select).chain(&self.ignore).chain(ignored);
        let mut names = names.chain(self.severity.keys());
        names.find(|name| Selector::parse(name).is_none()).map_or(Ok(()), |name| Err(name.clone()))
    }

    fn matcher<'a>(&self, patterns: impl IntoIterator<Item = &'a str>) -> Result<Gitignore, String> {
        let mut builder = GitignoreBuilder::new(&self.directory);
        for pattern in patterns {
            builder.add_line(None, pattern).map_err(|error| error.to_string())?;
        }
        builder.build().map_err(|error| error.to_string())
    }

    fn matches<'a>(&self, patterns: impl IntoIterator<Item = &'a str>, path: &Path) -> bool {
        let Ok(absolute) = std::path::absolute(path) else { return false };
        let Ok(matcher) = self.matcher(patterns) else { return false };
        absolute.starts_with(&self.directory) && matcher.matched_path_or_any_parents(&absolute, false).is_ignore()
    }

    /// Whether files like the one at `path` are passed over.
    pub(super) fn excludes(&self, path: &Path) -> bool {
        self.matches(self.exclude.iter().map(String::as_str), path)
    }

    /// Takes what is not reported in the file at `path` out of `selection`.
    pub(super) fn ignore_in(&self, path: &Path, selection: &mut Selection) {
        for (pattern, names) in &self.per_file_ignores {
            if self.matches([pattern.as_str()], path) {
                names.iter().filter_map(|name| Selector::parse(name)).for_each(|selector| selection.remove(selector));
            }
        }
    }
}
