//! Groups of network interfaces.

use super::{Constraint, Extension, Kind, Meaning, Needs, OptionRow};

pub(super) static DEVGROUP: Extension = Extension::matching(
    "devgroup",
    &[
        OptionRow::new("--src-group", Kind::Group).negatable().meaning(Meaning::Opaque),
        OptionRow::new("--dst-group", Kind::Group).negatable().meaning(Meaning::Opaque),
    ],
)
.needing(Needs::AnyOption)
.constrained(&[
    Constraint::Hooks { option: ("--src-group", ""), hooks: &["PREROUTING", "INPUT", "FORWARD"], unless: "" },
    Constraint::Hooks { option: ("--dst-group", ""), hooks: &["FORWARD", "OUTPUT", "POSTROUTING"], unless: "" },
]);
