//! One line a finding, as compilers write them: `path:line:column: severity: message [code]`.
//!
//! The message ends with the condition under which the finding holds, where there is one.

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
        let condition = finding.related.iter().find(|related| related.is_condition);
        let condition = condition.map(|related| format!(", {}", related.message)).unwrap_or_default();
        let (severity, message) = (finding.severity.name(), &finding.message);
        let place = format!("{}:{}:{}", source.path(), at.line, at.column);
        let line = format!("{place}: {severity}: {message}{condition} [{}]", finding.code);
        out.push_str(&visible(&line));
        out.push('\n');
    }
    out
}
