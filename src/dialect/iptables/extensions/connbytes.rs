//! How much a connection has transferred.

use super::{Case, Extension, Kind, Meaning, OptionRow};

const DIRECTIONS: &[(&str, &str)] = &[("original", "original"), ("reply", "reply"), ("both", "both")];
const MODES: &[(&str, &str)] = &[("packets", "packets"), ("bytes", "bytes"), ("avgpkt", "avgpkt")];

pub(super) static CONNBYTES: Extension = Extension::matching(
    "connbytes",
    &[
        OptionRow::new("--connbytes", Kind::OpenRange).negatable().required().meaning(Meaning::Stateful),
        OptionRow::new("--connbytes-mode", Kind::Choice(MODES, Case::Exact)).required().meaning(Meaning::Stateful),
        OptionRow::new("--connbytes-dir", Kind::Choice(DIRECTIONS, Case::Exact)).required().meaning(Meaning::Stateful),
    ],
);
