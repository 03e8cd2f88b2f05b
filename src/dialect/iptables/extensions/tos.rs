//! The type of service byte: testing and setting it.

use super::{Change, Extension, Field, Kind, Needs, OptionRow};

pub(super) static TOS_MATCH: Extension =
    Extension::matching("tos", &[OptionRow::new("--tos", Kind::Tos).negatable().required().field(Field::Tos)]);

const CHANGES: &[&str] = &["--set-tos", "--and-tos", "--or-tos", "--xor-tos"];

pub(super) static TOS_TARGET: Extension = Extension::target(
    "TOS",
    &[
        OptionRow::new("--set-tos", Kind::TosChange(Change::SetXor)).conflicts(CHANGES),
        OptionRow::new("--and-tos", Kind::TosChange(Change::And)).stands_for(&["--set-tos"]).conflicts(CHANGES),
        OptionRow::new("--or-tos", Kind::TosChange(Change::Or)).stands_for(&["--set-tos"]).conflicts(CHANGES),
        OptionRow::new("--xor-tos", Kind::TosChange(Change::Xor)).stands_for(&["--set-tos"]).conflicts(CHANGES),
    ],
)
.in_tables(&["mangle"])
.needing(Needs::AnyOption);
