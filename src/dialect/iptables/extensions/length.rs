//! The length of the packet.

use super::{Extension, Field, Kind, OptionRow};

pub(super) static LENGTH: Extension = Extension::matching(
    "length",
    &[OptionRow::new("--length", Kind::Range(65_535)).negatable().required().field(Field::Length)],
);
