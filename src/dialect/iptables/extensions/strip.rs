//! Taking bits and options out of TCP headers.

use super::{Extension, Kind, Needs, OptionRow};
use crate::model::Family;

pub(super) static TCPOPTSTRIP: Extension =
    Extension::target("TCPOPTSTRIP", &[OptionRow::new("--strip-options", Kind::TcpOptions)])
        .in_tables(&["mangle"])
        .for_protocols(&[6]);

pub(super) static ECN: Extension = Extension::target("ECN", &[OptionRow::new("--ecn-tcp-remove", Kind::Switch)])
    .of_family(&[Family::V4])
    .in_tables(&["mangle"])
    .for_protocols(&[6])
    .needing(Needs::AnyOption);
