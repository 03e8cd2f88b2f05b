//! The control group of the sending or receiving process.

use super::{Extension, Kind, Meaning, Needs, OptionRow, Quoting};

pub(super) static CGROUP: Extension = Extension::matching(
    "cgroup",
    &[
        OptionRow::new("--path", Kind::Text(4095, Quoting::Always))
            .negatable()
            .conflicts(&["--cgroup"])
            .meaning(Meaning::Opaque),
        OptionRow::new("--cgroup", Kind::Number(0, u32::MAX as u64))
            .negatable()
            .conflicts(&["--path"])
            .meaning(Meaning::Opaque),
    ],
)
.in_hooks(&["INPUT", "OUTPUT", "POSTROUTING"])
.needing(Needs::AnyOption);
