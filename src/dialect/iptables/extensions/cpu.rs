//! The processor that handles the packet.

use super::{Extension, Kind, Meaning, OptionRow};

pub(super) static CPU: Extension = Extension::matching(
    "cpu",
    &[OptionRow::new("--cpu", Kind::Number(0, u32::MAX as u64)).negatable().required().meaning(Meaning::Opaque)],
);
