//! Whatever the bytes are, migration ends, and its output needs none itself, unless the report says so.

#![no_main]

use iptlint::analysis::{analyse, parse};
use iptlint::eval::{Program, Settings};
use iptlint::migrate::migrate;
use iptlint::text::{FileId, Source, Sources};
use libfuzzer_sys::fuzz_target;

/// The script for iptables, whether all of it was migrated, and whether `bytes` run ipchains.
fn migrated(bytes: &[u8]) -> Option<(Vec<u8>, bool, bool)> {
    let mut sources = Sources::default();
    let source = Source::new("input", bytes.to_vec());
    let tree = parse(&source, FileId(0), None);
    sources.add(source);
    let analysis = analyse(&sources, std::slice::from_ref(&tree), FileId(0), &Settings::default());
    let migration = migrate(&analysis).ok()?;
    let whole = migration.items.iter().all(|item| !item.person);
    Some((migration.text, whole, analysis.uses(Program::Ipchains)))
}

fuzz_target!(|bytes: &[u8]| {
    if let Some((text, true, _)) = migrated(bytes) {
        assert!(migrated(&text).is_none_or(|(_, _, old)| !old));
    }
});
