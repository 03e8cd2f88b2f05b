//! Names of findings that survive edits elsewhere in the file.

use std::collections::HashMap;

use super::Checked;
use crate::diag::Diagnostic;
use crate::text::Sources;

/// The fingerprint of each finding, in their order.
pub fn fingerprints(checked: &Checked) -> Vec<String> {
    let mut occurrences = HashMap::new();
    checked.findings.iter().map(|finding| fingerprint(finding, &checked.sources, &mut occurrences)).collect()
}

/// Stays the same while the line does: a hash of the lint, the line's text and how often both were there before.
fn fingerprint(finding: &Diagnostic, sources: &Sources, occurrences: &mut HashMap<u64, u64>) -> String {
    let source = sources.get(finding.place.file);
    let line = source.bytes().get(source.line_span(finding.place.span.start).range()).unwrap_or_default();
    let own = fnv(fnv(fnv(FNV_START, finding.code.as_bytes()), b"\n"), line.trim_ascii());
    let occurrence = occurrences.entry(own).or_default();
    let hash = fnv(own, &occurrence.to_le_bytes());
    *occurrence += 1;
    format!("{hash:016x}")
}

const FNV_START: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a: the standard library's hash may change from one release to the next.
fn fnv(start: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(start, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}
