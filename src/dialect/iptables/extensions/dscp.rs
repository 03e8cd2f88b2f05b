//! The DiffServ code point: testing and setting it.

use super::{Extension, Kind, Meaning, Needs, OptionRow};

pub(super) static DSCP_MATCH: Extension = Extension::matching(
    "dscp",
    &[
        OptionRow::new("--dscp", Kind::Hexadecimal(63, 2))
            .negatable()
            .conflicts(&["--dscp-class"])
            .meaning(Meaning::Opaque),
        OptionRow::new("--dscp-class", Kind::DscpClass)
            .stands_for(&["--dscp"])
            .negatable()
            .conflicts(&["--dscp"])
            .meaning(Meaning::Opaque),
    ],
)
.needing(Needs::AnyOption);

pub(super) static DSCP_TARGET: Extension = Extension::target(
    "DSCP",
    &[
        OptionRow::new("--set-dscp", Kind::Hexadecimal(63, 2)).conflicts(&["--set-dscp-class"]),
        OptionRow::new("--set-dscp-class", Kind::DscpClass).stands_for(&["--set-dscp"]).conflicts(&["--set-dscp"]),
    ],
)
.in_tables(&["mangle"])
.needing(Needs::AnyOption);
