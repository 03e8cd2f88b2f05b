//! The connection tracking helper that expects the connection.

use super::{Extension, Kind, Meaning, OptionRow, Quoting};

pub(super) static HELPER: Extension = Extension::matching(
    "helper",
    &[OptionRow::new("--helper", Kind::Text(29, Quoting::AsNeeded)).negatable().required().meaning(Meaning::Opaque)],
);
