//! A remark that tests nothing.

use super::{Extension, Kind, OptionRow, Quoting};

pub(super) static COMMENT: Extension =
    Extension::matching("comment", &[OptionRow::new("--comment", Kind::Text(255, Quoting::AsNeeded)).required()]);
