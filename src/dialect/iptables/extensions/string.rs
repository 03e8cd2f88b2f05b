//! Text within the packet.

use super::{Case, Extension, Kind, Meaning, Needs, OptionRow, Quoting};

const ALGORITHMS: &[(&str, &str)] = &[("bm", "bm"), ("kmp", "kmp")];

pub(super) static STRING: Extension = Extension::matching(
    "string",
    &[
        OptionRow::new("--string", Kind::Text(128, Quoting::Always))
            .negatable()
            .conflicts(&["--hex-string"])
            .meaning(Meaning::Opaque),
        OptionRow::new("--hex-string", Kind::Text(512, Quoting::Always))
            .negatable()
            .conflicts(&["--string"])
            .meaning(Meaning::Opaque),
        OptionRow::new("--algo", Kind::Choice(ALGORITHMS, Case::Exact)).required(),
        OptionRow::new("--from", Kind::Number(0, 65_535)).omitted_if(&["0"]).meaning(Meaning::Opaque),
        OptionRow::new("--to", Kind::Number(0, 65_535)).omitted_if(&["65535"]).meaning(Meaning::Opaque),
        OptionRow::new("--icase", Kind::Switch).meaning(Meaning::Opaque),
    ],
)
.needing(Needs::OneOf(&["--string", "--hex-string"]));
