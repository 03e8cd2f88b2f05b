//! Sets of addresses, ports and more, made by ipset(8).

use super::{Extension, Kind, Meaning, Needs, OptionRow};

pub(super) static SET_MATCH: Extension = Extension::matching(
    "set",
    &[
        OptionRow::new("--match-set", Kind::TwoWords).alias(&["--set"]).negatable().required().meaning(Meaning::Opaque),
        OptionRow::new("--return-nomatch", Kind::Switch).meaning(Meaning::Opaque),
        OptionRow::new("--update-counters", Kind::Switch).negatable(),
        OptionRow::new("--update-subcounters", Kind::Switch).negatable(),
        OptionRow::new("--packets-eq", Kind::Number(0, u64::MAX)).negatable().meaning(Meaning::Stateful),
        OptionRow::new("--packets-lt", Kind::Number(0, u64::MAX)).meaning(Meaning::Stateful),
        OptionRow::new("--packets-gt", Kind::Number(0, u64::MAX)).meaning(Meaning::Stateful),
        OptionRow::new("--bytes-eq", Kind::Number(0, u64::MAX)).negatable().meaning(Meaning::Stateful),
        OptionRow::new("--bytes-lt", Kind::Number(0, u64::MAX)).meaning(Meaning::Stateful),
        OptionRow::new("--bytes-gt", Kind::Number(0, u64::MAX)).meaning(Meaning::Stateful),
    ],
);

pub(super) static SET_TARGET: Extension = Extension::target(
    "SET",
    &[
        OptionRow::new("--add-set", Kind::TwoWords),
        OptionRow::new("--del-set", Kind::TwoWords),
        OptionRow::new("--map-set", Kind::TwoWords),
        OptionRow::new("--exist", Kind::Switch),
        OptionRow::new("--timeout", Kind::Number(0, u32::MAX as u64)),
        OptionRow::new("--map-mark", Kind::Switch),
        OptionRow::new("--map-prio", Kind::Switch),
        OptionRow::new("--map-queue", Kind::Switch),
    ],
)
.needing(Needs::OneOf(&["--add-set", "--del-set", "--map-set"]));
