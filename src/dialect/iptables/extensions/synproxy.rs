//! Answers to connections before the server sees them.

use super::{Extension, Kind, OptionRow};

pub(super) static SYNPROXY: Extension = Extension::target(
    "SYNPROXY",
    &[
        OptionRow::new("--sack-perm", Kind::Switch),
        OptionRow::new("--timestamp", Kind::Switch),
        OptionRow::new("--wscale", Kind::LowBits(8)),
        OptionRow::new("--mss", Kind::LowBits(16)),
        OptionRow::new("--ecn", Kind::Switch),
    ],
)
.for_protocols(&[6])
.in_hooks(&["INPUT", "FORWARD"]);
