//! Whatever the bytes are, every lint ends, and every report can be written.

#![no_main]

use iptlint::analysis::{analyse, parse};
use iptlint::eval::Settings;
use iptlint::report::{Checked, concise::concise, human::human, json::json};
use iptlint::text::{FileId, Source, Sources};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut sources = Sources::default();
    let source = Source::new("input", bytes.to_vec());
    let tree = parse(&source, FileId(0), None);
    sources.add(source);
    let findings = {
        let mut analysis = analyse(&sources, std::slice::from_ref(&tree), FileId(0), &Settings::default());
        iptlint::lint::check(&mut analysis)
    };
    let checked = [Checked { sources, file: FileId(0), dialect: "iptables-sh", complete: true, findings, suppressed: 0, baselined: 0 }];
    let _ = (concise(&checked), human(&checked, true), json("iptlint", &checked, &[]));
});
