//! A token bucket for matching packets.

use super::{Clock, Constraint, Extension, Kind, Meaning, OptionRow};

pub(super) static LIMIT: Extension = Extension::matching(
    "limit",
    &[
        OptionRow::new("--limit", Kind::Rate).added_as("3/hour", &[], &[]).meaning(Meaning::Stateful),
        OptionRow::new("--limit-burst", Kind::Number(0, 10_000)).omitted_if(&["5", "0"]).meaning(Meaning::Stateful),
    ],
)
.constrained(&[Constraint::Credits { clock: Clock::Coarse, rate: &["--limit"], burst: "--limit-burst", unless: "" }]);
