//! Prefixes of IPv6 addresses exchanged for others.

use super::{Extension, Kind, OptionRow};
use crate::model::Family;

const PREFIXES: &[OptionRow] = &[
    OptionRow::new("--src-pfx", Kind::Prefix).required().omitted_if(&["::/0"]),
    OptionRow::new("--dst-pfx", Kind::Prefix).required().omitted_if(&["::/0"]),
];

pub(super) static SNPT: Extension = Extension::target("SNPT", PREFIXES)
    .of_family(&[Family::V6])
    .in_tables(&["mangle"])
    .in_hooks(&["INPUT", "POSTROUTING"]);

pub(super) static DNPT: Extension = Extension::target("DNPT", PREFIXES)
    .of_family(&[Family::V6])
    .in_tables(&["mangle"])
    .in_hooks(&["PREROUTING", "OUTPUT"]);
