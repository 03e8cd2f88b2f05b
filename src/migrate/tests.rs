//! Small scripts and what becomes of them, as somebody who knows both programs would write it.

mod commands;
mod copies;
mod forwarded;
mod functions;
mod left;
mod masqueraded;
mod numbers;
mod policies;
mod texts;
mod unknown;
mod variables;

use crate::analysis::{analyse, parse};
use crate::eval::Settings;
use crate::packet::Kernel;
use crate::text::{Source, Sources};

use super::{Item, Options, draft, runtime};

fn run(script: &str) -> (String, Vec<Item>) {
    run_with(Options::default(), script)
}

fn run_with(options: Options, script: &str) -> (String, Vec<Item>) {
    let mut sources = Sources::default();
    let file = sources.add(Source::new("f", script.as_bytes().to_vec()));
    let trees = [parse(sources.get(file), file, None)];
    let analysis = analyse(&sources, &trees, file, &Settings::default());
    let mut output = Sources::default();
    let draft = draft(&analysis, options).unwrap();
    let file = output.add(Source::new("f", draft.text().to_vec()));
    let trees = [parse(output.get(file), file, None)];
    let after = analyse(&output, &trees, file, &Settings::default());
    let migration = draft.read_back(&analysis, &after);
    (String::from_utf8(migration.text).unwrap(), migration.items)
}

/// The output of a script of which nothing is left to a person or to the run.
#[track_caller]
fn migrated(script: &str) -> String {
    let (text, items) = run(script);
    assert!(items.iter().all(|item| !item.person), "{items:?}");
    assert!(!text.contains("from_ipchains"), "{text}");
    text
}

/// The same for one of the kernels.
#[track_caller]
fn migrated_for(kernel: Kernel, script: &str) -> String {
    let (text, items) = run_with(Options { kernel, ..Options::default() }, script);
    assert!(items.iter().all(|item| !item.person), "{items:?}");
    text
}

/// The same on a host that forwards nothing, so that input and output are no matter of FORWARD.
#[track_caller]
fn closed(script: &str) -> String {
    let text = migrated(&format!("ipchains -P forward DENY\n{script}"));
    let text = text.replacen(&format!("\n{}\n", runtime::NO_TRANSLATION_FUNCTION), "", 1);
    text.strip_prefix("iptables -P FORWARD DROP\n").unwrap_or(&text).to_owned()
}
