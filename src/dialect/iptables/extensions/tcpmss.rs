//! The largest segment that TCP connections agree on.

use super::{Constraint, Coupling, Extension, Kind, Meaning, Needs, OptionRow};
use crate::model::Family;

/// The options, with the largest segment that fits into a packet.
const fn options(largest: u64) -> [OptionRow; 2] {
    [OptionRow::new("--set-mss", Kind::Number(0, largest)), OptionRow::new("--clamp-mss-to-pmtu", Kind::Switch)]
}

const fn of_family(options: &'static [OptionRow], families: &'static [Family]) -> Extension {
    Extension::target("TCPMSS", options)
        .of_family(families)
        .for_protocols(&[6])
        .needing(Needs::AnyOption)
        .coupled(Coupling::LastOf(&["--set-mss", "--clamp-mss-to-pmtu"]))
        .constrained(&[
            Constraint::Hooks {
                option: ("--clamp-mss-to-pmtu", ""),
                hooks: &["FORWARD", "OUTPUT", "POSTROUTING"],
                unless: "",
            },
            Constraint::OpeningPackets,
        ])
}

pub(super) static TCPMSS: Extension = of_family(&options(65_515), &[Family::V4]);
pub(super) static TCPMSS_V6: Extension = of_family(&options(65_495), &[Family::V6]);

pub(super) static TCPMSS_MATCH: Extension = Extension::matching(
    "tcpmss",
    &[OptionRow::new("--mss", Kind::AscendingRange(65_535)).negatable().required().meaning(Meaning::Opaque)],
)
.for_protocols(&[6]);
