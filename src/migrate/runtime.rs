//! The shell function that translates a command while the script runs.

use super::layout::{Layout, Side};
use super::render::Renamed;
use super::{Script, outcome};
use crate::analysis::Analysis;
use crate::text::Edit;

/// The function, in POSIX shell.
const FUNCTION: &str = include_str!("from_ipchains.sh");

/// The line of the function that says which program it runs.
const PROGRAM_LINE: &str = ": \"${FROM_IPCHAINS:=iptables}\"";

/// How the script itself calls iptables.
pub(super) fn default_program(analysis: &Analysis<'_>) -> String {
    match analysis.tree() {
        Some(tree) => outcome::program_text(analysis, &Script::new(analysis, &tree.root).program_variables()),
        None => "iptables".to_owned(),
    }
}

/// Puts the function before the first command of the script, behind its opening comments.
pub(super) fn insertion(analysis: &Analysis<'_>, text: &Renamed<'_>, layout: &Layout<'_>) -> Edit {
    let program = default_program(analysis);
    let function = FUNCTION.replace(PROGRAM_LINE, &format!(": \"${{FROM_IPCHAINS:={program}}}\""));
    let out: Vec<String> = layout.user_chains().filter(|chain| !layout.sides(chain).contains(&Side::Input)).collect();
    let chains = if out.is_empty() { String::new() } else { format!("_fi_out_chains=\"{}\"\n", out.join(" ")) };
    at_the_top(text, &format!("{}\n{chains}", function.trim_end()))
}

/// The function that finds devices by their addresses, in the same place.
pub(super) fn masqueraded_from(text: &Renamed<'_>) -> Edit {
    at_the_top(text, include_str!("masqueraded_from.sh"))
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
