//! Explicit congestion notification.

use super::{Constraint, Extension, Kind, Meaning, Needs, OptionRow};

pub(super) static ECN_MATCH: Extension = Extension::matching(
    "ecn",
    &[
        OptionRow::new("--ecn-tcp-ece", Kind::Switch).negatable().meaning(Meaning::Opaque),
        OptionRow::new("--ecn-tcp-cwr", Kind::Switch).negatable().meaning(Meaning::Opaque),
        OptionRow::new("--ecn-ip-ect", Kind::Number(0, 3)).negatable().meaning(Meaning::Opaque),
    ],
)
.needing(Needs::AnyOption)
.constrained(&[
    Constraint::Protocol { option: ("--ecn-tcp-ece", ""), protocol: 6 },
    Constraint::Protocol { option: ("--ecn-tcp-cwr", ""), protocol: 6 },
]);
