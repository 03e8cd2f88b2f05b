//! Labels of connections.

use super::{Extension, Kind, Meaning, OptionRow};

// Names of labels stand in a file of the machine, and are written as their numbers where it has none.
pub(super) static CONNLABEL: Extension = Extension::matching(
    "connlabel",
    &[
        OptionRow::new("--label", Kind::QuotedNumber(127)).negatable().required().meaning(Meaning::Opaque),
        OptionRow::new("--set", Kind::Switch).meaning(Meaning::Opaque),
    ],
);
