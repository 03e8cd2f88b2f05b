//! Runs a firewall script with stand-ins for all programs but iptables.

use std::fs;
use std::path::{Path, PathBuf};

use crate::driver::Run;

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
        let directory = self.run(false, &[("RECORD", "1")]);
        fs::read(directory.join("recorded")).unwrap_or_default()
    }

    /// Runs it in the network namespace of this thread; what it complains of.
    pub(crate) fn load(&self) -> String {
        let directory = self.run(true, &[]);
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

    fn run(&self, network: bool, variables: &[(&str, &str)]) -> PathBuf {
        let own = format!("{}-{}-{}{}", self.name, self.arguments.join("-"), self.backend, variables.len());
        let (set, arguments): (Vec<&str>, _) = self.arguments.iter().partition(|argument| argument.contains('='));
        let set = set.into_iter().filter_map(|setting| setting.split_once('='));
        let run = Run {
            directory: Path::new("kernel_packets").join(own),
            files: &[(self.name, self.text)],
            shell: self.shell(),
            arguments,
            backend: self.backend,
            network,
            variables: variables.iter().copied().chain([("ONCE", "1")]).chain(set).collect(),
        };
        run.drive()
    }
}
