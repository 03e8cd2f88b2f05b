//! Placeholders of templates, such as `@EXTIP@`.

use crate::model::{Unknown, Value};

/// Whether a text holds a placeholder of a template, such as `@EXTIP@`.
pub(super) fn has_placeholder(text: &str) -> bool {
    text.contains('@') && placeholders(text).known().is_none()
}

/// The text with its placeholders as unknowns: whoever fills in the template decides them.
pub(super) fn placeholders(text: &str) -> Value {
    let mut value = Value::empty();
    let mut rest = text;
    while let Some(start) = rest.find('@') {
        let (before, from) = rest.split_at(start);
        let name = from.get(1..).and_then(|name| name.split('@').next()).unwrap_or_default();
        let closed = from.get(name.len() + 1..).is_some_and(|after| after.starts_with('@'));
        let plain = !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        value.push_str(before);
        if closed && plain {
            let (placeholder, behind) = from.split_at(name.len() + 2);
            value.push(&Value::unknown(Unknown { name: placeholder.into(), id: 0, single: false }));
            rest = behind;
        } else {
            value.push_str("@");
            rest = from.get(1..).unwrap_or_default();
        }
    }
    value.push_str(rest);
    value
}
