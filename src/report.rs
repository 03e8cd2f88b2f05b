//! Results as text and JSON: each format has a file of its own.

mod rules;

pub use rules::rules_json;
