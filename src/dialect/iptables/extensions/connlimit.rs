//! The number of connections of a host or network.

use super::{Extension, Kind, Meaning, Needs, OptionRow};
use crate::model::Family;

pub(super) static CONNLIMIT: Extension = Extension::matching(
    "connlimit",
    &[
        OptionRow::new("--connlimit-upto", Kind::Number(0, u32::MAX as u64))
            .opposite("--connlimit-above")
            .conflicts(&["--connlimit-above"])
            .meaning(Meaning::Stateful),
        OptionRow::new("--connlimit-above", Kind::Number(0, u32::MAX as u64))
            .opposite("--connlimit-upto")
            .conflicts(&["--connlimit-upto"])
            .meaning(Meaning::Stateful),
        OptionRow::new("--connlimit-mask", Kind::PrefixLength(32)).added_as("32", &[], &[]),
        OptionRow::new("--connlimit-saddr", Kind::Switch).conflicts(&["--connlimit-daddr"]).added_as(
            "",
            &[],
            &["--connlimit-daddr"],
        ),
        OptionRow::new("--connlimit-daddr", Kind::Switch).conflicts(&["--connlimit-saddr"]),
    ],
)
.of_family(&[Family::V4])
.needing(Needs::OneOf(&["--connlimit-upto", "--connlimit-above"]));

pub(super) static CONNLIMIT_V6: Extension = Extension::matching(
    "connlimit",
    &[
        OptionRow::new("--connlimit-upto", Kind::Number(0, u32::MAX as u64))
            .opposite("--connlimit-above")
            .conflicts(&["--connlimit-above"])
            .meaning(Meaning::Stateful),
        OptionRow::new("--connlimit-above", Kind::Number(0, u32::MAX as u64))
            .opposite("--connlimit-upto")
            .conflicts(&["--connlimit-upto"])
            .meaning(Meaning::Stateful),
        OptionRow::new("--connlimit-mask", Kind::PrefixLength(128)).added_as("128", &[], &[]),
        OptionRow::new("--connlimit-saddr", Kind::Switch).conflicts(&["--connlimit-daddr"]).added_as(
            "",
            &[],
            &["--connlimit-daddr"],
        ),
        OptionRow::new("--connlimit-daddr", Kind::Switch).conflicts(&["--connlimit-saddr"]),
    ],
)
.of_family(&[Family::V6])
.needing(Needs::OneOf(&["--connlimit-upto", "--connlimit-above"]));
