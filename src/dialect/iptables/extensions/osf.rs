//! Guessing the sender's system from how it opens a connection.

use super::{Extension, Kind, Meaning, OptionRow, Quoting};
use crate::model::Family;

pub(super) static OSF: Extension = Extension::matching(
    "osf",
    &[
        OptionRow::new("--genre", Kind::Text(31, Quoting::Never)).negatable().required().meaning(Meaning::Opaque),
        OptionRow::new("--ttl", Kind::Number(0, 2)),
        OptionRow::new("--log", Kind::Number(0, 2)),
    ],
)
.of_family(&[Family::V4])
.for_protocols(&[6])
.in_hooks(&["PREROUTING", "INPUT", "FORWARD"]);
