//! A local socket that the packet belongs to.

use super::{Extension, Kind, Meaning, OptionRow};

pub(super) static SOCKET: Extension = Extension::matching(
    "socket",
    &[
        OptionRow::new("--transparent", Kind::Switch).meaning(Meaning::Opaque),
        OptionRow::new("--nowildcard", Kind::Switch).meaning(Meaning::Opaque),
        OptionRow::new("--restore-skmark", Kind::Switch).meaning(Meaning::Opaque),
    ],
)
.in_hooks(&["PREROUTING", "INPUT"]);
