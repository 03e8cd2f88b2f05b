//! README.md and docs/: what they show is what the programs print.
//!
//! A block marked `console` holds commands behind `$ `, each with its output, standard error
//! included. The tables of lints and the pages of docs/lints come from the registry. With
//! UPDATE_DOCS=1 in the environment all of it is written anew.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use iptlint::lint::{LINTS, Lint};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file must hold `text`, or is made to.
fn keep(path: &str, text: &str) {
    let path = root().join(path);
    if std::env::var("UPDATE_DOCS").is_ok_and(|value| value == "1") {
        fs::write(&path, text).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    assert!(found == text, "{} is out of step: run UPDATE_DOCS=1 cargo test --test docs\n{text}", path.display());
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// What a command prints, with the programs in the path.
fn output(command: &str) -> String {
    let programs = PathBuf::from(env!("CARGO_BIN_EXE_iptlint")).parent().unwrap().to_owned();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("exec 2>&1\n{command}")]).current_dir(root()).env("PATH", path).env_remove("NO_COLOR");
    String::from_utf8(shell.output().unwrap().stdout).unwrap()
}

/// The text with the output of every shown command as it is now.
fn with_outputs(text: &str) -> String {
    let mut shown = String::new();
    let mut console = false;
    for line in text.lines() {
        match line.strip_prefix("$ ").filter(|_| console) {
            Some(command) => {
                let output = output(command);
                assert!(!output.contains("```"), "a block cannot show the output of {command}");
                shown.push_str(&format!("{line}\n{output}"));
            }
            None if console && line != "```" => continue,
            None => shown.push_str(&format!("{line}\n")),
        }
        console = line == "```console" || console && line != "```";
    }
    shown
}

/// The text with `list` between the marks for it.
fn with_lints(text: &str, list: &str) -> String {
    let (before, rest) = text.split_once("<!-- lints -->\n").unwrap();
    let (_, after) = rest.split_once("<!-- end of lints -->").unwrap();
    format!("{before}<!-- lints -->\n{list}<!-- end of lints -->{after}")
}

fn row(lint: &Lint, folder: &str) -> String {
    let fix = if lint.fixable { "yes" } else { "" };
    let name = lint.name;
    format!("| [`{name}`]({folder}/{name}.md) | {} | {fix} | {} |\n", lint.severity.name(), lint.summary())
}

fn table(folder: &str) -> String {
    let rows: String = LINTS.iter().map(|lint| row(lint, folder)).collect();
    format!("| lint | severity | fix | what it does |\n|---|---|---|---|\n{rows}")
}

#[test]
fn the_readme_shows_what_the_programs_print() {
    keep("README.md", &with_outputs(&with_lints(&read("README.md"), &table("docs/lints"))));
}

#[test]
fn the_index_lists_every_lint() {
    keep("docs/README.md", &with_lints(&read("docs/README.md"), &table("lints")));
}

#[test]
fn every_lint_has_its_page() {
    for lint in LINTS {
        keep(&format!("docs/lints/{}.md", lint.name), &output(&format!("iptlint explain {}", lint.name)));
    }
    let names: BTreeSet<String> = LINTS.iter().map(|lint| format!("{}.md", lint.name)).collect();
    let pages = fs::read_dir(root().join("docs/lints")).unwrap();
    let pages: BTreeSet<String> = pages.map(|page| page.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(pages, names);
}

/// The blocks of one language.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let marked = text.split("```").skip(1).step_by(2);
    marked.filter_map(|block| block.strip_prefix(&format!("{language}\n"))).map(str::to_owned).collect()
}

#[test]
fn the_two_commands_of_the_readme_are_those_that_ci_runs() {
    let commands = blocks(&read("README.md"), "sh").pop().unwrap();
    let [migrate, test] = commands.lines().collect::<Vec<_>>()[..] else { panic!("{commands}") };
    let ci = read(".ci/run");
    assert!(ci.lines().any(|line| line == test), "{test}");
    assert!(ci.lines().any(|line| line.starts_with(migrate)), "{migrate}");
}

#[test]
fn the_pattern_for_editors_fits_every_line() {
    let json: serde_json::Value = serde_json::from_str(&blocks(&read("docs/editors.md"), "json")[0]).unwrap();
    let pattern = json["tasks"][0]["problemMatcher"]["pattern"]["regexp"].as_str().unwrap().replace("\\d", "[0-9]");
    let lines = output("iptlint --format concise corpus/iptables/*.sh");
    let command = format!("iptlint --format concise corpus/iptables/*.sh | grep -cE '{pattern}'");
    assert_eq!(output(&command).trim(), lines.lines().count().to_string());
}

#[test]
fn links_lead_somewhere() {
    for path in ["README.md", "docs/README.md", "CHANGELOG.md", "ARCHITECTURE.md"] {
        let text = read(path);
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = link.split('#').next().unwrap();
            let target = root().join(path).parent().unwrap().join(file);
            assert!(link.starts_with("https://") || target.exists(), "{path}: {link}");
        }
    }
}
