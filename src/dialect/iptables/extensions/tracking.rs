//! How connection tracking treats a packet, and tracing of rules.

use super::{Constraint, Coupling, Extension, Kind, OptionRow, Quoting};
use crate::diag::Variant;

const EVENTS: &[&str] =
    &["new", "related", "destroy", "reply", "assured", "protoinfo", "helper", "mark", "natseqinfo", "secmark"];

pub(super) static CT: Extension = Extension::target(
    "CT",
    &[
        OptionRow::new("--notrack", Kind::Switch),
        OptionRow::new("--helper", Kind::Text(15, Quoting::Never)).omitted_if(&[""]),
        OptionRow::new("--timeout", Kind::Text(31, Quoting::Never)).omitted_if(&[""]),
        OptionRow::new("--ctevents", Kind::ExactSet(EVENTS)),
        OptionRow::new("--expevents", Kind::ExactSet(&["new"])),
        OptionRow::new("--zone-orig", Kind::Zone).omitted_if(&["0"]),
        OptionRow::new("--zone-reply", Kind::Zone).omitted_if(&["0"]),
        OptionRow::new("--zone", Kind::Zone).omitted_if(&["0"]),
    ],
)
.constrained(&[
    Constraint::SomeProtocol { option: "--helper", unless: "--notrack" },
    Constraint::SomeProtocol { option: "--timeout", unless: "--notrack" },
])
.coupled(Coupling::Zone)
.in_tables(&["raw"]);

pub(super) static NOTRACK: Extension = Extension::target("NOTRACK", &[]).in_tables(&["raw"]);

pub(super) static TRACE: Extension = Extension::target("TRACE", &[]).constrained(&[Constraint::Table {
    option: "",
    table: "raw",
    only: Some(Variant::Legacy),
}]);
