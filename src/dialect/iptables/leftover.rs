//! What ipchains wrote otherwise, and other spellings that iptables never read.
//!
//! Where a script may have made a chain of its own by an ipchains name (`input`, `DENY`),
//! the finding is a warning; where iptables refuses for certain it is an error.

use super::Use;
use super::extension::{OptionRow, Role};
use super::extensions::{self, EXTENSIONS};
use super::general::{General, Id};
use super::kind::{Given, Kind, Scope};
use super::suggest;
use crate::diag::{Applicability, Confidence, Diagnostic, Fix, Severity};
use crate::dialect::names;
use crate::dialect::nearest::{perhaps, typographic_dash};
use crate::model::{Family, Value, Word};
use crate::text::{Edit, Place};

const CODE: &str = "ipchains-leftover";

/// ipchains' targets and what they are called today.
const TARGETS: [(&str, &str); 2] = [("DENY", "DROP"), ("MASQ", "MASQUERADE in the nat table")];

/// ipchains' built-in chains.
const CHAINS: [(&str, &str); 3] = [("input", "INPUT"), ("forward", "FORWARD"), ("output", "OUTPUT")];

/// ipchains' letters that iptables does not have, and what to write instead.
const LETTERS: [(char, &str); 4] = [
    ('y', "write `--syn` after `-p tcp`"),
    ('l', "put a rule with `-j LOG` before this one"),
    ('b', "write two rules, one for each direction"),
    ('k', "write `! --syn` after `-p tcp`"),
];

/// Options that need a protocol with ports.
const PORT_OPTIONS: [&str; 4] = ["--dport", "--sport", "--destination-port", "--source-port"];

/// General options with one argument, which may stand in front of a stray word.
const ONE_WORD: [&str; 11] = ["-A", "-N", "-X", "-F", "-p", "-i", "-o", "-t", "-j", "-g", "-m"];

/// Options that matches had in former versions, and what they are called today.
const FORMER: [(&str, &str); 1] = [("days", "weekdays")];

/// What an option of a former version is called today.
pub(super) fn former(name: &str) -> Option<&'static str> {
    FORMER.iter().find(|(old, _)| *old == name).map(|(_, now)| *now)
}

fn error(code: &'static str, place: Place, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(code, Severity::Error, place, message)
}

/// The rule was refused before and takes effect afterwards, so that no such repair is safe.
pub(super) fn fix(title: String, place: Place, edit: Edit) -> Fix {
    Fix { title, applicability: Applicability::Unsafe, file: place.file, edits: vec![edit] }
}

pub(super) fn is_port_option(name: &str) -> bool {
    PORT_OPTIONS.contains(&name)
}

/// A plain word where an option is expected, after the option `before`.
pub(super) fn stray(text: &str, before: Option<&Use>, words: &[Word], place: Place) -> Diagnostic {
    let end = |end: &str| {
        end.bytes().all(|byte| byte.is_ascii_digit())
            || ["tcp", "udp"].iter().any(|protocol| names::service(end, protocol).is_some())
    };
    let ports = text.split(':').all(end);
    let option = match before.map(|before| before.name.as_str()) {
        Some("-s") if ports => "--sport",
        Some("-d") if ports => "--dport",
        Some("-j") if ports && redirects(before, words) => "--to-ports",
        _ => return no_option(text, before, words, place),
    };
    let message = format!("`{text}` after an address or target is ipchains; iptables wants an option before it");
    let problem = error(CODE, place, message).with_hint(format!("write `{option} {text}`, or `--icmp-type` for ICMP"));
    let edit = Edit::insert(place.span.start, format!("{option} "));
    problem.with_fix(fix(format!("Put `{option}` before it"), place, edit))
}

/// Whether the option is `-j REDIRECT`, behind which ipchains has a port.
fn redirects(before: Option<&Use>, words: &[Word]) -> bool {
    let mut arguments = before.into_iter().flat_map(|before| before.arguments.clone());
    arguments.any(|at| words.get(at).is_some_and(|word| word.known() == Some("REDIRECT")))
}

/// A letter that is no option.
pub(super) fn letter(letter: char, words: &[Word], index: usize) -> Diagnostic {
    let place = words.get(index).map(|word| word.place).unwrap_or_default();
    match LETTERS.iter().find(|(own, _)| *own == letter) {
        Some((_, help)) => {
            let problem = error(CODE, place, format!("`-{letter}` is ipchains")).with_hint(help);
            let alone = words.get(index).is_some_and(|word| word.known() == Some("-y"));
            let edit = Edit::replace(place.span, "--syn");
            if alone { problem.with_fix(fix("Write `--syn`".to_owned(), place, edit)) } else { problem }
        }
        None => {
            let other =
                if letter.is_ascii_uppercase() { letter.to_ascii_lowercase() } else { letter.to_ascii_uppercase() };
            let help = General::by_letter(other).map(|general| perhaps(&general.name()));
            hinted(error("unknown-option", place, format!("there is no option `-{letter}`")), help)
        }
    }
}

/// `-M -L` and `-M -S`, ipchains' commands for masqueraded connections.
pub(super) fn masquerading(general: &General, next: Option<&str>, place: Place) -> Option<Diagnostic> {
    let help = match next? {
        "-L" => "list connections with `conntrack -L`",
        "-S" => "set timeouts in /proc/sys/net/netfilter",
        _ => return None,
    };
    let message = "`-M` is a command of ipchains; iptables reads it as `--modprobe`";
    (general.id == Id::Modprobe).then(|| error(CODE, place, message).with_help(help))
}

/// `-dport`: a long option with one dash.
pub(super) fn single_dash(letters: &str, place: Place) -> Option<Diagnostic> {
    if letters.len() < 2 || letters.starts_with(['i', 'o']) {
        return None;
    }
    let name = letters.split_once('=').map_or(letters, |(name, _)| name);
    let dashed = format!("--{name}");
    let general = General::by_name(name).is_some();
    let extension = EXTENSIONS.iter().any(|extension| extension.option(&dashed).is_some());
    if !(general || extension) {
        return None;
    }
    Some(error("unknown-option", place, format!("`-{letters}` has one dash")).with_hint(format!("write `--{letters}`")))
}

/// Which extension has the option; a rule has one target, and its own may be named already.
pub(super) fn owner_of(dashed: &str, family: Family, target: Option<&str>) -> Option<String> {
    let owner = EXTENSIONS
        .iter()
        .find(|extension| extension.families.contains(&family) && extension.option(dashed).is_some())?;
    Some(match (owner.role, target) {
        (Role::Match, _) => format!("`{dashed}` is an option of `-m {}`, which must stand before it", owner.name),
        (Role::Target, None) => format!("`{dashed}` is an option of `-j {}`, which must stand before it", owner.name),
        (Role::Target, Some(target)) => {
            format!("`{dashed}` is an option of `-j {}`, and this rule has `-j {target}`", owner.name)
        }
    })
}

/// Whose option it is that only the other program has.
pub(super) fn other_family(dashed: &str, family: Family) -> String {
    let program = if family == Family::V4 { "ip6tables" } else { "iptables" };
    let counterpart = match dashed {
        "--icmp-type" => "; `-p icmpv6` has `--icmpv6-type`",
        "--icmpv6-type" => "; `-p icmp` has `--icmp-type`",
        _ => "",
    };
    format!("`{dashed}` is an option of {program}{counterpart}")
}

/// The finding with the repair that writes the name of today.
fn renamed(problem: Diagnostic, now: &str) -> Diagnostic {
    let place = problem.place;
    problem.with_fix(fix(format!("Write `{now}`"), place, Edit::replace(place.span, now)))
}

/// A chain that ipchains calls so.
pub(super) fn chain(name: &str, place: Place) -> Option<Diagnostic> {
    let (_, now) = CHAINS.iter().find(|(old, _)| *old == name)?;
    let message = format!("`{name}` is a chain of ipchains; the built-in chain of iptables is {now}");
    let problem = Diagnostic::new(CODE, Severity::Warning, place, message);
    Some(renamed(problem.with_confidence(Confidence::Likely), now))
}

/// A target that ipchains calls so.
pub(super) fn target(name: &str, place: Place) -> Option<Diagnostic> {
    if let Some(problem) = chain(name, place) {
        return Some(problem);
    }
    let (_, now) = TARGETS.iter().find(|(old, _)| *old == name)?;
    let problem = Diagnostic::new(CODE, Severity::Warning, place, format!("`{name}` is a target of ipchains"));
    let problem = problem.with_confidence(Confidence::Likely).with_hint(format!("iptables has {now}"));
    // What masquerades has to move to another table, too.
    Some(if name == "DENY" { renamed(problem, now) } else { problem })
}

/// A policy other than ACCEPT and DROP.
pub(super) fn policy(name: &str, place: Place) -> Diagnostic {
    match TARGETS.iter().find(|(old, _)| *old == name) {
        Some(_) => {
            let problem = error(CODE, place, format!("the policy `{name}` is ipchains")).with_hint("write `DROP`");
            if name == "DENY" { renamed(problem, "DROP") } else { problem }
        }
        None => {
            let problem = error("invalid-value", place, format!("`{name}` is no policy; there are ACCEPT and DROP"));
            hinted(problem, suggest::nearest_in_any_case(name, &["ACCEPT", "DROP"]).map(perhaps))
        }
    }
}

/// An address that cannot be read.
pub(super) fn address(text: &str, message: String, general: &General, family: Family, place: Place) -> Diagnostic {
    let message = format!("`{}`: {message}", general.name());
    let wrong = || hinted(error("invalid-value", place, message), suggest::address(text, general, family));
    joined_bang(text, &general.name(), place).unwrap_or_else(wrong)
}

/// A protocol that cannot be read.
pub(super) fn protocol(value: &Value, message: String, place: Place) -> Diagnostic {
    let text = value.known().unwrap_or_default();
    if let Some(problem) = joined_bang(text, "-p", place) {
        return problem;
    }
    hinted(error("invalid-value", place, format!("`-p`: {message}")), suggest::protocol(text))
}

/// The finding with a hint where there is one.
fn hinted(problem: Diagnostic, hint: Option<String>) -> Diagnostic {
    match hint {
        Some(hint) => problem.with_hint(hint),
        None => problem,
    }
}

/// `-s !10.0.0.1`
fn joined_bang(text: &str, option: &str, place: Place) -> Option<Diagnostic> {
    let rest = text.strip_prefix('!').filter(|rest| !rest.is_empty())?;
    let message = format!("`!` stands after `{option}`; iptables reads it only before the option");
    Some(error("old-negation", place, message).with_hint(format!("write `! {option} {rest}`")))
}

/// A word that is neither an option nor an argument.
fn no_option(text: &str, before: Option<&Use>, words: &[Word], place: Place) -> Diagnostic {
    let problem = error("invalid-value", place, format!("the word `{text}` belongs to no option"));
    let help = if let Some(hint) = typographic_dash(text) {
        Some(hint)
    } else if let Some(option) = text.strip_prefix('!').filter(|option| option.starts_with('-')) {
        Some(format!("a blank is missing behind the `!`: write `! {option}`"))
    } else if text == "-" {
        Some("the name of an option stands right behind its dash".to_owned())
    } else if names::protocol(text).is_some() && text.bytes().all(|byte| byte.is_ascii_lowercase()) {
        Some(format!("write `-p {text}`"))
    } else {
        match before {
            Some(before) => behind(before, text, words),
            None => single(text).and_then(General::by_letter).map(|general| perhaps(&general.name())),
        }
    };
    hinted(problem, help)
}

/// The letter that the word is.
fn single(text: &str) -> Option<char> {
    let mut letters = text.chars();
    letters.next().filter(|_| letters.next().is_none())
}

/// What was probably meant by a word behind what the option takes.
fn behind(before: &Use, text: &str, words: &[Word]) -> Option<String> {
    let role = match before.name.as_str() {
        "-m" => Some(Role::Match),
        "-j" => Some(Role::Target),
        _ => None,
    };
    let name = before.arguments.clone().find_map(|at| words.get(at)?.known());
    let named = EXTENSIONS.iter().find(|own| Some(own.role) == role && Some(own.name) == name);
    if let Some(row) = named.and_then(|own| own.options.iter().find(|row| may_take(row, text))) {
        return Some(perhaps(&format!("{} {text}", row.name)));
    }
    if ONE_WORD.contains(&before.name.as_str()) {
        return Some(format!("`{}` takes one word", before.name));
    }
    if matches!(before.name.as_str(), "-s" | "-d") && super::address::padded(text).is_some() {
        return Some(format!("`{}` takes one word; several addresses are joined by commas", before.name));
    }
    let owners = EXTENSIONS.iter().filter(|extension| Some(extension.name) == before.extension.as_deref());
    let row = owners.filter_map(|extension| extension.option(&before.name)).next()?;
    if is_part(row, text) {
        return Some(format!("`{}` takes one word; the parts of a list are joined by commas", before.name));
    }
    let one = format!("`{}` takes one word", before.name);
    match row.kind {
        Kind::Text(..) => Some(format!("{one}; put quotes around a text with blanks")),
        _ => (row.kind.arity() == 1).then_some(one),
    }
}

/// Whether the word is no less than what the option takes, and most others would not be.
fn may_take(row: &OptionRow, text: &str) -> bool {
    let anywhere = Scope { family: Family::V4, protocol: Given::Nothing };
    let choosy = row.kind.arity() == 1 && !row.kind.is_free();
    text.split(',').all(|part| is_part(row, part)) || choosy && row.kind.read(&[text], anywhere).is_ok()
}

/// Whether the option takes a list, of which `text` could be a part.
fn is_part(row: &OptionRow, text: &str) -> bool {
    match row.kind {
        Kind::Set(all) | Kind::SetByBeginning(all) | Kind::LooseSet(all) | Kind::ExactSet(all) => all.contains(&text),
        Kind::TcpFlags | Kind::PortList => {
            let anywhere = Scope { family: Family::V4, protocol: Given::Nothing };
            row.kind.read(&[text, text], anywhere).is_ok()
        }
        _ => false,
    }
}

/// A rule number that is none.
pub(super) fn rule_number(text: &str, general: &General, place: Place) -> Diagnostic {
    let problem = error("invalid-value", place, format!("`{text}` is no rule number for `{}`", general.name()));
    let target = extensions::VERDICTS.contains(&text) || extensions::find(text, Role::Target, Family::V4).is_some();
    let help = match text {
        _ if target => Some(format!("write `-j {text}`")),
        "0" => Some("the first rule has the number 1".to_owned()),
        _ => None,
    };
    hinted(problem, help)
}
