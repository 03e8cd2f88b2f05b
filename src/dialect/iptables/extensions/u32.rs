//! Tests of any four bytes of the packet, in a small language.

use super::{Extension, Kind, Meaning, OptionRow};

pub(super) static U32: Extension = Extension::matching(
    "u32",
    &[OptionRow::new("--u32", Kind::ByteTests).negatable().required().meaning(Meaning::Opaque)],
);
