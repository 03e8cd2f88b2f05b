//! The routing realm.

use super::{Extension, Kind, Meaning, OptionRow};
use crate::model::Family;

pub(super) static REALM: Extension = Extension::matching(
    "realm",
    &[OptionRow::new("--realm", Kind::Realm).negatable().required().meaning(Meaning::Opaque)],
)
.of_family(&[Family::V4])
.in_hooks(&["INPUT", "FORWARD", "OUTPUT", "POSTROUTING"]);
