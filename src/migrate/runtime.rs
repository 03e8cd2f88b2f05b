//! The shell function that translates a command while the script runs.

use std::collections::BTreeSet;

use super::layout::{Layout, Side, Stage};
use super::program::default_program;
use super::render::Renamed;
use super::roles::unquoted;
use super::route::Route;
use crate::analysis::Analysis;
use crate::eval::MASQUERADED_FROM;
use crate::text::Edit;

/// The function, in POSIX shell.
const FUNCTION: &str = include_str!("from_ipchains.sh");

/// The line of the function that says which program it runs.
const PROGRAM_LINE: &str = ": \"${FROM_IPCHAINS:=iptables}\"";

/// The function that knows what a target is in iptables.
const TARGET: &str = "iptables_target";

/// The function that says that a word has another value than those that were translated.
const NO_TRANSLATION: &str = "no_translation";

/// Its text.
pub(super) const NO_TRANSLATION_FUNCTION: &str = "\
# no_translation VALUE: says that commands are left out here, which are written for other values than this one.
no_translation() { echo \"no translation for the value '$1'\" >&2; }
";

/// The command for a value that was not translated.
pub(super) fn no_translation(value: &str) -> String {
    format!("{NO_TRANSLATION} {value}")
}

/// What follows `-j` in a rule of `stage` where the variable `text` holds the target.
pub(super) fn target(stage: Stage, text: &str) -> String {
    format!("$({TARGET} {} \"{}\")", stage.name(), unquoted(text))
}

/// What follows `-P` where the variable `text` holds the policy.
pub(super) fn policy(text: &str) -> String {
    format!("$({TARGET} policy \"{}\")", unquoted(text))
}

/// Whether a word of the output asks what a target is.
pub(super) fn asks(text: &str) -> bool {
    text.contains(&format!("$({TARGET} "))
}

/// The function that knows what a target is in iptables, as far as `edits` ask it, or all of it where a command is
/// translated when it runs.
fn target_function(route: &Route, edits: &[Edit], translates: bool) -> Option<String> {
    let asked = |name: &str| translates || edits.iter().any(|edit| edit.text.contains(&format!("$({TARGET} {name} ")));
    let stages: Vec<Stage> = Stage::ALL.into_iter().filter(|stage| asked(stage.name())).collect();
    let mut rows: Vec<(String, Vec<String>)> = Vec::new();
    let mut add = |what: String, pattern: String| match rows.iter_mut().find(|(known, _)| *known == what) {
        Some((_, patterns)) => patterns.push(pattern),
        None => rows.push((what, vec![pattern])),
    };
    for target in ["ACCEPT", "DENY", "REJECT"] {
        for stage in &stages {
            add(route.verdict(target, *stage).join(" "), format!("{},{target}", stage.name()));
        }
    }
    if stages.contains(&Stage::Forward) && route.masquerades() {
        add(route.verdict("MASQ", Stage::Forward).join(" "), format!("{},MASQ", Stage::Forward.name()));
    }
    if asked("policy") {
        add("ACCEPT".to_owned(), "policy,ACCEPT".to_owned());
        add("DROP".to_owned(), "policy,DENY | policy,REJECT".to_owned());
    } else if stages.is_empty() {
        return None;
    }
    let row = |(what, patterns): &(String, Vec<String>)| format!("    {}) echo {what} ;;\n", patterns.join(" | "));
    let rows: String = rows.iter().map(row).collect();
    Some(format!(
        "# {TARGET} PLACE TARGET: what a target of ipchains is in iptables, by where its rule stands. For one\n\
         # that is not known here it gives nothing, so that iptables refuses the rule.\n\
         {TARGET}() {{\n    case $1,$2 in\n{rows}    *) echo \"{TARGET}: no translation for the target '$2'\" >&2 ;;\n    esac\n}}\n"
    ))
}

/// The functions that the output needs, before the first command of the script and behind its opening
/// comments: the one that translates, and the one that finds devices by their addresses.
pub(super) fn functions(
    analysis: &Analysis<'_>,
    text: &Renamed<'_>,
    layout: &Layout<'_>,
    (translates, asks_devices): (bool, bool),
    edits: &[Edit],
) -> Option<Edit> {
    let program = default_program(analysis);
    let mut functions = Vec::new();
    if translates {
        let function = FUNCTION.replace(PROGRAM_LINE, &format!(": \"${{FROM_IPCHAINS:={program}}}\""));
        functions.push(format!("{}\n{}", function.trim_end(), tables(layout)));
    }
    if asks_devices {
        functions.push(MASQUERADED_FROM.to_owned());
    }
    functions.extend(target_function(&layout.route, edits, translates));
    let asked = edits.iter().any(|edit| edit.text.contains(&no_translation("")));
    functions.extend(asked.then(|| NO_TRANSLATION_FUNCTION.to_owned()));
    (!functions.is_empty()).then(|| at_the_top(text, &functions.join("\n")))
}

/// The chains that stand for others, and the rules that are policies, for the function to read.
fn tables(layout: &Layout<'_>) -> String {
    let builtin = Side::ALL.map(|side| side.chain().to_owned());
    let mut copies = Vec::new();
    for chain in builtin.into_iter().chain(layout.user_chains()) {
        let mut names = BTreeSet::new();
        for stage in layout.stages(&chain) {
            let name = layout.filter_name(&chain, stage);
            let first = layout.route.ahead(&name) + 1;
            if names.insert(name.clone()) {
                copies.push(format!("{chain}/{}/{name}/{first}", stage.name()));
            }
        }
    }
    let joints = layout.route.joints().into_iter().map(|joint| {
        format!("{}/{}/{}/{}", joint.stage.side().chain(), joint.stage.name(), joint.chain, joint.policy_number())
    });
    let lists = [("copies", copies), ("joints", joints.collect::<Vec<_>>())];
    let lists = lists.into_iter().filter(|(_, entries)| !entries.is_empty());
    lists.map(|(name, entries)| format!("_fi_{name}=\"{}\"\n", entries.join(" "))).collect()
}

fn at_the_top(text: &Renamed<'_>, functions: &str) -> Edit {
    let view = text.source.view();
    let mut at = if view.starts_with('\u{FEFF}') { '\u{FEFF}'.len_utf8() } else { 0 };
    for line in view.get(at..).unwrap_or_default().split_inclusive('\n') {
        if !line.starts_with('#') {
            break;
        }
        at += line.len();
    }
    let gap = if view.get(..at).is_none_or(|before| before.is_empty() || before.ends_with('\n')) { "" } else { "\n" };
    Edit::insert(at as u32, format!("{gap}\n{functions}\n"))
}
