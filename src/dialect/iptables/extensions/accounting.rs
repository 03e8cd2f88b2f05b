//! Counting packets, and measuring how fast they come.

use super::{Constraint, Coupling, Extension, Kind, Meaning, Needs, OptionRow, Quoting};

const COMPARISONS: &[&str] = &["--rateest-lt", "--rateest-gt", "--rateest-eq"];
const RATES: &[&str] =
    &["--rateest-bps", "--rateest-pps", "--rateest-bps1", "--rateest-pps1", "--rateest-bps2", "--rateest-pps2"];
const FIRST: &[&str] = &["--rateest", "--rateest1"];
const MEASURES: Meaning = Meaning::Stateful;

pub(super) static NFACCT: Extension =
    Extension::matching("nfacct", &[OptionRow::new("--nfacct-name", Kind::CounterName).required()]);

pub(super) static RATEEST_MATCH: Extension = Extension::matching(
    "rateest",
    &[
        OptionRow::new("--rateest-delta", Kind::Switch).meaning(MEASURES),
        OptionRow::new("--rateest", Kind::Text(15, Quoting::Never)).conflicts(FIRST).meaning(MEASURES),
        OptionRow::new("--rateest1", Kind::Text(15, Quoting::Never)).conflicts(FIRST).meaning(MEASURES),
        OptionRow::new("--rateest-bps1", Kind::BitRate).meaning(MEASURES),
        OptionRow::new("--rateest-pps1", Kind::OptionalNumber).meaning(MEASURES),
        OptionRow::new("--rateest-lt", Kind::Switch).negatable().meaning(MEASURES),
        OptionRow::new("--rateest-gt", Kind::Switch).negatable().meaning(MEASURES),
        OptionRow::new("--rateest-eq", Kind::Switch).negatable().meaning(MEASURES),
        OptionRow::new("--rateest-bps", Kind::BitRate).conflicts(&["--rateest-bps2"]).meaning(MEASURES),
        OptionRow::new("--rateest-pps", Kind::OptionalNumber).conflicts(&["--rateest-pps2"]).meaning(MEASURES),
        OptionRow::new("--rateest-bps2", Kind::BitRate).meaning(MEASURES),
        OptionRow::new("--rateest-pps2", Kind::OptionalNumber).meaning(MEASURES),
        OptionRow::new("--rateest2", Kind::Text(15, Quoting::Never)).meaning(MEASURES),
    ],
)
.needing(Needs::EachOf(&[FIRST, COMPARISONS, RATES]))
.coupled(Coupling::Estimators);

pub(super) static RATEEST: Extension = Extension::target(
    "RATEEST",
    &[
        OptionRow::new("--rateest-name", Kind::Text(15, Quoting::Never)).required(),
        OptionRow::new("--rateest-interval", Kind::Span).required(),
        OptionRow::new("--rateest-ewmalog", Kind::Span).required(),
    ],
)
.constrained(&[Constraint::Averaged { interval: "--rateest-interval", average: "--rateest-ewmalog" }])
.coupled(Coupling::Average { interval: "--rateest-interval", average: "--rateest-ewmalog" });
