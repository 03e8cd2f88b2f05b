//! Options that are spelt wrong, and words that belong to none.

use super::complaint::{Complaint, UNKNOWN_OPTION};
use super::is_target;
use super::options::{self, Found, Opt, OptionSpec};
use super::usage::Use;
use crate::dialect::names;
use crate::dialect::nearest::{perhaps, typographic_dash};
use crate::model::Word;

/// The option of the long name `name` with its full name.
pub(super) fn find_long(name: &str) -> Result<(&'static OptionSpec, &'static str), Complaint> {
    match options::by_name(name) {
        Found::One(spec, full) => Ok((spec, full)),
        Found::Ambiguous(names) => {
            let list: Vec<String> = names.iter().map(|name| format!("'--{name}'")).collect();
            let said = format!("option '--{name}' is ambiguous; possibilities: {}", list.join(" "));
            let message = format!("option `--{name}` could be any of several");
            Err(Complaint::new(UNKNOWN_OPTION, said).meaning(message).hint(format!("write one of {}", list.join(", "))))
        }
        Found::None => {
            let complaint = Complaint::new(UNKNOWN_OPTION, format!("unrecognized option '--{name}'"))
                .meaning(format!("ipchains has no option `--{name}`"));
            Err(match options::nearest_name(name) {
                Some(near) => complaint.hint(perhaps(&format!("--{near}"))),
                None => complaint,
            })
        }
    }
}

/// getopt's complaint about a letter.
pub(super) fn unknown_letter(letter: char) -> Complaint {
    let complaint = Complaint::new(UNKNOWN_OPTION, format!("invalid option -- '{letter}'"))
        .meaning(format!("ipchains has no option `-{letter}`"));
    let other: String =
        if letter.is_lowercase() { letter.to_uppercase().collect() } else { letter.to_lowercase().collect() };
    match other.chars().next().and_then(options::by_letter).filter(|spec| spec.opt != Opt::Verbose) {
        Some(spec) => complaint.hint(format!("`{}` is `--{}`", spec.name(), spec.long.first().unwrap_or(&""))),
        None => complaint,
    }
}

/// ipchains answers a word that no option takes with nothing but a hint at its help. `before` is the option it follows.
pub(super) fn stray(word: &Word, before: Option<&Use>) -> Complaint {
    let message = format!("`{}` belongs to no option", word.value);
    let complaint = Complaint::new(UNKNOWN_OPTION, "").meaning(message);
    match word.known().and_then(|text| meant(text, before)) {
        Some(hint) => complaint.hint(hint),
        None => complaint,
    }
}

/// What was probably meant by a word that no option takes.
fn meant(text: &str, before: Option<&Use>) -> Option<String> {
    if let Some(hint) = typographic_dash(text) {
        return Some(hint);
    }
    if let Some(rest) = text.strip_prefix('!').filter(|rest| !rest.is_empty()) {
        return Some(format!("write `!` as a word of its own: `! {rest}`"));
    }
    if is_target(text) {
        return Some(format!("write `-j {text}`"));
    }
    if names::protocol(text).is_some() && text.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return Some(format!("write `-p {text}`"));
    }
    let before = before?;
    if before.port.is_some() {
        return Some("ipchains takes one port or range after an address: write a command for each".to_owned());
    }
    (!before.arguments.is_empty()).then(|| format!("`{}` takes no further word", before.spec.name()))
}
