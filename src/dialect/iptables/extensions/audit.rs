//! Records in the audit log.

use super::{Case, Extension, Kind, OptionRow};

const TYPES: &[(&str, &str)] = &[("accept", "accept"), ("drop", "drop"), ("reject", "reject")];

pub(super) static AUDIT: Extension =
    Extension::target("AUDIT", &[OptionRow::new("--type", Kind::Choice(TYPES, Case::Folded)).required()]);
