//! Logging through the kernel log and netlink.

use super::{Case, Extension, Kind, OptionRow, Quoting};
use crate::model::Family;

/// Levels of syslog(3) by name and number.
const LEVELS: &[(&str, &str)] = &[
    ("emerg", "0"),
    ("panic", "0"),
    ("alert", "1"),
    ("crit", "2"),
    ("error", "3"),
    ("warning", "4"),
    ("notice", "5"),
    ("info", "6"),
    ("debug", "7"),
    ("0", "0"),
    ("1", "1"),
    ("2", "2"),
    ("3", "3"),
    ("4", "4"),
    ("5", "5"),
    ("6", "6"),
    ("7", "7"),
];

pub(super) static LOG: Extension = Extension::target(
    "LOG",
    &[
        OptionRow::new("--log-prefix", Kind::Text(29, Quoting::AsNeededLine)),
        OptionRow::new("--log-level", Kind::Choice(LEVELS, Case::Exact)).omitted_if(&["4"]),
        OptionRow::new("--log-tcp-sequence", Kind::Switch),
        OptionRow::new("--log-tcp-options", Kind::Switch),
        OptionRow::new("--log-ip-options", Kind::Switch),
        OptionRow::new("--log-uid", Kind::Switch),
        OptionRow::new("--log-macdecode", Kind::Switch),
    ],
);

pub(super) static NFLOG: Extension = Extension::target(
    "NFLOG",
    &[
        OptionRow::new("--nflog-prefix", Kind::Text(127, Quoting::AsNeededLine)).legacy_bytes(63),
        OptionRow::new("--nflog-group", Kind::Number(0, 65_535)).omitted_if(&["0"]),
        OptionRow::new("--nflog-range", Kind::Number(0, u32::MAX as u64))
            .omitted_if(&["0"])
            .conflicts(&["--nflog-size"])
            .legacy_only(),
        OptionRow::new("--nflog-size", Kind::Number(0, u32::MAX as u64)).conflicts(&["--nflog-range"]),
        OptionRow::new("--nflog-threshold", Kind::Number(0, 65_535)).omitted_if(&["0"]),
    ],
);

pub(super) static ULOG: Extension = Extension::target(
    "ULOG",
    &[
        OptionRow::new("--ulog-prefix", Kind::Text(31, Quoting::AsNeededLine)),
        OptionRow::new("--ulog-nlgroup", Kind::Number(1, 32)).omitted_if(&["1"]),
        OptionRow::new("--ulog-cprange", Kind::Number(0, u64::MAX)).omitted_if(&["0"]),
        OptionRow::new("--ulog-qthreshold", Kind::Number(1, 50)).omitted_if(&["1"]),
    ],
)
.of_family(&[Family::V4]);
