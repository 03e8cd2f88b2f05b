//! A number of bytes that is used up.

use super::{Extension, Kind, Meaning, OptionRow};

pub(super) static QUOTA: Extension = Extension::matching(
    "quota",
    &[OptionRow::new("--quota", Kind::Number(0, u64::MAX)).negatable().required().meaning(Meaning::Stateful)],
);
