//! UDP: ports.

use super::{Extension, Field, Kind, OptionRow};

pub(super) static UDP: Extension = Extension::matching(
    "udp",
    &[
        OptionRow::new("--sport", Kind::PortRange)
            .alias(&["--source-port"])
            .negatable()
            .omitted_if(&["0:65535"])
            .field(Field::SourcePort),
        OptionRow::new("--dport", Kind::PortRange)
            .alias(&["--destination-port"])
            .negatable()
            .omitted_if(&["0:65535"])
            .field(Field::DestinationPort),
    ],
)
.for_protocols(&[17]);
