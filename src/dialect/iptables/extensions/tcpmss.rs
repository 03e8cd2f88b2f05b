//! The largest segment that TCP connections agree on.

use super::{Constraint, Extension, Kind, Meaning, Needs, OptionRow};

pub(super) static TCPMSS: Extension = Extension::target(
    "TCPMSS",
    &[OptionRow::new("--set-mss", Kind::Number(0, 65_515)), OptionRow::new("--clamp-mss-to-pmtu", Kind::Switch)],
)
.for_protocols(&[6])
.needing(Needs::AnyOption)
.constrained(&[Constraint::Hooks {
    option: ("--clamp-mss-to-pmtu", ""),
    hooks: &["FORWARD", "OUTPUT", "POSTROUTING"],
    unless: "",
}]);

pub(super) static TCPMSS_MATCH: Extension = Extension::matching(
    "tcpmss",
    &[OptionRow::new("--mss", Kind::Range(65_535)).negatable().required().meaning(Meaning::Opaque)],
)
.for_protocols(&[6]);
