//! The sender's hardware address.

use super::{Extension, Kind, Meaning, OptionRow};

pub(super) static MAC: Extension = Extension::matching(
    "mac",
    &[OptionRow::new("--mac-source", Kind::Mac).negatable().required().meaning(Meaning::Opaque)],
)
.in_hooks(&["PREROUTING", "INPUT", "FORWARD"]);
