//! A token bucket for each host, network or port.

use super::{Clock, Constraint, Coupling, Extension, Kind, Meaning, Needs, OptionRow};
use crate::model::Family;

/// How large the kernel lets the table grow (`HASHLIMIT_MAX_SIZE` in `net/netfilter/xt_hashlimit.c`).
const NUMBER: Kind = Kind::Lowered(1 << 20);
const MODES: &[&str] = &["srcip", "srcport", "dstip", "dstport"];

const RATES: &[&str] = &["--hashlimit-upto", "--hashlimit-above"];

const fn setting(name: &'static str, kind: Kind, default: &'static [&'static str]) -> OptionRow {
    OptionRow::new(name, kind).omitted_if(default).meaning(Meaning::Stateful)
}

const fn period(name: &'static str, default: &'static [&'static str]) -> OptionRow {
    setting(name, Kind::Number(1, u32::MAX as u64), default)
}

/// The options, where the masks of whole addresses are left out.
const fn options(whole: &'static [&'static str]) -> [OptionRow; 13] {
    [
        OptionRow::new("--hashlimit-upto", Kind::FineRate)
            .alias(&["--hashlimit"])
            .opposite("--hashlimit-above")
            .conflicts(&["--hashlimit-above"])
            .meaning(Meaning::Stateful),
        OptionRow::new("--hashlimit-above", Kind::FineRate)
            .opposite("--hashlimit-upto")
            .conflicts(&["--hashlimit-upto"])
            .meaning(Meaning::Stateful),
        OptionRow::new("--hashlimit-burst", Kind::Burst).meaning(Meaning::Stateful),
        OptionRow::new("--hashlimit-mode", Kind::BarredSet(MODES)).omitted_if(&[""]).meaning(Meaning::Stateful),
        OptionRow::new("--hashlimit-name", Kind::FileName(254, &[])).required(),
        setting("--hashlimit-htable-size", NUMBER, &["0"]),
        setting("--hashlimit-htable-max", NUMBER, &["0"]),
        period("--hashlimit-htable-gcinterval", &["1000"]),
        period("--hashlimit-htable-expire", &[]),
        setting("--hashlimit-srcmask", Kind::PrefixLength, whole),
        setting("--hashlimit-dstmask", Kind::PrefixLength, whole),
        OptionRow::new("--hashlimit-rate-match", Kind::Switch).meaning(Meaning::Stateful),
        setting("--hashlimit-rate-interval", Kind::Seconds, &["1"]),
    ]
}

const fn of_family(options: &'static [OptionRow], families: &'static [Family]) -> Extension {
    Extension::matching("hashlimit", options)
        .of_family(families)
        .needing(Needs::OneOf(RATES))
        .constrained(&[
            Constraint::Burst { rate: RATES, burst: "--hashlimit-burst" },
            Constraint::Credits {
                clock: Clock::Fine,
                rate: RATES,
                burst: "--hashlimit-burst",
                unless: "--hashlimit-rate-match",
            },
        ])
        .coupled(Coupling::Buckets)
}

pub(super) static HASHLIMIT: Extension = of_family(&options(&["32"]), &[Family::V4]);
pub(super) static HASHLIMIT_V6: Extension = of_family(&options(&["128"]), &[Family::V6]);
