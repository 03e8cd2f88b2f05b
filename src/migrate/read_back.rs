//! The output read back before anybody sees it.

use std::collections::BTreeMap;

use super::{Item, Migration};
use crate::analysis;
use crate::eval::{Program, Settings};
use crate::text::{FileId, Place, Source, Sources};

/// Reads the output with the project's own parsers: it must be well formed and hold no ipchains command.
pub(super) fn check(migration: &mut Migration, old: &Source) {
    let mut sources = Sources::default();
    let file = sources.add(Source::new(old.path(), migration.text.clone()));
    let trees = [analysis::parse(sources.get(file), file, None)];
    let analysis = analysis::analyse(&sources, &trees, file, &Settings::default());
    let mut left: BTreeMap<usize, String> = BTreeMap::new();
    for (_, step, invocation) in analysis.invocations() {
        if matches!(invocation.program, Program::Ipchains | Program::IpchainsSave | Program::IpchainsRestore) {
            let line = sources.get(FileId(0)).line(step.place.span.start);
            left.insert(line, sources.text(step.place).into_owned());
        }
    }
    for (line, text) in left {
        let message =
            format!("line {line} of the output still runs ipchains: {}", text.lines().next().unwrap_or_default());
        migration.items.push(Item { place: Place::default(), message, person: true });
    }
    let before = analysis::parse(old, file, None).problems.len();
    if trees[0].problems.len() > before {
        let message = match before {
            0 => "the output is not well formed; please report this",
            _ => "the script is not well formed, and its migration less so; mend the script first",
        };
        let message = message.to_owned();
        migration.items.push(Item { place: Place::default(), message, person: true });
    }
}
