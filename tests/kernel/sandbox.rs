//! Runs a script against the real kernel, in namespaces of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::driver::Run;

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
    let run = Run {
        directory: Path::new("kernel").join(own),
        files,
        shell,
        arguments: arguments.to_vec(),
        backend: backend.name(),
        network: false,
        variables: variables.to_vec(),
    };
    run.drive()
}

/// The rules that the first of some files leaves in the kernel.
pub(crate) fn left(files: &[(&str, &[u8])], shell: &str, backend: Backend) -> String {
    let own = format!("{}-{}-left", files[0].0, backend.name());
    let directory = drive(&own, files, (shell, &[]), backend, &[("ONCE", "1")]);
    let saved = String::from_utf8_lossy(&fs::read(directory.join("save")).unwrap()).into_owned();
    fs::remove_dir_all(&directory).unwrap();
    saved
}
