//! A notice to programs when an interface has been idle.

use super::{Extension, Kind, OptionRow};

/// The kernel counts the timeout in thousandths of a second of 32 bits.
const LONGEST: u64 = i32::MAX as u64 / 1000 - 1;

pub(super) static IDLETIMER: Extension = Extension::target(
    "IDLETIMER",
    &[
        OptionRow::new("--timeout", Kind::Number(1, LONGEST)).required(),
        OptionRow::new("--label", Kind::FileName(27, &["power", "subsystem", "uevent"])).required(),
        OptionRow::new("--alarm", Kind::Switch),
    ],
);
