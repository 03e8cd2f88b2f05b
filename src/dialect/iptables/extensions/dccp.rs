//! DCCP: ports, packet types and options of the header.

use super::{Extension, Field, Kind, Meaning, OptionRow};

const TYPES: &[&str] =
    &["REQUEST", "RESPONSE", "DATA", "ACK", "DATAACK", "CLOSEREQ", "CLOSE", "RESET", "SYNC", "SYNCACK", "INVALID"];

pub(super) static DCCP: Extension = Extension::matching(
    "dccp",
    &[
        OptionRow::new("--sport", Kind::WrappingPortRange)
            .alias(&["--source-port"])
            .negatable()
            .field(Field::SourcePort),
        OptionRow::new("--dport", Kind::WrappingPortRange)
            .alias(&["--destination-port"])
            .negatable()
            .field(Field::DestinationPort),
        OptionRow::new("--dccp-types", Kind::LooseSet(TYPES)).negatable().meaning(Meaning::Opaque),
        OptionRow::new("--dccp-option", Kind::Number(1, 255)).negatable().meaning(Meaning::Opaque),
    ],
)
.for_protocols(&[33]);
