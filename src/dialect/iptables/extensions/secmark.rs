//! Security marks of packets and connections.

use super::{Extension, Kind, Needs, OptionRow, Quoting};

const TABLES: &[&str] = &["mangle", "security"];

pub(super) static SECMARK: Extension =
    Extension::target("SECMARK", &[OptionRow::new("--selctx", Kind::Text(255, Quoting::Never)).required()])
        .in_tables(TABLES);

pub(super) static CONNSECMARK: Extension = Extension::target(
    "CONNSECMARK",
    &[
        OptionRow::new("--save", Kind::Switch).conflicts(&["--restore"]),
        OptionRow::new("--restore", Kind::Switch).conflicts(&["--save"]),
    ],
)
.in_tables(TABLES)
.needing(Needs::AnyOption);
