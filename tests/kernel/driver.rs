//! Runs files by `driver.sh`, in namespaces of their own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Seconds after which a run is given up: many more than it takes on a busy machine.
const LIMIT: &str = "300";

/// One run of a file.
pub(crate) struct Run<'a> {
    /// The directory of the run, below that of all test files; no two runs at a time may have the same.
    pub(crate) directory: PathBuf,
    /// The file that runs, and what lies beside it.
    pub(crate) files: &'a [(&'a str, &'a [u8])],
    /// `sh`, `bash` or `iptables-restore`.
    pub(crate) shell: &'a str,
    pub(crate) arguments: Vec<&'a str>,
    /// `nft` or `legacy`.
    pub(crate) backend: &'a str,
    /// Whether the network is that of the calling thread.
    pub(crate) network: bool,
    pub(crate) variables: Vec<(&'a str, &'a str)>,
}

impl Run<'_> {
    /// Runs the file; what it leaves is in the directory that is given back.
    pub(crate) fn drive(&self) -> PathBuf {
        let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(&self.directory);
        // What an earlier run left is of no use; there may be none.
        let _ = fs::remove_dir_all(&directory);
        self.prepare(&directory);
        let file = self.files[0].0;
        let mut command = Command::new("timeout");
        command.args(["-k", "1", LIMIT, "unshare", "-m", "-p", "-f", "--kill-child", "--mount-proc"]);
        if !self.network {
            command.arg("-n");
        }
        command.args(["sh", "driver.sh", self.backend, self.shell, file]).args(&self.arguments);
        command.current_dir(&directory).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
        let output = command.envs(self.variables.iter().copied()).output().unwrap();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{file} {:?}: {}: {complaint}", self.arguments, output.status);
        directory
    }

    /// The files, the driver, and what stands in for `/etc`.
    fn prepare(&self, directory: &Path) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        copy(&root.join("corpus/etc"), &directory.join("etc"));
        for (name, text) in self.files {
            fs::write(directory.join(name), text).unwrap();
        }
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
