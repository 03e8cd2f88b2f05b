//! Lights that show packets.

use super::{Extension, Kind, OptionRow};

pub(super) static LED: Extension = Extension::target(
    "LED",
    &[
        OptionRow::new("--led-trigger-id", Kind::Label(16)).required(),
        OptionRow::new("--led-delay", Kind::Delay).omitted_if(&["0"]),
        OptionRow::new("--led-always-blink", Kind::Switch),
    ],
);
