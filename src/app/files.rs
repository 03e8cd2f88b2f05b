//! Reading files, standard input, and what a script sources.

use std::cell::RefCell;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::analysis::{self, Analysis};
use crate::dialect::iptables::Installed;
use crate::eval::{Find, Settings};
use crate::report::Failure;
use crate::syntax::{Form, Tree};
use crate::text::{FileId, Source, Sources};

/// A script may source files that source files, so many times over.
const MAX_ROUNDS: usize = 32;

/// The files of one analysis, read and parsed; the first is the one the user named.
pub(super) struct Loaded {
    pub(super) sources: Sources,
    pub(super) trees: Vec<Tree>,
    /// The iptables that they are for.
    pub(super) installed: Installed,
    directory: PathBuf,
    /// What sourced paths were found to be.
    followed: Vec<(String, Option<FileId>)>,
}

/// Reads the file at `path`, or standard input where it is `-`, which is then called `stdin_name`.
pub(super) fn load(path: &Path, stdin_name: Option<&str>, form: Option<Form>) -> Result<Loaded, Failure> {
    let stdin = path.as_os_str() == "-";
    let name = match stdin_name.filter(|_| stdin) {
        Some(name) => name.to_owned(),
        None => path.to_string_lossy().into_owned(),
    };
    let bytes = if stdin { read_stdin() } else { std::fs::read(path) };
    let bytes = bytes.map_err(|error| Failure { path: Some(name.clone()), message: reason(&error) })?;
    Ok(Loaded::of(&name, bytes, form))
}

fn read_stdin() -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What the system says, without its number.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

impl Loaded {
    /// The file that the user named.
    pub(super) const FILE: FileId = FileId(0);

    /// The same files with another text in the place of the first.
    pub(super) fn with_text(&self, text: &[u8]) -> Self {
        let (directory, followed) = (self.directory.clone(), self.followed.clone());
        let mut other = Self {
            sources: Sources::default(),
            trees: Vec::new(),
            installed: self.installed.clone(),
            directory,
            followed,
        };
        for (number, tree) in self.trees.iter().enumerate() {
            let file = FileId(number as u32);
            let old = self.sources.get(file);
            let (bytes, form) = match file == Self::FILE {
                true => (text, tree.form.of_rewritten()),
                false => (old.bytes(), Some(tree.form)),
            };
            other.add(Source::new(old.path(), bytes.to_vec()), form);
        }
        other
    }

    /// A file called `name` that holds `bytes`.
    pub(super) fn of(name: &str, bytes: Vec<u8>, form: Option<Form>) -> Self {
        let directory = Path::new(name).parent().map(Path::to_path_buf).unwrap_or_default();
        let mut loaded = Self {
            sources: Sources::default(),
            trees: Vec::new(),
            installed: Installed::default(),
            directory,
            followed: Vec::new(),
        };
        loaded.add(Source::new(name, bytes), form);
        loaded
    }

    fn add(&mut self, source: Source, form: Option<Form>) -> FileId {
        let file = FileId(self.trees.len() as u32);
        self.trees.push(analysis::parse(&source, file, form));
        self.sources.add(source)
    }

    /// Reads the files that the script sources, and those that they source, as far as they can be read.
    pub(super) fn follow(&mut self, settings: &Settings<'_>) {
        for _ in 0..MAX_ROUNDS {
            let wanted = self.wanted(settings);
            if wanted.is_empty() {
                return;
            }
            for path in wanted {
                let found = std::fs::read(self.directory.join(&path)).ok();
                let shown = self.directory.join(&path).to_string_lossy().into_owned();
                let file = found.map(|bytes| self.add(Source::new(shown, bytes), Some(Form::Script)));
                self.followed.push((path, file));
            }
        }
    }

    /// Paths that the script sources and that were not looked for yet.
    fn wanted(&self, settings: &Settings<'_>) -> Vec<String> {
        let wanted = RefCell::new(Vec::new());
        let follow = |path: &str| {
            let known = self.followed.iter().find(|(known, _)| known == path);
            if known.is_none() && !wanted.borrow().iter().any(|own| own == path) {
                wanted.borrow_mut().push(path.to_owned());
            }
            known.and_then(|(_, file)| *file)
        };
        crate::eval::evaluate(&self.sources, &self.trees, Self::FILE, &with(settings, Some(&follow)));
        wanted.into_inner()
    }

    /// What is known of the file.
    pub(super) fn analyse(&self, settings: &Settings<'_>) -> Analysis<'_> {
        let follow = |path: &str| {
            let known = self.followed.iter().find(|(known, _)| known == path);
            known.and_then(|(_, file)| *file)
        };
        let settings = with(settings, Some(&follow));
        analysis::analyse_with(&self.sources, &self.trees, Self::FILE, &settings, &self.installed)
    }
}

/// The same settings with another way to find sourced files.
fn with<'a>(settings: &Settings<'_>, follow: Option<Find<'a>>) -> Settings<'a> {
    Settings {
        arguments: settings.arguments.clone(),
        variables: settings.variables.clone(),
        unset: settings.unset.clone(),
        own_addresses: settings.own_addresses.clone(),
        devices: settings.devices.clone(),
        exact: settings.exact,
        follow,
    }
}
