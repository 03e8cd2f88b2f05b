//! The ipchains command line, as ipchains 1.3.9 reads it.
//!
//! [`parse`] says what a command does or how the program refuses it, and also how each
//! option is written, for whoever rewrites the text. Parsing goes in the steps of the
//! program: find the options (`scan`), check them together (`check`), build rules (`rules`).

mod address;
mod build;
mod check;
mod complaint;
mod conflict;
mod icmp;
mod lexis;
mod matches;
mod open;
mod options;
mod parts;
mod ports;
mod rules;
mod scan;
mod spelling;
mod usage;
mod values;

pub use open::OpenWords;
pub use options::{Negation, OPTIONS, Opt, OptionSpec, Takes, Then, options_of};
pub use usage::{PortUse, Use};

use crate::diag::{Diagnostic, Severity};
use crate::model::{Command, Word};
use crate::text::Place;
use parts::Parts;

/// The targets that are no chains.
const TARGETS: [&str; 6] = ["ACCEPT", "DENY", "REJECT", "MASQ", "REDIRECT", "RETURN"];

/// What became of a command's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// The command; none where the program refuses it.
    pub command: Option<Command>,
    /// The options as they are written, up to the fault of a refused command.
    pub uses: Vec<Use>,
    /// Words that may be options or nothing at run time.
    pub undecided: Vec<usize>,
    /// What there is to say about the words; exactly one error where the command is refused.
    pub problems: Vec<Diagnostic>,
    /// What the program says where it refuses the command; empty where it only hints at its help.
    pub refusal: Option<String>,
}

/// Whether `text` is the full name of an ICMP type, or of a type with a code.
pub fn is_icmp_name(text: &str) -> bool {
    icmp::is_name(text)
}

/// Whether `name` is a target that is no chain.
pub fn is_target(name: &str) -> bool {
    TARGETS.contains(&name)
}

/// The target that is meant by the name `wrong` of none: in another case, as iptables calls it, or misspelt.
pub fn nearest_target(wrong: &str) -> Option<&'static str> {
    let upper = wrong.to_ascii_uppercase();
    match upper.as_str() {
        "DROP" => Some("DENY"),
        "MASQUERADE" => Some("MASQ"),
        _ => TARGETS.into_iter().find(|name| *name == upper).or_else(|| super::nearest::nearest(wrong, TARGETS)),
    }
}

/// Reads the words after the program name; `place` is the whole command's.
pub fn parse(words: &[Word], place: Place) -> Parsed {
    let scanned = scan::scan(words);
    let parts = Parts { words, uses: &scanned.uses, undecided: &scanned.undecided };
    let read = match scanned.complaint {
        Some(complaint) => Err(complaint),
        None => build::command(&parts, place),
    };
    let mut problems = warnings(&parts);
    let (command, refusal) = match read {
        Ok(command) => (Some(command), None),
        Err(complaint) => {
            problems.push(complaint.diagnostic(words, place));
            (None, Some(complaint.said))
        }
    };
    Parsed { command, uses: scanned.uses, undecided: scanned.undecided, problems, refusal }
}

/// What the program accepts without a word, but does not mean what it seems to say.
fn warnings(parts: &Parts<'_>) -> Vec<Diagnostic> {
    parts.uses.iter().filter_map(|found| warning(parts, found)).collect()
}

fn warning(parts: &Parts<'_>, found: &Use) -> Option<Diagnostic> {
    let value = found.value.as_ref()?;
    let place = parts.words.get(found.value_word())?.place;
    match found.spec.opt {
        Opt::Source | Opt::Destination => {
            let (taken, meant) = address::meant(value)?;
            let message = format!("`{value}` means {taken}, not {meant}");
            let help = format!("write `{meant}`, or `{taken}` if that is meant");
            Some(Diagnostic::new("short-network", Severity::Warning, place, message).with_help(help))
        }
        Opt::Interface if found.value_word() == found.word => {
            let message = format!("the interface name is taken to be `{value}`, which no device has");
            let argument = found.joined.as_ref()?.to_string();
            let diagnostic = Diagnostic::new("option-as-interface", Severity::Warning, place, message);
            Some(diagnostic.with_hint(values::own_word("-i", &argument)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;

/// The policy that a line of a save file gives: old files have the kernel's numbers for them.
///
/// Source: the ipchains-restore of ipchains 1.1.2 takes -1, 1, 2, 3 and 4.
pub fn saved_policy(policy: &str) -> &str {
    match policy {
        "-1" => "REJECT",
        "1" => "DENY",
        "2" => "ACCEPT",
        "3" => "REDIRECT",
        "4" => "MASQ",
        other => other,
    }
}
