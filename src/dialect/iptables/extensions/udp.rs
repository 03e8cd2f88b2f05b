//! UDP: ports.

use super::{Extension, Field, Kind, OptionRow};

pub(super) static UDP: Extension = Extension::matching(
    "udp",
    &[
        OptionRow::new("--sport", Kind::WrappingPortRange)
            .alias(&["--source-port"])
            .negatable()
            .full_range(&["0:65535"])
            .field(Field::SourcePort),
        OptionRow::new("--dport", Kind::WrappingPortRange)
            .alias(&["--destination-port"])
            .negatable()
            .full_range(&["0:65535"])
            .field(Field::DestinationPort),
    ],
)
.for_protocols(&[17])
.native();
