//! The hop limit of IPv6: testing and setting it.

use super::{Extension, Field, Kind, Needs, OptionRow};
use crate::model::Family;

const TESTS: &[&str] = &["--hl-eq", "--hl-lt", "--hl-gt"];
const CHANGES: &[&str] = &["--hl-set", "--hl-dec", "--hl-inc"];

pub(super) static HL_MATCH: Extension = Extension::matching(
    "hl",
    &[
        OptionRow::new("--hl-eq", Kind::Number(0, 255))
            .alias(&["--hl"])
            .negatable()
            .conflicts(TESTS)
            .field(Field::TimeToLive),
        OptionRow::new("--hl-lt", Kind::Number(0, 255)).conflicts(TESTS).field(Field::TimeToLive),
        OptionRow::new("--hl-gt", Kind::Number(0, 255)).conflicts(TESTS).field(Field::TimeToLive),
    ],
)
.of_family(&[Family::V6])
.needing(Needs::AnyOption);

pub(super) static HL_TARGET: Extension = Extension::target(
    "HL",
    &[
        OptionRow::new("--hl-set", Kind::Number(0, 255)).conflicts(CHANGES),
        OptionRow::new("--hl-dec", Kind::Number(1, 255)).conflicts(CHANGES),
        OptionRow::new("--hl-inc", Kind::Number(1, 255)).conflicts(CHANGES),
    ],
)
.of_family(&[Family::V6])
.in_tables(&["mangle"])
.needing(Needs::AnyOption);
