//! What kind of address it is to the routing of this machine.

use super::{Constraint, Extension, Kind, Meaning, Needs, OptionRow};

/// The types in the order of `enum` in include/uapi/linux/rtnetlink.h.
pub const ADDRESS_TYPES: &[&str] = &[
    "UNSPEC",
    "UNICAST",
    "LOCAL",
    "BROADCAST",
    "ANYCAST",
    "MULTICAST",
    "BLACKHOLE",
    "UNREACHABLE",
    "PROHIBIT",
    "THROW",
    "NAT",
    "XRESOLVE",
];

pub(super) static ADDRTYPE: Extension = Extension::matching(
    "addrtype",
    &[
        OptionRow::new("--src-type", Kind::SetByBeginning(ADDRESS_TYPES)).negatable().meaning(Meaning::Opaque),
        OptionRow::new("--dst-type", Kind::SetByBeginning(ADDRESS_TYPES)).negatable().meaning(Meaning::Opaque),
        OptionRow::new("--limit-iface-in", Kind::Switch).conflicts(&["--limit-iface-out"]).meaning(Meaning::Opaque),
        OptionRow::new("--limit-iface-out", Kind::Switch).conflicts(&["--limit-iface-in"]).meaning(Meaning::Opaque),
    ],
)
.needing(Needs::OneOf(&["--src-type", "--dst-type"]))
.constrained(&[
    Constraint::Hooks { option: ("--limit-iface-in", ""), hooks: &["PREROUTING", "INPUT", "FORWARD"], unless: "" },
    Constraint::Hooks { option: ("--limit-iface-out", ""), hooks: &["FORWARD", "OUTPUT", "POSTROUTING"], unless: "" },
]);
