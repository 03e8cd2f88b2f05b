//! Runs a script against the real kernel, in namespaces of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Seconds after which a run is given up: many more than it takes on a busy machine.
const LIMIT: &str = "300";

/// The two ways of the kernel to hold the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Backend {
    Nft,
    Legacy,
}

impl Backend {
    pub(crate) const ALL: [Self; 2] = [Self::Nft, Self::Legacy];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Nft => "nft",
            Self::Legacy => "legacy",
        }
    }
}

/// What a run left behind.
pub(crate) struct Outcome {
    pub(crate) status: String,
    /// Standard error of the script.
    pub(crate) err: String,
    /// What iptables-save and ip6tables-save print.
    pub(crate) saved: [String; 2],
    /// The same after a second run.
    pub(crate) again: [String; 2],
    /// What `iptlint rules` says would be loaded.
    pub(crate) listed: String,
}

/// Why scripts cannot be run here, if so.
pub(crate) fn missing() -> Option<String> {
    for backend in Backend::ALL {
        let program = format!("iptables-{}", backend.name());
        let output = Command::new("unshare").args(["-n", "-m", "-p", "-f", "--mount-proc", &program, "-L"]).output();
        match output {
            Err(_) => return Some("there is no unshare".to_owned()),
            Ok(output) if !output.status.success() => {
                return Some(format!("{program} does not run in a network namespace: it takes root and iptables"));
            }
            Ok(_) => {}
        }
    }
    None
}

/// Runs `text` as a file called `name`; `shell` is `sh`, `bash` or `iptables-restore`.
pub(crate) fn run(name: &str, text: &[u8], shell: &str, arguments: &[&str], backend: Backend) -> Outcome {
    let own = format!("{name}-{}-{}", arguments.join("-"), backend.name());
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("kernel").join(own);
    // What an earlier run left is of no use; there may be none.
    let _ = fs::remove_dir_all(&directory);
    prepare(&directory, name, text);
    let mut command = Command::new("timeout");
    command.args(["-k", "1", LIMIT, "unshare", "-n", "-m", "-p", "-f", "--kill-child", "--mount-proc"]);
    command.args(["sh", "driver.sh", backend.name(), shell, name]).args(arguments);
    command.current_dir(&directory).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
    let output = command.env("IPTLINT", env!("CARGO_BIN_EXE_iptlint")).output().unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name} {arguments:?}: {}: {complaint}", output.status);
    let read = |file: &str| String::from_utf8_lossy(&fs::read(directory.join(file)).unwrap_or_default()).into_owned();
    let outcome = Outcome {
        status: read("status").trim().to_owned(),
        err: read("err"),
        saved: [read("save"), read("save6")],
        again: [read("again"), read("again6")],
        listed: read("listed"),
    };
    fs::remove_dir_all(&directory).unwrap();
    outcome
}

/// The directory of one run: the script, the driver, and what stands in for `/etc`.
fn prepare(directory: &Path, name: &str, text: &[u8]) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    copy(&root.join("corpus/etc"), &directory.join("etc"));
    fs::write(directory.join(name), text).unwrap();
    for file in ["driver.sh", "programs.sh"] {
        fs::copy(root.join("tests/kernel").join(file), directory.join(file)).unwrap();
    }
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(directory.join("programs.sh"), executable).unwrap();
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
