//! Explicit congestion notification.

use super::{Constraint, Coupling, Extension, Kind, Meaning, Needs, OptionRow};
use crate::model::Family;

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

const SETTING: &[&str] = &["--ecn-tcp-ece", "--ecn-tcp-cwr"];

pub(super) static ECN: Extension = Extension::target(
    "ECN",
    &[
        OptionRow::new("--ecn-tcp-remove", Kind::Switch).conflicts(SETTING),
        OptionRow::new("--ecn-tcp-ece", Kind::Number(0, 1)).conflicts(&["--ecn-tcp-remove"]),
        OptionRow::new("--ecn-tcp-cwr", Kind::Number(0, 1)).conflicts(&["--ecn-tcp-remove"]),
        OptionRow::new("--ecn-ip-ect", Kind::Number(0, 3)),
    ],
)
.of_family(&[Family::V4])
.in_tables(&["mangle"])
.needing(Needs::AnyOption)
.constrained(&[
    Constraint::Protocol { option: ("--ecn-tcp-remove", ""), protocol: 6 },
    Constraint::Protocol { option: ("--ecn-tcp-ece", ""), protocol: 6 },
    Constraint::Protocol { option: ("--ecn-tcp-cwr", ""), protocol: 6 },
])
.coupled(Coupling::Congestion);
