//! Connection state, in the old and the new spelling.

use super::{Extension, Field, Kind, OptionRow};

pub(super) static STATE: Extension = Extension::matching(
    "state",
    &[OptionRow::new("--state", Kind::SetByBeginning(&["INVALID", "NEW", "RELATED", "ESTABLISHED", "UNTRACKED"]))
        .negatable()
        .required()
        .field(Field::ConnectionState)],
);
