//! SCTP: ports and chunk types.

use super::{Extension, Field, Kind, Meaning, OptionRow};

pub(super) static SCTP: Extension = Extension::matching(
    "sctp",
    &[
        OptionRow::new("--sport", Kind::PortRange).alias(&["--source-port"]).negatable().field(Field::SourcePort),
        OptionRow::new("--dport", Kind::PortRange)
            .alias(&["--destination-port"])
            .negatable()
            .field(Field::DestinationPort),
        OptionRow::new("--chunk-types", Kind::Chunks).negatable().meaning(Meaning::Opaque),
    ],
)
.for_protocols(&[132]);
