//! Marks computed from addresses and ports.

use super::{Constraint, Coupling, Extension, Kind, Needs, OptionRow};

const PARTS: &[&str] = &["src", "dst", "sport", "dport", "spi", "proto", "ct"];

/// What each part of the tuple stands for.
const MASKS: &[(&str, &str, &str)] = &[
    ("src", "--hmark-src-prefix", "128"),
    ("dst", "--hmark-dst-prefix", "128"),
    ("sport", "--hmark-sport-mask", "0xffff"),
    ("dport", "--hmark-dport-mask", "0xffff"),
    ("spi", "--hmark-spi-mask", "0xffffffff"),
    ("proto", "--hmark-proto-mask", "0xffff"),
];

/// Options that say what the mark is computed from.
const SOURCES: &[&str] = &[
    "--hmark-tuple",
    "--hmark-src-prefix",
    "--hmark-dst-prefix",
    "--hmark-sport-mask",
    "--hmark-dport-mask",
    "--hmark-spi-mask",
    "--hmark-sport",
    "--hmark-dport",
    "--hmark-spi",
    "--hmark-proto-mask",
];

const PORTS: &[&str] = &["--hmark-sport", "--hmark-dport"];
const PORT_MASKS: &[&str] = &["--hmark-sport-mask", "--hmark-dport-mask"];
const HIGHEST: u64 = u32::MAX as u64;

pub(super) static HMARK: Extension = Extension::target(
    "HMARK",
    &[
        OptionRow::new("--hmark-src-prefix", Kind::LoosePrefixLength),
        OptionRow::new("--hmark-dst-prefix", Kind::LoosePrefixLength),
        OptionRow::new("--hmark-sport-mask", Kind::Hexadecimal(65_535, 4)),
        OptionRow::new("--hmark-dport-mask", Kind::Hexadecimal(65_535, 4)),
        OptionRow::new("--hmark-spi-mask", Kind::Hexadecimal(HIGHEST, 8)),
        OptionRow::new("--hmark-sport", Kind::Hexadecimal(65_535, 4)),
        OptionRow::new("--hmark-dport", Kind::Hexadecimal(65_535, 4)),
        OptionRow::new("--hmark-spi", Kind::Hexadecimal(HIGHEST, 8)).conflicts(PORTS),
        OptionRow::new("--hmark-proto-mask", Kind::Hexadecimal(65_535, 2)),
        OptionRow::new("--hmark-rnd", Kind::Hexadecimal(HIGHEST, 8)).required(),
        OptionRow::new("--hmark-mod", Kind::Number(1, HIGHEST)).required(),
        OptionRow::new("--hmark-offset", Kind::Number(0, HIGHEST)),
        OptionRow::new("--hmark-tuple", Kind::Set(PARTS)).expands(MASKS),
    ],
)
.constrained(&[Constraint::Apart { some: &["--hmark-spi-mask"], others: PORT_MASKS }])
.needing(Needs::OneOf(SOURCES))
.coupled(Coupling::Latest);
