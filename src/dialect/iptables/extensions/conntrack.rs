//! Connection tracking: state, original and reply addresses and ports, status.

use super::{Case, Extension, Field, Kind, Meaning, Needs, OptionRow};

const DIRECTIONS: &[(&str, &str)] = &[("ORIGINAL", "ORIGINAL"), ("REPLY", "REPLY")];

pub(super) static CONNTRACK: Extension = Extension::matching(
    "conntrack",
    &[
        OptionRow::new(
            "--ctstate",
            Kind::SetByBeginning(&["INVALID", "NEW", "RELATED", "ESTABLISHED", "UNTRACKED", "SNAT", "DNAT"]),
        )
        .negatable()
        .field(Field::ConnectionState),
        OptionRow::new("--ctproto", Kind::Protocol).negatable().meaning(Meaning::Opaque),
        OptionRow::new("--ctorigsrc", Kind::Host).negatable().meaning(Meaning::Opaque),
        OptionRow::new("--ctorigdst", Kind::Host).negatable().meaning(Meaning::Opaque),
        OptionRow::new("--ctreplsrc", Kind::Host).negatable().meaning(Meaning::Opaque),
        OptionRow::new("--ctrepldst", Kind::Host).negatable().meaning(Meaning::Opaque),
        OptionRow::new("--ctorigsrcport", Kind::ConnectionPorts).negatable().meaning(Meaning::Opaque),
        OptionRow::new("--ctorigdstport", Kind::ConnectionPorts).negatable().meaning(Meaning::Opaque),
        OptionRow::new("--ctreplsrcport", Kind::ConnectionPorts).negatable().meaning(Meaning::Opaque),
        OptionRow::new("--ctrepldstport", Kind::ConnectionPorts).negatable().meaning(Meaning::Opaque),
        OptionRow::new("--ctstatus", Kind::SetByBeginning(&["NONE", "EXPECTED", "SEEN_REPLY", "ASSURED", "CONFIRMED"]))
            .negatable()
            .meaning(Meaning::Opaque),
        OptionRow::new("--ctexpire", Kind::Range(u32::MAX as u64)).negatable().meaning(Meaning::Stateful),
        OptionRow::new("--ctdir", Kind::Choice(DIRECTIONS, Case::Folded)).meaning(Meaning::Opaque),
    ],
)
.needing(Needs::AnyOption);
