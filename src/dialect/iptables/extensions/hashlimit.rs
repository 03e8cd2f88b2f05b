//! A token bucket for each host, network or port.

use super::{Extension, Kind, Meaning, Needs, OptionRow, Quoting};
use crate::model::Family;

const NUMBER: Kind = Kind::Number(0, u32::MAX as u64);

const fn setting(name: &'static str, default: &'static [&'static str]) -> OptionRow {
    OptionRow::new(name, NUMBER).omitted_if(default).meaning(Meaning::Stateful)
}

const fn period(name: &'static str, default: &'static [&'static str]) -> OptionRow {
    OptionRow { kind: Kind::Number(1, u32::MAX as u64), ..setting(name, default) }
}

pub(super) static HASHLIMIT: Extension = Extension::matching(
    "hashlimit",
    &[
        OptionRow::new("--hashlimit-upto", Kind::FineRate)
            .alias(&["--hashlimit"])
            .opposite("--hashlimit-above")
            .conflicts(&["--hashlimit-above"])
            .meaning(Meaning::Stateful),
        OptionRow::new("--hashlimit-above", Kind::FineRate)
            .opposite("--hashlimit-upto")
            .conflicts(&["--hashlimit-upto"])
            .meaning(Meaning::Stateful),
        OptionRow::new("--hashlimit-burst", Kind::Burst)
            .added_as("5", &[], &[])
            .not_beside_text("b/")
            .meaning(Meaning::Stateful),
        OptionRow::new("--hashlimit-mode", Kind::Set(&["srcip", "srcport", "dstip", "dstport"]))
            .meaning(Meaning::Stateful),
        OptionRow::new("--hashlimit-name", Kind::Text(254, Quoting::Never)).required(),
        setting("--hashlimit-htable-size", &["0"]),
        setting("--hashlimit-htable-max", &["0"]),
        period("--hashlimit-htable-gcinterval", &["1000"]),
        period("--hashlimit-htable-expire", &["60000"]),
        OptionRow::new("--hashlimit-srcmask", Kind::Number(0, 32)).omitted_if(&["32"]).meaning(Meaning::Stateful),
        OptionRow::new("--hashlimit-dstmask", Kind::Number(0, 32)).omitted_if(&["32"]).meaning(Meaning::Stateful),
        OptionRow::new("--hashlimit-rate-match", Kind::Switch).meaning(Meaning::Stateful),
        OptionRow::new("--hashlimit-rate-interval", NUMBER).meaning(Meaning::Stateful),
    ],
)
.needing(Needs::OneOf(&["--hashlimit-upto", "--hashlimit-above"]))
.of_family(&[Family::V4]);

pub(super) static HASHLIMIT_V6: Extension = Extension::matching(
    "hashlimit",
    &[
        OptionRow::new("--hashlimit-upto", Kind::FineRate)
            .alias(&["--hashlimit"])
            .opposite("--hashlimit-above")
            .conflicts(&["--hashlimit-above"])
            .meaning(Meaning::Stateful),
        OptionRow::new("--hashlimit-above", Kind::FineRate)
            .opposite("--hashlimit-upto")
            .conflicts(&["--hashlimit-upto"])
            .meaning(Meaning::Stateful),
        OptionRow::new("--hashlimit-burst", Kind::Burst)
            .added_as("5", &[], &[])
            .not_beside_text("b/")
            .meaning(Meaning::Stateful),
        OptionRow::new("--hashlimit-mode", Kind::Set(&["srcip", "srcport", "dstip", "dstport"]))
            .meaning(Meaning::Stateful),
        OptionRow::new("--hashlimit-name", Kind::Text(254, Quoting::Never)).required(),
        setting("--hashlimit-htable-size", &["0"]),
        setting("--hashlimit-htable-max", &["0"]),
        period("--hashlimit-htable-gcinterval", &["1000"]),
        period("--hashlimit-htable-expire", &["60000"]),
        OptionRow::new("--hashlimit-srcmask", Kind::Number(0, 128)).omitted_if(&["128"]).meaning(Meaning::Stateful),
        OptionRow::new("--hashlimit-dstmask", Kind::Number(0, 128)).omitted_if(&["128"]).meaning(Meaning::Stateful),
        OptionRow::new("--hashlimit-rate-match", Kind::Switch).meaning(Meaning::Stateful),
        OptionRow::new("--hashlimit-rate-interval", NUMBER).meaning(Meaning::Stateful),
    ],
)
.needing(Needs::OneOf(&["--hashlimit-upto", "--hashlimit-above"]))
.of_family(&[Family::V6]);
