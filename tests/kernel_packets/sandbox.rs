//! Runs a firewall script with stand-ins for all programs but iptables.

use std::fs;
use std::path::{Path, PathBuf};

use crate::driver::Run;

/// Files in `/proc/net` that the kernel of ipchains had.
const OLD_FILES: [&str; 3] = ["ip_fwchains", "ip_fwnames", "ip_masquerade"];

/// A script or a save file, and how it is started.
pub(crate) struct Script<'a> {
    pub(crate) name: &'a str,
    pub(crate) text: &'a [u8],
    /// Arguments, with the variables `NAME=VALUE` of its environment among them.
    pub(crate) arguments: &'a [&'a str],
    pub(crate) backend: &'static str,
}

impl Script<'_> {
    /// Runs it in a network namespace of its own; the commands of ipchains that it gave, as a script.
    pub(crate) fn record(&self) -> Vec<u8> {
        // On the old kernel these files are there.
        let text = OLD_FILES.iter().fold(self.text.to_vec(), |text, name| {
            replaced(&text, format!("/proc/net/{name}").as_bytes(), format!("/etc/{name}").as_bytes())
        });
        let files = OLD_FILES.map(|name| (format!("etc/{name}"), Vec::new()));
        let directory = Script { text: &text, ..*self }.run(false, &files, &[("RECORD", "1")]);
        fs::read(directory.join("recorded")).unwrap_or_default()
    }

    /// Runs it in the network namespace of this thread, where files of ipchains-save are migrated too; what it
    /// complains of.
    pub(crate) fn load(&self) -> String {
        let directory = self.run(true, &saved("etc"), &[]);
        String::from_utf8_lossy(&fs::read(directory.join("err")).unwrap()).into_owned()
    }

    /// What runs the file: the shell of its first line.
    fn shell(&self) -> &'static str {
        let first = self.text.split(|byte| *byte == b'\n').next().unwrap_or_default();
        match String::from_utf8_lossy(first).contains("bash") {
            _ if self.name.ends_with(".save") => "iptables-restore",
            true => "bash",
            false => "sh",
        }
    }

    /// Runs it with other files in the place of those of the corpus.
    fn run(&self, network: bool, others: &[(String, Vec<u8>)], variables: &[(&str, &str)]) -> PathBuf {
        let own = format!("{}-{}-{}{}", self.name, self.arguments.join("-"), self.backend, variables.len());
        let (set, arguments): (Vec<&str>, _) = self.arguments.iter().partition(|argument| argument.contains('='));
        let set = set.into_iter().filter_map(|setting| setting.split_once('='));
        let others = others.iter().map(|(name, text)| (name.as_str(), text.as_slice()));
        let files: Vec<_> = [(self.name, self.text)].into_iter().chain(others).collect();
        let run = Run {
            directory: Path::new("kernel_packets").join(own),
            files: &files,
            shell: self.shell(),
            arguments,
            backend: self.backend,
            network,
            variables: variables.iter().copied().chain([("ONCE", "1")]).chain(set).collect(),
        };
        run.drive()
    }
}

/// The files of ipchains-save in a directory of the corpus, migrated.
fn saved(directory: &str) -> Vec<(String, Vec<u8>)> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let entries = fs::read_dir(corpus.join(directory)).unwrap().map(|entry| entry.unwrap().path());
    let files = entries.flat_map(|path| {
        let name = path.strip_prefix(&corpus).unwrap().to_str().unwrap();
        match name.ends_with(".save") {
            _ if path.is_dir() => saved(name),
            true => vec![(name.to_owned(), crate::scripts::migrated(name, fs::read(&path).unwrap()))],
            false => Vec::new(),
        }
    });
    files.collect()
}

/// A text with other words in it.
fn replaced(text: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut rest = text;
    let mut new = Vec::new();
    while let Some(at) = rest.windows(from.len()).position(|own| own == from) {
        new.extend([&rest[..at], to].concat());
        rest = &rest[at + from.len()..];
    }
    new.extend(rest);
    new
}
