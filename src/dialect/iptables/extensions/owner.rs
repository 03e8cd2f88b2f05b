//! The local process that sends a packet.

use super::{Extension, Kind, Meaning, Needs, OptionRow};

pub(super) static OWNER: Extension = Extension::matching(
    "owner",
    &[
        OptionRow::new("--socket-exists", Kind::Switch).negatable().meaning(Meaning::Opaque),
        OptionRow::new("--uid-owner", Kind::Owner).negatable().meaning(Meaning::Opaque),
        OptionRow::new("--gid-owner", Kind::Owner).negatable().meaning(Meaning::Opaque),
        OptionRow::new("--suppl-groups", Kind::Switch).after("--gid-owner"),
    ],
)
.in_hooks(&["OUTPUT", "POSTROUTING"])
.needing(Needs::OneOf(&["--uid-owner", "--gid-owner", "--socket-exists"]));
