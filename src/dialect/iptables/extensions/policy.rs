//! The IPsec policy that a packet came or will go by.

use super::{Case, Constraint, Coupling, Extension, Kind, Meaning, OptionRow};

const DIRECTIONS: &[(&str, &str)] = &[("in", "in"), ("out", "out")];
const POLICIES: &[(&str, &str)] = &[("ipsec", "ipsec"), ("none", "none")];
const PROTOCOLS: &[(&str, &str)] =
    &[("esp", "esp"), ("ah", "ah"), ("ipcomp", "ipcomp"), ("50", "esp"), ("51", "ah"), ("108", "ipcomp")];
const MODES: &[(&str, &str)] = &[("transport", "transport"), ("tunnel", "tunnel")];
const ELEMENT: &[&str] = &["--reqid", "--spi", "--proto", "--mode", "--tunnel-dst", "--tunnel-src"];
const HIGHEST: u64 = u32::MAX as u64;

pub(super) static POLICY: Extension = Extension::matching(
    "policy",
    &[
        OptionRow::new("--dir", Kind::Choice(DIRECTIONS, Case::Exact)).required().meaning(Meaning::Opaque),
        OptionRow::new("--pol", Kind::Choice(POLICIES, Case::Exact))
            .added_as("ipsec", &[], &[])
            .meaning(Meaning::Opaque),
        OptionRow::new("--strict", Kind::Switch).meaning(Meaning::Opaque),
        OptionRow::new("--next", Kind::Switch).separator().also("--strict").meaning(Meaning::Opaque),
        OptionRow::new("--reqid", Kind::Number(0, HIGHEST)).negatable().meaning(Meaning::Opaque),
        OptionRow::new("--spi", Kind::Hexadecimal(HIGHEST, 0)).negatable().meaning(Meaning::Opaque),
        OptionRow::new("--proto", Kind::Choice(PROTOCOLS, Case::Exact)).negatable().meaning(Meaning::Opaque),
        OptionRow::new("--mode", Kind::Choice(MODES, Case::Exact)).negatable().meaning(Meaning::Opaque),
        OptionRow::new("--tunnel-dst", Kind::Host).negatable().meaning(Meaning::Opaque),
        OptionRow::new("--tunnel-src", Kind::Host).negatable().meaning(Meaning::Opaque),
    ],
)
.coupled(Coupling::NoPolicy)
.constrained(&[
    Constraint::Hooks { option: ("--dir", "in"), hooks: &["PREROUTING", "INPUT", "FORWARD"], unless: "" },
    Constraint::Hooks { option: ("--dir", "out"), hooks: &["FORWARD", "OUTPUT", "POSTROUTING"], unless: "" },
    Constraint::Beside {
        option: "--tunnel-dst",
        other: ("--mode", "tunnel"),
        or_not: "transport",
        unless: ("--pol", "none"),
    },
    Constraint::Beside {
        option: "--tunnel-src",
        other: ("--mode", "tunnel"),
        or_not: "transport",
        unless: ("--pol", "none"),
    },
    Constraint::Never { option: ("--pol", "none"), other: "--strict" },
    Constraint::EachPart { option: "--strict", of: ELEMENT, most: 4 },
]);
