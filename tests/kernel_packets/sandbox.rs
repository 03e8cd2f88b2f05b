//! Runs a firewall script with stand-ins for all programs but iptables.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Seconds after which a run is given up: many more than it takes on a busy machine.
const LIMIT: &str = "300";

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
        let directory = self.run(&["-n"], &[("RECORD", "1")]);
        fs::read(directory.join("recorded")).unwrap_or_default()
    }

    /// Runs it in the network namespace of this thread; what it complains of.
    pub(crate) fn load(&self) -> String {
        let directory = self.run(&[], &[]);
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

    fn run(&self, namespaces: &[&str], variables: &[(&str, &str)]) -> PathBuf {
        let own = format!("{}-{}-{}{}", self.name, self.arguments.join("-"), self.backend, variables.len());
        let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("kernel_packets").join(own);
        // What an earlier run left is of no use; there may be none.
        let _ = fs::remove_dir_all(&directory);
        self.prepare(&directory);
        let mut command = Command::new("timeout");
        command.args(["-k", "1", LIMIT, "unshare", "-m", "-p", "-f", "--kill-child", "--mount-proc"]).args(namespaces);
        command.args(["sh", "driver.sh", self.backend, self.shell(), self.name]);
        command.current_dir(&directory).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
        command.env("ONCE", "1").envs(variables.iter().copied());
        for argument in self.arguments {
            match argument.split_once('=') {
                Some((name, value)) => command.env(name, value),
                None => command.arg(argument),
            };
        }
        let output = command.output().unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{} {:?}: {}: {complaint}", self.name, self.arguments, output.status);
        directory
    }

    /// The directory of the run: the script, the driver, and what stands in for `/etc`.
    fn prepare(&self, directory: &Path) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        copy(&root.join("corpus/etc"), &directory.join("etc"));
        fs::write(directory.join(self.name), self.text).unwrap();
        for file in ["driver.sh", "programs.sh"] {
            fs::copy(root.join("tests/kernel").join(file), directory.join(file)).unwrap();
        }
        let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(directory.join("programs.sh"), executable).unwrap();
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}
