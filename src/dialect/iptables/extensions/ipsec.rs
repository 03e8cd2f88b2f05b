//! The security parameter index of AH and ESP.

use super::{Extension, Kind, Meaning, OptionRow};
use crate::model::Family;

const HIGHEST: u64 = u32::MAX as u64;

pub(super) static ESP: Extension = Extension::matching(
    "esp",
    &[OptionRow::new("--espspi", Kind::Range(HIGHEST))
        .negatable()
        .full_range(&["0:4294967295"])
        .meaning(Meaning::Opaque)],
)
.for_protocols(&[50]);

pub(super) static AH: Extension = Extension::matching(
    "ah",
    &[OptionRow::new("--ahspi", Kind::Range(HIGHEST))
        .negatable()
        .full_range(&["0:4294967295"])
        .meaning(Meaning::Opaque)],
)
.of_family(&[Family::V4])
.for_protocols(&[51]);
