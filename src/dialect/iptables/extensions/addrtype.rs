//! What kind of address it is to the routing of this machine.

use super::{Constraint, Extension, Kind, Meaning, Needs, OptionRow};
use crate::model::Family;

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

/// Those that the kernel tells apart for IPv6.
const TYPES_V6: &[&str] = &["UNSPEC", "UNICAST", "LOCAL", "ANYCAST", "MULTICAST", "UNREACHABLE"];

const fn options(types: &'static [&'static str]) -> [OptionRow; 4] {
    [
        OptionRow::new("--src-type", Kind::SetByBeginning(types)).negatable().meaning(Meaning::Opaque),
        OptionRow::new("--dst-type", Kind::SetByBeginning(types)).negatable().meaning(Meaning::Opaque),
        OptionRow::new("--limit-iface-in", Kind::Switch).conflicts(&["--limit-iface-out"]).meaning(Meaning::Opaque),
        OptionRow::new("--limit-iface-out", Kind::Switch).conflicts(&["--limit-iface-in"]).meaning(Meaning::Opaque),
    ]
}

const fn of_family(options: &'static [OptionRow], families: &'static [Family]) -> Extension {
    Extension::matching("addrtype", options)
        .of_family(families)
        .needing(Needs::OneOf(&["--src-type", "--dst-type"]))
        .constrained(&[
            Constraint::Hooks {
                option: ("--limit-iface-in", ""),
                hooks: &["PREROUTING", "INPUT", "FORWARD"],
                unless: "",
            },
            Constraint::Hooks {
                option: ("--limit-iface-out", ""),
                hooks: &["FORWARD", "OUTPUT", "POSTROUTING"],
                unless: "",
            },
        ])
}

pub(super) static ADDRTYPE: Extension = of_family(&options(ADDRESS_TYPES), &[Family::V4]);
pub(super) static ADDRTYPE_V6: Extension = of_family(&options(TYPES_V6), &[Family::V6]);
