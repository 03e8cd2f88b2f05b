//! Handing packets to a local socket, and copies of them to another host.

use super::{Change, Constraint, Extension, Kind, OptionRow, Quoting};
use crate::model::Family;

/// The options of TPROXY, with the address that stands for none.
const fn options(none: &'static str) -> [OptionRow; 3] {
    [
        OptionRow::new("--on-port", Kind::WrappingPort).required(),
        OptionRow::new("--on-ip", Kind::Address).added_as(none, &[], &[]),
        OptionRow::new("--tproxy-mark", Kind::MarkChange(Change::SetXor)).added_as("0/0", &[], &[]),
    ]
}

const fn tproxy(options: &'static [OptionRow], families: &'static [Family]) -> Extension {
    Extension::target("TPROXY", options)
        .of_family(families)
        .in_tables(&["mangle"])
        .in_hooks(&["PREROUTING"])
        .for_protocols(&[6, 17])
}

pub(super) static TPROXY: Extension = tproxy(&options("0.0.0.0"), &[Family::V4]);
pub(super) static TPROXY_V6: Extension = tproxy(&options("::"), &[Family::V6]);

pub(super) static TEE: Extension = Extension::target(
    "TEE",
    &[
        OptionRow::new("--gateway", Kind::Address).required(),
        OptionRow::new("--oif", Kind::Text(15, Quoting::Never)).omitted_if(&[""]),
    ],
)
.constrained(&[
    Constraint::Never { option: ("--gateway", "0.0.0.0"), other: "" },
    Constraint::Never { option: ("--gateway", "::"), other: "" },
]);
