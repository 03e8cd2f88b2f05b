//! Changes of addresses and ports.

use super::{Extension, Kind, OptionRow, Shift};

pub(super) static SNAT: Extension = Extension::target(
    "SNAT",
    &[
        OptionRow::new("--to-source", Kind::Nat(Shift::Forgotten)).required(),
        OptionRow::new("--random", Kind::Switch),
        OptionRow::new("--random-fully", Kind::Switch),
        OptionRow::new("--persistent", Kind::Switch),
    ],
)
.in_tables(&["nat"])
.in_hooks(&["POSTROUTING", "INPUT"]);

pub(super) static DNAT: Extension = Extension::target(
    "DNAT",
    &[
        OptionRow::new("--to-destination", Kind::Nat(Shift::Kept)).required(),
        OptionRow::new("--random", Kind::Switch),
        OptionRow::new("--persistent", Kind::Switch),
    ],
)
.in_tables(&["nat"])
.in_hooks(&["PREROUTING", "OUTPUT"]);

pub(super) static MASQUERADE: Extension = Extension::target(
    "MASQUERADE",
    &[
        OptionRow::new("--to-ports", Kind::NatPorts(Shift::Forgotten)),
        OptionRow::new("--random", Kind::Switch),
        OptionRow::new("--random-fully", Kind::Switch),
    ],
)
.in_tables(&["nat"])
.in_hooks(&["POSTROUTING"]);

pub(super) static REDIRECT: Extension = Extension::target(
    "REDIRECT",
    &[OptionRow::new("--to-ports", Kind::NatPorts(Shift::Refused)), OptionRow::new("--random", Kind::Switch)],
)
.in_tables(&["nat"])
.in_hooks(&["PREROUTING", "OUTPUT"]);

pub(super) static NETMAP: Extension = Extension::target("NETMAP", &[OptionRow::new("--to", Kind::Network).required()])
    .in_tables(&["nat"])
    .in_hooks(&["PREROUTING", "OUTPUT", "POSTROUTING", "INPUT"]);
