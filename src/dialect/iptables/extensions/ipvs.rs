//! Connections of the IP virtual server.

use super::{Case, Constraint, Coupling, Extension, Kind, Meaning, Needs, OptionRow};

const DIRECTIONS: &[(&str, &str)] = &[("ORIGINAL", "ORIGINAL"), ("REPLY", "REPLY")];
const METHODS: &[(&str, &str)] = &[("GATE", "GATE"), ("IPIP", "IPIP"), ("MASQ", "MASQ")];

pub(super) static IPVS: Extension = Extension::matching(
    "ipvs",
    &[
        OptionRow::new("--ipvs", Kind::Switch).negatable().meaning(Meaning::Opaque),
        OptionRow::new("--vproto", Kind::Protocol).negatable().meaning(Meaning::Opaque),
        OptionRow::new("--vaddr", Kind::Host).negatable().meaning(Meaning::Opaque),
        OptionRow::new("--vport", Kind::WrappingPort).negatable().meaning(Meaning::Opaque),
        OptionRow::new("--vdir", Kind::Choice(DIRECTIONS, Case::Folded)).meaning(Meaning::Opaque),
        OptionRow::new("--vmethod", Kind::Choice(METHODS, Case::Folded)).negatable().meaning(Meaning::Opaque),
        OptionRow::new("--vportctl", Kind::WrappingPort).negatable().meaning(Meaning::Opaque),
    ],
)
.coupled(Coupling::Implied("--ipvs"))
.constrained(&[Constraint::Negated { option: "--ipvs" }])
.needing(Needs::AnyOption);
