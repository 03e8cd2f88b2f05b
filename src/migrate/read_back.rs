//! The output read back before anybody sees it.

use std::collections::BTreeMap;

use super::Item;
use crate::analysis::Analysis;
use crate::eval::Program;
use crate::text::Place;

/// What the analysis of the output shows: it must be well formed and hold no ipchains command.
pub(super) fn check(before: &Analysis<'_>, after: &Analysis<'_>) -> Vec<Item> {
    let source = after.sources.get(after.file);
    let mut left: BTreeMap<usize, String> = BTreeMap::new();
    for (_, step, invocation) in after.invocations().filter(|(_, step, _)| step.place.file == after.file) {
        if matches!(invocation.program, Program::Ipchains | Program::IpchainsSave | Program::IpchainsRestore) {
            left.insert(source.line(step.place.span.start), source.text(step.place.span).into_owned());
        }
    }
    let item = |message: String| Item { place: Place::default(), message, person: true };
    let ipchains = left.into_iter().map(|(line, text)| {
        let first = text.lines().next().unwrap_or_default();
        item(format!("line {line} of the output still runs ipchains: {first}"))
    });
    let problems = |own: &Analysis<'_>| own.tree().map_or(0, |tree| tree.problems.len());
    let broken = (problems(after) > problems(before)).then(|| match problems(before) {
        0 => "the output is not well formed; please report this",
        _ => "the script is not well formed, and its migration less so; mend the script first",
    });
    ipchains.chain(broken.map(|message| item(message.to_owned()))).collect()
}
