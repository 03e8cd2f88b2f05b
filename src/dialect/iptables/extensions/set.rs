//! Sets of addresses, ports and more, made by ipset(8).

use super::{Constraint, Extension, Kind, Meaning, Needs, OptionRow};

const PACKETS: &[&str] = &["--packets-eq", "--packets-lt", "--packets-gt"];
const BYTES: &[&str] = &["--bytes-eq", "--bytes-lt", "--bytes-gt"];

const fn counter(name: &'static str, others: &'static [&'static str]) -> OptionRow {
    OptionRow::new(name, Kind::Number(0, u64::MAX)).conflicts(others).meaning(Meaning::Stateful)
}

pub(super) static SET_MATCH: Extension = Extension::matching(
    "set",
    &[
        OptionRow::new("--match-set", Kind::SetOfPackets)
            .alias(&["--set"])
            .negatable()
            .required()
            .meaning(Meaning::Opaque),
        OptionRow::new("--return-nomatch", Kind::Switch).repeatable().meaning(Meaning::Opaque),
        OptionRow::new("--update-counters", Kind::Switch).negatable().repeatable().omitted_if(&[""]),
        OptionRow::new("--update-subcounters", Kind::Switch).negatable().repeatable().omitted_if(&[""]),
        counter("--packets-eq", PACKETS).negatable(),
        counter("--packets-lt", PACKETS),
        counter("--packets-gt", PACKETS),
        counter("--bytes-eq", BYTES).negatable(),
        counter("--bytes-lt", BYTES),
        counter("--bytes-gt", BYTES),
    ],
);

/// Where packets have the priority and the queue that they leave by.
const OUTWARD: &[&str] = &["FORWARD", "OUTPUT", "POSTROUTING"];

pub(super) static SET_TARGET: Extension = Extension::target(
    "SET",
    &[
        OptionRow::new("--add-set", Kind::SetOfPackets).deaf(),
        OptionRow::new("--exist", Kind::Switch).deaf().repeatable().also("--add-set"),
        OptionRow::new("--timeout", Kind::Number(0, u32::MAX as u64 - 1)).deaf().repeatable().also("--add-set"),
        OptionRow::new("--del-set", Kind::SetOfPackets).deaf(),
        OptionRow::new("--map-set", Kind::SetOfPackets).deaf(),
        OptionRow::new("--map-mark", Kind::Switch).deaf().repeatable().also("--map-set"),
        OptionRow::new("--map-prio", Kind::Switch).deaf().repeatable().also("--map-set"),
        OptionRow::new("--map-queue", Kind::Switch).deaf().repeatable().also("--map-set"),
    ],
)
.needing(Needs::OneOf(&["--add-set", "--del-set", "--map-set"]))
.constrained(&[
    Constraint::Table { option: "--map-set", table: "mangle", only: None },
    Constraint::Hooks { option: ("--map-prio", ""), hooks: OUTWARD, unless: "" },
    Constraint::Hooks { option: ("--map-queue", ""), hooks: OUTWARD, unless: "" },
    Constraint::OneOf { option: "--map-set", of: &["--map-mark", "--map-prio", "--map-queue"] },
]);
