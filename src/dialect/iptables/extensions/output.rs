//! Priority and checksum of packets that leave.

use super::{Extension, Kind, OptionRow};

pub(super) static CLASSIFY: Extension =
    Extension::target("CLASSIFY", &[OptionRow::new("--set-class", Kind::ClassId).required()]).in_hooks(&[
        "FORWARD",
        "OUTPUT",
        "POSTROUTING",
    ]);

pub(super) static CHECKSUM: Extension =
    Extension::target("CHECKSUM", &[OptionRow::new("--checksum-fill", Kind::Switch).required()]).in_tables(&["mangle"]);
