//! Matches at random, or every so many packets.

use super::{Case, Constraint, Extension, Kind, Meaning, Needs, OptionRow};

const MODES: &[(&str, &str)] = &[("random", "random"), ("nth", "nth")];

// The probability is kept as it is written; iptables rounds it to a 31-bit fraction.
pub(super) static STATISTIC: Extension = Extension::matching(
    "statistic",
    &[
        OptionRow::new("--mode", Kind::Choice(MODES, Case::Exact)).required().meaning(Meaning::Stateful),
        OptionRow::new("--probability", Kind::Probability)
            .negatable()
            .conflicts(&["--every", "--packet"])
            .meaning(Meaning::Stateful),
        OptionRow::new("--every", Kind::Number(1, u32::MAX as u64))
            .negatable()
            .also("--packet")
            .meaning(Meaning::Stateful),
        OptionRow::new("--packet", Kind::Number(0, u32::MAX as u64)).also("--every").meaning(Meaning::Stateful),
    ],
)
.needing(Needs::OneOf(&["--probability", "--every"]))
.constrained(&[
    Constraint::Never { option: ("--mode", "random"), other: "--every" },
    Constraint::Never { option: ("--mode", "nth"), other: "--probability" },
    Constraint::NotAbove { option: "--packet", other: "--every", apart: 1 },
]);
