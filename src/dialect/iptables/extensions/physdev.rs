//! The ports of a bridge.

use super::{Constraint, Extension, Kind, Meaning, Needs, OptionRow};

/// A packet of this machine has no port of a bridge to leave by while it is in OUTPUT.
const NOT_OUTPUT: &[&str] = &["PREROUTING", "INPUT", "FORWARD", "POSTROUTING"];

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
.needing(Needs::AnyOption)
.constrained(&[
    Constraint::Hooks { option: ("--physdev-out", ""), hooks: NOT_OUTPUT, unless: "--physdev-is-bridged" },
    Constraint::Hooks { option: ("--physdev-is-out", ""), hooks: NOT_OUTPUT, unless: "--physdev-is-bridged" },
]);
