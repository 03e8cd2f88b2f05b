//! TCP: ports, flags and options of the header.

use super::{Extension, Field, Kind, Meaning, OptionRow};

pub(super) static TCP: Extension = Extension::matching(
    "tcp",
    &[
        OptionRow::new("--sport", Kind::PortRange)
            .alias(&["--source-port"])
            .negatable()
            .full_range(&["0:65535"])
            .field(Field::SourcePort),
        OptionRow::new("--dport", Kind::PortRange)
            .alias(&["--destination-port"])
            .negatable()
            .full_range(&["0:65535"])
            .field(Field::DestinationPort),
        OptionRow::new("--tcp-option", Kind::Number(1, 255)).negatable().meaning(Meaning::Opaque),
        OptionRow::new("--tcp-flags", Kind::TcpFlags).negatable().omitted_if(&["NONE NONE"]).field(Field::TcpFlags),
        OptionRow::new("--syn", Kind::FixedFlags(&["FIN", "SYN", "RST", "ACK"], &["SYN"]))
            .stands_for(&["--tcp-flags"])
            .negatable()
            .conflicts(&["--tcp-flags"])
            .field(Field::TcpFlags),
    ],
)
.for_protocols(&[6])
.native();
