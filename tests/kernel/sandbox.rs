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
    let listing = ("IPTLINT", env!("CARGO_BIN_EXE_iptlint"));
    let directory = drive(&own, &[(name, text)], (shell, arguments), backend, &[listing]);
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

/// Runs the first of some files once, or twice in turn; the commands of ipchains that it gave, as a script.
pub(crate) fn recorded(files: &[(&str, &[u8])], shell: &str, arguments: &[&str], twice: bool) -> Vec<u8> {
    // Several threads may want the same.
    let thread = format!("{:?}", std::thread::current().id());
    let own = format!("{}-{}-recorded-{twice}-{thread}", files[0].0, arguments.join("-"));
    // Scripts that ask what kernel there is take the way for ipchains.
    let variables = [("RECORD", "1"), ("RELEASE", "2.2.19"), ("ONCE", if twice { "" } else { "1" })];
    let directory = drive(&own, files, (shell, arguments), Backend::Nft, &variables);
    let commands = fs::read(directory.join("recorded")).unwrap_or_default();
    fs::remove_dir_all(&directory).unwrap();
    commands
}

/// Runs the first of some files in namespaces of its own, in the directory that is given back.
fn drive(
    own: &str,
    files: &[(&str, &[u8])],
    (shell, arguments): (&str, &[&str]),
    backend: Backend,
    variables: &[(&str, &str)],
) -> PathBuf {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("kernel").join(own);
    // What an earlier run left is of no use; there may be none.
    let _ = fs::remove_dir_all(&directory);
    prepare(&directory, files);
    let mut command = Command::new("timeout");
    command.args(["-k", "1", LIMIT, "unshare", "-n", "-m", "-p", "-f", "--kill-child", "--mount-proc"]);
    command.args(["sh", "driver.sh", backend.name(), shell, files[0].0]).args(arguments);
    command.current_dir(&directory).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
    let output = command.envs(variables.iter().copied()).output().unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{} {arguments:?}: {}: {complaint}", files[0].0, output.status);
    directory
}

/// The rules that the first of some files leaves in the kernel.
pub(crate) fn left(files: &[(&str, &[u8])], shell: &str, backend: Backend) -> String {
    let own = format!("{}-{}-left", files[0].0, backend.name());
    let directory = drive(&own, files, (shell, &[]), backend, &[("ONCE", "1")]);
    let saved = String::from_utf8_lossy(&fs::read(directory.join("save")).unwrap()).into_owned();
    fs::remove_dir_all(&directory).unwrap();
    saved
}

/// The directory of one run: the scripts, the driver, and what stands in for `/etc`.
fn prepare(directory: &Path, files: &[(&str, &[u8])]) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    copy(&root.join("corpus/etc"), &directory.join("etc"));
    for (name, text) in files {
        fs::write(directory.join(name), text).unwrap();
    }
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
