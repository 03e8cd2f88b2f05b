//! Up to 15 ports at once.

use super::{Extension, Field, Kind, Needs, OptionRow};

pub(super) static MULTIPORT: Extension = Extension::matching(
    "multiport",
    &[
        OptionRow::new("--sports", Kind::PortList)
            .alias(&["--source-ports"])
            .negatable()
            .conflicts(&["--dports", "--ports"])
            .field(Field::SourcePort),
        OptionRow::new("--dports", Kind::PortList)
            .alias(&["--destination-ports"])
            .negatable()
            .conflicts(&["--sports", "--ports"])
            .field(Field::DestinationPort),
        OptionRow::new("--ports", Kind::PortList)
            .negatable()
            .conflicts(&["--sports", "--dports"])
            .field(Field::EitherPort),
    ],
)
.for_protocols(&[6, 17, 136, 132, 33])
.after_protocol()
.needing(Needs::AnyOption);
