//! Ranges of addresses.

use super::{Extension, Field, Kind, Needs, OptionRow};

pub(super) static IPRANGE: Extension = Extension::matching(
    "iprange",
    &[
        OptionRow::new("--src-range", Kind::AddressRange).negatable().field(Field::SourceAddress),
        OptionRow::new("--dst-range", Kind::AddressRange).negatable().field(Field::DestinationAddress),
    ],
)
.needing(Needs::AnyOption);
