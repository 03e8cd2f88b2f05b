//! Handing packets to a local socket, and copies of them to another host.

use super::{Change, Extension, Kind, OptionRow, Quoting};
use crate::model::Family;

pub(super) static TPROXY: Extension = Extension::target(
    "TPROXY",
    &[
        OptionRow::new("--on-port", Kind::Number(0, 65_535)).required(),
        OptionRow::new("--on-ip", Kind::Host).added_as("0.0.0.0", &[], &[]),
        OptionRow::new("--tproxy-mark", Kind::MarkChange(Change::SetXor)).added_as("0/0", &[], &[]),
    ],
)
.of_family(&[Family::V4])
.in_tables(&["mangle"])
.in_hooks(&["PREROUTING"])
.for_protocols(&[6, 17]);

pub(super) static TPROXY_V6: Extension = Extension::target(
    "TPROXY",
    &[
        OptionRow::new("--on-port", Kind::Number(0, 65_535)).required(),
        OptionRow::new("--on-ip", Kind::Host).added_as("::", &[], &[]),
        OptionRow::new("--tproxy-mark", Kind::MarkChange(Change::SetXor)).added_as("0/0", &[], &[]),
    ],
)
.of_family(&[Family::V6])
.in_tables(&["mangle"])
.in_hooks(&["PREROUTING"])
.for_protocols(&[6, 17]);

pub(super) static TEE: Extension = Extension::target(
    "TEE",
    &[OptionRow::new("--gateway", Kind::Host).required(), OptionRow::new("--oif", Kind::Text(15, Quoting::Never))],
);
