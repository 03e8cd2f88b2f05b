//! The output read back before anybody sees it.

use std::collections::BTreeMap;

use super::mentions::Mentions;
use super::names::Script;
use super::roles::variable;
use super::{Item, sites};
use crate::analysis::Analysis;
use crate::eval::{Invocation, Program};
use crate::text::Place;

/// What the analysis of the output shows: it must be well formed and hold no ipchains command, also in the texts that a
/// shell reads on this host.
pub(super) fn check(before: &Analysis<'_>, after: &Analysis<'_>) -> Vec<Item> {
    let source = after.sources.get(after.file);
    let mut left: BTreeMap<usize, String> = BTreeMap::new();
    // Of these variables is told where the old commands stand.
    let kept = before.tree().map(|tree| Script::new(before, tree.root()).variables_kept()).unwrap_or_default();
    let is_told =
        |own: &Invocation| variable(&after.sources.text(own.name)).is_some_and(|name| kept.contains_key(&name));
    for (_, step, invocation) in after.invocations().filter(|(_, step, _)| step.place.file == after.file) {
        let ours = [Program::Ipchains, Program::IpchainsSave, Program::IpchainsRestore];
        if ours.contains(&invocation.program) && !is_told(invocation) {
            left.insert(source.line(step.place.span.start), source.text(step.place.span).into_owned());
        }
    }
    if let Some(tree) = after.tree() {
        let script = Script::new(after, tree.root());
        let sites = sites::all(tree.root(), source.view());
        for (span, text) in Mentions::of(after, tree.root(), &script).run_here(&sites) {
            left.insert(source.line(span.start), text);
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
