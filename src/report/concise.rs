//! One line a finding, as compilers write them: `path:line:column: severity: message [code]`.

use super::{Checked, visible};

/// The findings of `checked`, one a line.
pub fn concise(checked: &[Checked]) -> String {
    checked.iter().map(file).collect()
}

fn file(checked: &Checked) -> String {
    let mut out = String::new();
    for finding in &checked.findings {
        let source = checked.sources.get(finding.place.file);
        let at = source.position(finding.place.span.start);
        let line = format!(
            "{}:{}:{}: {}: {} [{}]",
            source.path(),
            at.line,
            at.column,
            finding.severity.name(),
            finding.message,
            finding.code
        );
        out.push_str(&visible(&line));
        out.push('\n');
    }
    out
}
