//! Text within the packet.

use super::{Case, Constraint, Extension, Kind, Meaning, Needs, OptionRow};

const ALGORITHMS: &[(&str, &str)] = &[("bm", "bm"), ("kmp", "kmp")];

pub(super) static STRING: Extension = Extension::matching(
    "string",
    &[
        OptionRow::new("--string", Kind::Pattern)
            .otherwise("--hex-string")
            .negatable()
            .conflicts(&["--hex-string"])
            .meaning(Meaning::Opaque),
        OptionRow::new("--hex-string", Kind::HexPattern)
            .otherwise("--string")
            .negatable()
            .conflicts(&["--string"])
            .meaning(Meaning::Opaque),
        OptionRow::new("--algo", Kind::Choice(ALGORITHMS, Case::Exact)).required(),
        OptionRow::new("--from", Kind::Number(0, 65_535)).omitted_if(&["0"]).meaning(Meaning::Opaque),
        OptionRow::new("--to", Kind::Number(0, 65_535)).omitted_if(&["65535"]).meaning(Meaning::Opaque),
        OptionRow::new("--icase", Kind::Switch).meaning(Meaning::Opaque),
    ],
)
.needing(Needs::OneOf(&["--string", "--hex-string"]))
.constrained(&[Constraint::NotAbove { option: "--from", other: "--to", apart: 0 }]);
