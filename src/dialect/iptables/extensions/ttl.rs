//! Time to live: testing and setting it.

use super::{Extension, Field, Kind, Needs, OptionRow};
use crate::model::Family;

const TESTS: &[&str] = &["--ttl-eq", "--ttl-lt", "--ttl-gt"];
const CHANGES: &[&str] = &["--ttl-set", "--ttl-dec", "--ttl-inc"];

pub(super) static TTL_MATCH: Extension = Extension::matching(
    "ttl",
    &[
        OptionRow::new("--ttl-eq", Kind::Number(0, 255))
            .alias(&["--ttl"])
            .negatable()
            .conflicts(TESTS)
            .field(Field::TimeToLive),
        OptionRow::new("--ttl-lt", Kind::Number(0, 255)).conflicts(TESTS).field(Field::TimeToLive),
        OptionRow::new("--ttl-gt", Kind::Number(0, 255)).conflicts(TESTS).field(Field::TimeToLive),
    ],
)
.of_family(&[Family::V4])
.needing(Needs::AnyOption);

pub(super) static TTL_TARGET: Extension = Extension::target(
    "TTL",
    &[
        OptionRow::new("--ttl-set", Kind::Number(0, 255)).conflicts(CHANGES),
        OptionRow::new("--ttl-dec", Kind::Number(1, 255)).conflicts(CHANGES),
        OptionRow::new("--ttl-inc", Kind::Number(1, 255)).conflicts(CHANGES),
    ],
)
.of_family(&[Family::V4])
.in_tables(&["mangle"])
.needing(Needs::AnyOption);
