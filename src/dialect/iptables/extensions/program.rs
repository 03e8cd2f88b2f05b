//! Packets tested by a compiled program.

use super::{Extension, Kind, Meaning, Needs, OptionRow, Quoting};

const PROGRAMS: &[&str] = &["--bytecode", "--object-pinned"];

pub(super) static BPF: Extension = Extension::matching(
    "bpf",
    &[
        OptionRow::new("--bytecode", Kind::Bytecode).conflicts(PROGRAMS).meaning(Meaning::Opaque),
        OptionRow::new("--object-pinned", Kind::Text(511, Quoting::Never)).conflicts(PROGRAMS).meaning(Meaning::Opaque),
    ],
)
.needing(Needs::AnyOption);
