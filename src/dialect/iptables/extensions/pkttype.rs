//! How the link layer addressed the packet.

use super::{Case, Extension, Kind, Meaning, OptionRow};

const TYPES: &[(&str, &str)] = &[
    ("unicast", "unicast"),
    ("broadcast", "broadcast"),
    ("multicast", "multicast"),
    ("otherhost", "otherhost"),
    ("host", "unicast"),
    ("bcast", "broadcast"),
    ("mcast", "multicast"),
];

pub(super) static PKTTYPE: Extension = Extension::matching(
    "pkttype",
    &[OptionRow::new("--pkt-type", Kind::Choice(TYPES, Case::Folded)).negatable().required().meaning(Meaning::Opaque)],
);
