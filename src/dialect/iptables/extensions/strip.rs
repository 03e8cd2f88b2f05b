//! Taking options out of TCP headers.

use super::{Extension, Kind, OptionRow};

pub(super) static TCPOPTSTRIP: Extension =
    Extension::target("TCPOPTSTRIP", &[OptionRow::new("--strip-options", Kind::TcpOptions)])
        .in_tables(&["mangle"])
        .for_protocols(&[6]);
