//! Options that are spelt wrong, and words that belong to none.

use super::complaint::{Complaint, UNKNOWN_OPTION};
use super::options::{self, Found, Opt, OptionSpec};
use crate::dialect::nearest::perhaps;
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

/// ipchains answers a word that no option takes with nothing but a hint at its help.
pub(super) fn stray(word: &Word) -> Complaint {
    let message = format!("`{}` belongs to no option", word.value);
    let complaint = Complaint::new(UNKNOWN_OPTION, "").meaning(message);
    match word.known().and_then(|text| text.strip_prefix('!')).filter(|rest| !rest.is_empty()) {
        Some(rest) => complaint.hint(format!("write `!` as a word of its own: `! {rest}`")),
        None => complaint,
    }
}
