//! Handing packets to a program.

use super::{Extension, Kind, OptionRow};

pub(super) static NFQUEUE: Extension = Extension::target(
    "NFQUEUE",
    &[
        OptionRow::new("--queue-num", Kind::Number(0, 65_535)).conflicts(&["--queue-balance"]).added_as(
            "0",
            &[],
            &["--queue-balance"],
        ),
        OptionRow::new("--queue-balance", Kind::StrictRange(65_535)).conflicts(&["--queue-num"]),
        OptionRow::new("--queue-bypass", Kind::Switch),
        OptionRow::new("--queue-cpu-fanout", Kind::Switch).also("--queue-balance"),
    ],
);
