//! Migrated scripts are read by real shells, and by shellcheck.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use crate::{files, migrated, read, temporary, text};

/// The shell that the first line asks for, as far as it is none of the plain ones.
fn is_bash(script: &[u8]) -> bool {
    let first = text(script).lines().next().unwrap_or_default().to_owned();
    first.starts_with("#!") && (first.contains("bash") || first.contains("ksh"))
}

/// Whether a program is there; says so where it is not, which is a failure where it must be.
#[allow(clippy::print_stdout, reason = "a skipped test must be seen in its output")]
fn present(program: &str) -> bool {
    let present = Command::new(program).args(["--version"]).output().is_ok();
    let required = std::env::var("IPTLINT_REQUIRE_KERNEL").is_ok_and(|value| value == "1");
    assert!(present || !required, "{program} is missing");
    if !present {
        println!("skipped: {program} is missing");
    }
    present
}

/// What a shell says against the script, if it does not take it.
fn complaint(shell: &str, script: &Path) -> Option<String> {
    let output = Command::new(shell).arg("-n").arg(script).output().unwrap();
    (!output.status.success()).then(|| text(&output.stderr))
}

fn read_by(shell: &str, fits: impl Fn(&[u8]) -> bool) {
    if !present(shell) {
        return;
    }
    for path in files("ipchains").into_iter().filter(|path| path.ends_with(".sh") && fits(&read(path))) {
        let (_directory, old) = temporary("old", &read(&path));
        if complaint(shell, &old).is_some() {
            continue;
        }
        let (_directory, new) = temporary("new", &migrated(&path).stdout);
        assert_eq!(complaint(shell, &new), None, "{shell} -n: {path}");
    }
}

#[test]
fn sh_reads_every_script_that_it_read_before() {
    read_by("sh", |_| true);
}

#[test]
fn dash_reads_every_script_that_it_read_before() {
    read_by("dash", |_| true);
}

#[test]
fn bash_reads_every_script_that_it_read_before() {
    read_by("bash", |_| true);
}

/// How often shellcheck reports each of its errors.
fn errors(script: &[u8]) -> BTreeMap<u64, usize> {
    let (_directory, path) = temporary("script.sh", script);
    let shell = if is_bash(script) { "bash" } else { "sh" };
    let output = Command::new("shellcheck").args(["-s", shell, "-f", "json1", "-S", "error"]).arg(path).output();
    let report: serde_json::Value = serde_json::from_slice(&output.unwrap().stdout).unwrap();
    let mut counts = BTreeMap::new();
    for comment in report["comments"].as_array().unwrap() {
        *counts.entry(comment["code"].as_u64().unwrap()).or_default() += 1;
    }
    counts
}

#[test]
fn shellcheck_finds_no_error_that_was_not_there_before() {
    if !present("shellcheck") {
        return;
    }
    let mut wrong = Vec::new();
    for path in files("ipchains").into_iter().filter(|path| path.ends_with(".sh")) {
        let (old, mut new) = (errors(&read(&path)), errors(&migrated(&path).stdout));
        new.retain(|code, _| !old.contains_key(code));
        if !new.is_empty() {
            wrong.push(format!("{path}: code and count {new:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Devices as ip(8) shows them; eth1 has a second address, which masquerading does not take.
const DEVICES: &str = "ip() {
    echo '1: lo    inet 127.0.0.1/8 scope host lo'
    echo '2: eth0    inet 10.0.0.1/8 brd 10.255.255.255 scope global eth0'
    echo '3: eth1    inet 192.0.2.1/24 scope global eth1'
    echo '3: eth1    inet 10.0.0.9/24 scope global eth1'
    echo '4: ppp0    inet 10.1.2.3 peer 10.9.9.9/32 scope global ppp0'
}
";

#[test]
fn devices_are_found_by_their_own_address_and_name() {
    for shell in ["sh", "dash", "bash"].into_iter().filter(|shell| *shell == "sh" || present(shell)) {
        for (asked, found) in [
            ("10.0.0.0/8", "eth0 ppp0"),
            ("! 10.0.0.0/255.0.0.0", "lo eth1"),
            ("10.0.0.9", ""),
            ("10.0.0.0/8 ppp0", "ppp0"),
            ("10.0.0.0/8 ppp+", "ppp0"),
            ("10.0.0.0/8 +", "eth0 ppp0"),
            ("10.0.0.0/8 ! ppp+", "eth0"),
            ("! 10.0.0.0/8 ! lo", "eth1"),
            ("10.0.0.0/8 ppp", ""),
            ("0/0", "+"),
            ("any/0 ! eth1", "lo eth0 ppp0"),
            ("any/0 eth1", "eth1"),
            ("! any/0.0.0.0", ""),
            ("10/8 eth0", "eth0"),
        ] {
            let script = format!("{DEVICES}{}echo $(masqueraded_from {asked})", iptlint::eval::MASQUERADED_FROM);
            let output = Command::new(shell).args(["-c", &script]).output().unwrap();
            assert_eq!((text(&output.stdout).trim(), text(&output.stderr).as_str()), (found, ""), "{shell}: {asked}");
        }
        let script = format!("{DEVICES}{}masqueraded_from mail.example", iptlint::eval::MASQUERADED_FROM);
        let output = Command::new(shell).args(["-c", &script]).output().unwrap();
        let said = "masqueraded_from: no translation for the address mail.example\n";
        assert_eq!((text(&output.stdout).as_str(), text(&output.stderr).as_str()), ("", said), "{shell}");
    }
}
