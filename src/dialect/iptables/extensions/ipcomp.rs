//! The parameter index of compressed payloads.

use super::{Extension, Kind, Meaning, OptionRow};

pub(super) static IPCOMP: Extension = Extension::matching(
    "ipcomp",
    &[
        OptionRow::new("--ipcompspi", Kind::Range(u32::MAX as u64))
            .negatable()
            .full_range(&["0:4294967295"])
            .added_as("0", &[], &[])
            .meaning(Meaning::Opaque),
        OptionRow::new("--compres", Kind::Switch).meaning(Meaning::Opaque),
    ],
)
.for_protocols(&[108]);
