//! What the programs say of their extensions when they are asked for help.

use std::collections::BTreeSet;
use std::process::Command;

use iptlint::dialect::iptables::extension::{Extension, Role};
use iptlint::model::Family;

/// The long options in a help text, each once.
fn options(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
    words
        .filter(|word| word.starts_with("--") && word.len() > 2)
        .map(|word| word.trim_end_matches('-').to_owned())
        .collect()
}

fn help(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).arg("--help").output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The options that the program names for the extension, beside its own; `None` where it does not know the extension.
pub(crate) fn named(extension: &Extension, family: Family) -> Option<BTreeSet<String>> {
    let program = if family == Family::V4 { "iptables-nft" } else { "ip6tables-nft" };
    let load = if extension.role == Role::Match { "-m" } else { "-j" };
    let general = help(program, &[])?;
    let whole = help(program, &[load, extension.name])?;
    let own = whole.lines().filter(|line| !general.lines().any(|other| other == *line));
    Some(options(&own.collect::<Vec<_>>().join("\n")))
}
