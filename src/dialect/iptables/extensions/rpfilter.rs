//! Whether a reply would leave where the packet came in.

use super::{Extension, Kind, Meaning, OptionRow};

pub(super) static RPFILTER: Extension = Extension::matching(
    "rpfilter",
    &[
        OptionRow::new("--loose", Kind::Switch).meaning(Meaning::Opaque),
        OptionRow::new("--validmark", Kind::Switch).meaning(Meaning::Opaque),
        OptionRow::new("--accept-local", Kind::Switch).meaning(Meaning::Opaque),
        OptionRow::new("--invert", Kind::Switch).meaning(Meaning::Opaque),
    ],
)
.in_tables(&["raw", "mangle"])
.in_hooks(&["PREROUTING"]);
