//! Lights that show packets.

use super::{Extension, Kind, OptionRow, Quoting};

pub(super) static LED: Extension = Extension::target(
    "LED",
    &[
        OptionRow::new("--led-trigger-id", Kind::Text(27, Quoting::Always)).required(),
        OptionRow::new("--led-delay", Kind::Text(15, Quoting::Never)),
        OptionRow::new("--led-always-blink", Kind::Switch),
    ],
);
