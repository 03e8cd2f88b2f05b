//! The ports of a bridge.

use super::{Extension, Kind, Meaning, Needs, OptionRow};

pub(super) static PHYSDEV: Extension = Extension::matching(
    "physdev",
    &[
        OptionRow::new("--physdev-is-in", Kind::Switch).negatable().meaning(Meaning::Opaque),
        OptionRow::new("--physdev-in", Kind::Interface).negatable().meaning(Meaning::Opaque),
        OptionRow::new("--physdev-is-out", Kind::Switch).negatable().meaning(Meaning::Opaque),
        OptionRow::new("--physdev-out", Kind::Interface).negatable().meaning(Meaning::Opaque),
        OptionRow::new("--physdev-is-bridged", Kind::Switch).negatable().meaning(Meaning::Opaque),
    ],
)
.needing(Needs::AnyOption);
